import { checkNumber, stateError } from "../errors.ts";
import { constantData, tensor } from "../tensor/ops/leaf.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { PredictOptions } from "./options.ts";

/** Options of `model.mcPredict`. */
export interface McPredictOptions extends PredictOptions {
  /** How many stochastic passes, an integer ≥ 1. Default 100. */
  passes?: number;
}

/** What Monte Carlo dropout gives: constant tensors of the output's shape. */
export interface McPrediction {
  readonly mean: Tensor;
  /** Of the passes, divided by their number. */
  readonly stddev: Tensor;
}

/** Mean and standard deviation of repeated passes, in float64 by Welford's method. */
export async function mcPredict(
  label: string,
  passes: number,
  pass: () => Promise<Tensor | undefined>,
): Promise<McPrediction> {
  checkNumber(`mcPredict of ${label}`, "passes", passes, "an integer ≥ 1", (n) => Number.isInteger(n) && n >= 1);
  let mean = new Float64Array(0);
  let squares = new Float64Array(0);
  let shape: readonly number[] = [];
  for (let count = 1; count <= passes; count++) {
    const output = await pass();
    const sample = output && constantData(output);
    if (!sample)
      throw stateError(label, {
        rule: "mcPredict is for models of one output",
        expected: "1 output",
        received: "several",
      });
    if (count === 1) {
      mean = new Float64Array(sample.length);
      squares = new Float64Array(sample.length);
      shape = output.shape;
    }
    sample.forEach((value, index) => {
      const from = mean[index] as number;
      const to = from + (value - from) / count;
      mean[index] = to;
      squares[index] = (squares[index] as number) + (value - from) * (value - to);
    });
  }
  return {
    mean: tensor(Float32Array.from(mean), shape),
    stddev: tensor(
      Float32Array.from(squares, (sum) => Math.sqrt(sum / passes)),
      shape,
    ),
  };
}
