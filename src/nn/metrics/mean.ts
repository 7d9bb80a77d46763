import { add, cast, mul } from "../../tensor/ops/elementwise.ts";
import { scalar } from "../../tensor/ops/leaf.ts";
import { mean, sum } from "../../tensor/ops/reduction.ts";
import { broadcastTo } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { alignWeight, divideSafely, type Loss, matchRanks, valuesOf } from "../loss.ts";
import { MetricBase, type VariableUpdate } from "../metric.ts";

/** Values per sample from labels and predictions: [batch, …]. */
export type MetricFunction = (yTrue: Tensor, yPred: Tensor) => Tensor;

/** The weighted mean of a function's values over all samples so far. @see Keras 3 `metrics.MeanMetricWrapper`. */
export class MeanMetric extends MetricBase {
  private readonly total = this.addState("total");
  private readonly count = this.addState("count");

  constructor(
    name: string,
    direction: "min" | "max",
    private readonly values: MetricFunction,
    /** Which values count where samples have weights. */
    private readonly mask?: (yTrue: Tensor, values: Tensor) => Tensor | undefined,
  ) {
    super(name, direction);
  }

  override update(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor, mask?: Tensor): readonly VariableUpdate[] {
    const given = valuesOf(this.name, this.values(yTrue, yPred));
    const { values, weights } = perSample(given, this.weigh(given, sampleWeight, mask), this.mask?.(yTrue, given));
    return [
      [this.total, add(this.total, sum(values))],
      [this.count, add(this.count, weights)],
    ];
  }

  /** Steps that are masked weigh nothing. */
  private weigh(values: Tensor, sampleWeight: Tensor | undefined, mask: Tensor | undefined): Tensor | undefined {
    if (!mask) return sampleWeight;
    return sampleWeight ? mul(mask, alignWeight(this.name, "sampleWeight", sampleWeight, mask)) : alignWeight(this.name, "the mask", mask, values);
  }

  override result(): Tensor {
    return divideSafely(this.total.tensor, this.count.tensor);
  }
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
 * Weighted values, averaged to one per sample, and what they count in all. As in Keras, a mask takes part only where there are weights.
 * @see Keras 3 `reduce_to_samplewise_values`.
 */
export function perSample(given: Tensor, sampleWeight?: Tensor, mask?: Tensor): { values: Tensor; weights: Tensor } {
  if (!sampleWeight) return { values: averageFrom(given, 1), weights: scalar(given.shape[0] ?? 1) };
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
