// Softmax, its logarithm and their gradients on the js backend.
import type { SoftmaxGradInstruction, SoftmaxInstruction } from "../../ir/instructions/softmax.ts";
import type { Memory } from "./memory.ts";

/** e^(x − max) / Σ e^(x − max) per row, or its logarithm (x − max) − log Σ e^(x − max). */
export function softmax({ log, rows, columns, input, output }: SoftmaxInstruction, memory: Memory): void {
  const x = memory.window(input);
  const y = memory.window(output);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    let max = Number.NEGATIVE_INFINITY;
    for (let j = start; j < start + columns; j++) max = Math.max(max, x[j] as number);
    let sum = 0;
    for (let j = start; j < start + columns; j++) sum += Math.exp((x[j] as number) - max);
    for (let j = start; j < start + columns; j++) {
      const shifted = (x[j] as number) - max;
      y[j] = log ? shifted - Math.log(sum) : Math.exp(shifted) / sum;
    }
  }
}

/** dx = y·(dy − Σ dy·y) per row; for the logarithm dx = dy − e^y·Σ dy. */
export function softmaxGrad({ log, rows, columns, dy, y, output }: SoftmaxGradInstruction, memory: Memory): void {
  const slope = memory.window(dy);
  const result = memory.window(y);
  const dx = memory.window(output);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    let sum = 0;
    for (let j = start; j < start + columns; j++) sum += (slope[j] as number) * (log ? 1 : (result[j] as number));
    for (let j = start; j < start + columns; j++) {
      const g = slope[j] as number;
      const value = result[j] as number;
      dx[j] = log ? g - Math.exp(value) * sum : value * (g - sum);
    }
  }
}
