// The mean of a function's values over all samples.
import { lookUp, valueError } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import { cast, mul } from "../../tensor/ops/elementwise.ts";
import type { Operand } from "../../tensor/ops/leaf.ts";
import { mean, sum } from "../../tensor/ops/reduction.ts";
import { broadcastTo } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { alignWeight, checkValues, divideSafely, type Loss, matchRanks } from "../loss.ts";
import { type Metric, MetricBase, type VariableUpdate } from "../metric.ts";

/** Values per sample from labels and predictions: [batch, …]. */
export type MetricFunction = (yTrue: Tensor, yPred: Tensor) => Tensor;

/** The weighted mean of a function's values over all samples so far. @see Keras 3 `metrics.MeanMetricWrapper`. */
export class MeanMetric extends MetricBase {
  private readonly total = this.addSum("total");
  private readonly count = this.addSum("count");

  constructor(
    name: string,
    direction: "min" | "max",
    private readonly values: MetricFunction,
    /** Which values count where samples have weights. */
    private readonly mask?: (yTrue: Tensor, values: Tensor) => Tensor | undefined,
    /** What is reported of the mean. */
    private readonly finish: (mean: Tensor) => Tensor = (mean) => mean,
  ) {
    super(name, direction);
  }

  override fresh(): MeanMetric {
    return new MeanMetric(this.name, this.direction, this.values, this.mask, this.finish);
  }

  override update(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor, mask?: Tensor): readonly VariableUpdate[] {
    const given = checkValues(this.name, this.values(yTrue, yPred));
    const { values, weights } = perSample(given, this.weigh(given, sampleWeight, mask), this.mask?.(yTrue, given));
    return [...this.total.add(sum(values)), ...this.count.add(weights)];
  }

  /** Steps that are masked weigh nothing. */
  private weigh(values: Tensor, sampleWeight: Tensor | undefined, mask: Tensor | undefined): Tensor | undefined {
    if (!mask) return sampleWeight;
    return sampleWeight
      ? mul(mask, alignWeight(this.name, "sampleWeight", sampleWeight, mask))
      : alignWeight(this.name, "the mask", mask, values);
  }

  override result(): Tensor {
    return this.finish(divideSafely(this.total.value, this.count.value));
  }
}

/** Options of {@link metric}. */
export interface MetricFunctionOptions {
  /** Which way is better, for callbacks in mode auto. Default "min". */
  direction?: "min" | "max";
}

/**
 * A custom metric from a function: the weighted mean of the values that it gives per sample. The name is the key in
 * logs and history. (The name of a function itself is changed by minifiers.)
 * @throws ValueError where the name is empty or there is no function.
 * @example model.compile({ loss: "mse", metrics: [metric("largest", (yTrue, yPred) => ops.max(ops.abs(ops.sub(yTrue,
 * yPred)), -1))] });
 */
export function metric(name: string, values: MetricFunction, options: MetricFunctionOptions = {}): Metric {
  const { direction = "min" } = checkOptions("metric", options, { direction: "string" });
  if (typeof name !== "string" || name === "")
    throw valueError("metric", { rule: "a metric needs a name", expected: "a string", received: name });
  if (typeof values !== "function")
    throw valueError("metric", {
      rule: "values come from a function",
      expected: "(yTrue, yPred) => values",
      received: values,
    });
  lookUp("metric", "direction", { min: true, max: true }, direction);
  return new MeanMetric(name, direction, values);
}

/** A loss as a metric: the weighted mean of its values. Lower is better. */
export function lossMetric(loss: Loss, name = loss.name): MeanMetric {
  return new MeanMetric(
    name,
    "min",
    (yTrue, yPred) => loss.call(yTrue, yPred),
    (yTrue, values) => loss.mask?.(yTrue, values),
  );
}

/**
 * Weighted values, averaged to one per sample, and what they count in all. As in Keras, a mask takes part only where
 * there are weights.
 * @see Keras 3 `reduce_to_samplewise_values`.
 */
export function perSample(given: Tensor, sampleWeight?: Tensor, mask?: Tensor): { values: Tensor; weights: Operand } {
  if (!sampleWeight) return { values: averageFrom(given, 1), weights: given.shape[0] ?? 1 };
  const weighing = cast(sampleWeight, "float32");
  const [values, weight] = matchRanks(given, mask ? mul(weighing, mask) : weighing);
  const reduced = averageFrom(values, Math.max(1, weight.rank));
  const spread = broadcastTo(weight, reduced.shape);
  return { values: averageFrom(mul(reduced, spread), 1), weights: sum(averageFrom(spread, 1)) };
}

/** The mean over the axes from `axis` on. */
function averageFrom(x: Tensor, axis: number): Tensor {
  if (x.rank <= axis) return x;
  return mean(
    x,
    x.shape.flatMap((_, at) => (at < axis ? [] : [at])),
  );
}
