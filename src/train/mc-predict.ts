import { checkCount } from "../checks.ts";
import { stateError } from "../errors.ts";
import { sizeOf } from "../ir/shape.ts";
import { constantData, tensor } from "../tensor/ops/leaf.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { InputsGiven } from "./columns.ts";
import type { Model } from "./model.ts";
import { type PredictOptions, predictOptions } from "./options.ts";
import { runPredict } from "./predict.ts";
import { sessionOf } from "./session.ts";

/** Options of {@link mcPredict}. */
export interface McPredictOptions extends PredictOptions {
  /** How many stochastic passes, an integer ≥ 1. Default 100. */
  passes?: number;
}

/** What Monte Carlo dropout gives: constant tensors of the output's shape. */
export interface McPrediction {
  readonly mean: Tensor;
  /** The square root of the mean squared distance from the mean. */
  readonly stddev: Tensor;
}

/**
 * Monte Carlo dropout: mean and standard deviation of a model's predictions over many passes with dropout and noise on,
 * each with other random numbers, while batch normalization stays in inference. The deviation says how sure the model
 * is.
 * @param x samples, as for `predict`: shapes [samples, …].
 * @param options those of `predict`, and `passes`, default 100.
 * @throws ValueError where passes is no integer ≥ 1; StateError where the model has several outputs.
 * @example const { mean, stddev } = await mcPredict(model, x, { passes: 50 });
 * @see Gal & Ghahramani 2016, arXiv:1506.02142.
 */
export async function mcPredict(model: Model, x: InputsGiven, options: McPredictOptions = {}): Promise<McPrediction> {
  const session = sessionOf("mcPredict", model);
  const owner = `mcPredict of ${model.label}`;
  const { passes = 100, ...rest } = predictOptions(owner, options, { passes: "number" });
  checkCount(owner, "passes", passes, 1);
  if (model.outputs.length > 1) {
    throw stateError(model.label, {
      rule: "mcPredict is for models of one output",
      expected: "1 output",
      received: model.outputs.length,
    });
  }
  // In the queue, so that what each call draws depends on the order of the calls alone.
  return session.queue.run(async (queue) => {
    const [first] = await runPredict(session, "sample", x, rest, queue);
    const { shape } = first as Tensor;
    // Welford's method, in float64.
    const mean = new Float64Array(sizeOf(shape));
    const squares = new Float64Array(mean.length);
    let output = first;
    for (let count = 1; ; count++) {
      (constantData(output as Tensor) as Float32Array).forEach((value, index) => {
        const from = mean[index] as number;
        const to = from + (value - from) / count;
        mean[index] = to;
        squares[index] = (squares[index] as number) + (value - from) * (value - to);
      });
      if (count === passes) break;
      [output] = await runPredict(session, "sample", x, rest, queue);
    }
    return {
      mean: tensor(Float32Array.from(mean), shape),
      stddev: tensor(
        Float32Array.from(squares, (sum) => Math.sqrt(sum / passes)),
        shape,
      ),
    };
  });
}
