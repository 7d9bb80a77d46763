// Running sums on the js backend.
import type { CumsumInstruction } from "../../ir/instructions/reduce.ts";
import type { Memory } from "./memory.ts";

/** Running sums, kept in float64; `exclusive` leaves an element out of its own sum, `reverse` runs from the end. */
export function cumsum(
  { outer, length, inner, exclusive, reverse, input, output }: CumsumInstruction,
  memory: Memory,
): void {
  const x = memory.window(input);
  const y = memory.window(output);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let sum = 0;
      for (let step = 0; step < length; step++) {
        const l = reverse ? length - 1 - step : step;
        const at = (o * length + l) * inner + i;
        const before = sum;
        sum += x[at] as number;
        y[at] = exclusive ? before : sum;
      }
    }
  }
}
