// Metrics of regression.

import { checkCount } from "../../checks.ts";
import { lookUp, shapeError } from "../../errors.ts";
import { formatShape, sizeOf } from "../../ir/shape.ts";
import { checkOptions } from "../../options.ts";
import { abs, add, div, equal, lessEqual, mul, sqrt, square, sub, where } from "../../tensor/ops/elementwise.ts";
import { slice } from "../../tensor/ops/joining.ts";
import { scalar } from "../../tensor/ops/leaf.ts";
import { mean, sum, variance } from "../../tensor/ops/reduction.ts";
import { broadcastTo, reshape } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import { pair } from "../loss.ts";
import { cosineSimilarity as cosineLoss } from "../losses/relative.ts";
import {
  described,
  type Metric,
  MetricBase,
  type MetricOptions,
  metricName,
  metricTable,
  type VariableUpdate,
} from "../metric.ts";
import { sumOverBatch, valuesOf } from "./batch-sums.ts";
import { MeanMetric } from "./mean.ts";
import type { RunningSum } from "./running-sum.ts";

/** The square root of the mean squared error. */
export function rootMeanSquaredError(options: MetricOptions = {}): Metric {
  const name = metricName("rootMeanSquaredError", options);
  return described(
    "rootMeanSquaredError",
    options,
    new MeanMetric(name, "min", (yTrue, yPred) => square(sub(...pair(name, yTrue, yPred))), undefined, sqrt),
  );
}

/** Options of the metrics along an axis. */
export interface AxisMetricOptions extends MetricOptions {
  /** Default −1. */
  axis?: number;
}

/**
 * cos of the angle between labels and predictions: 1 for the same direction (the loss of that name is its negative).
 */
export function cosineSimilarity(options: AxisMetricOptions = {}): Metric {
  const { name = "cosineSimilarity", axis = -1 } = checkOptions("cosineSimilarity", options, {
    axis: "number",
    ...metricTable,
  });
  const loss = cosineLoss({ axis });
  return described(
    "cosineSimilarity",
    options,
    new MeanMetric(name, "max", (yTrue, yPred) => sub(0, loss.call(yTrue, yPred))),
  );
}

/** Pearson's correlation of labels and predictions within each sample, in [−1, 1]. */
export function pearsonCorrelation(options: AxisMetricOptions = {}): Metric {
  const { name = "pearsonCorrelation", axis = -1 } = checkOptions("pearsonCorrelation", options, {
    axis: "number",
    ...metricTable,
  });
  return described(
    "pearsonCorrelation",
    options,
    new MeanMetric(name, "max", (yTrue, yPred) => {
      const [y, p] = pair(name, yTrue, yPred).map((x) => {
        const near = sub(x, mean(x, axis, true));
        // Rounding leaves a mean where x is large.
        const centered = sub(near, mean(near, axis, true));
        return div(centered, sqrt(variance(centered, axis, true)));
      }) as [Tensor, Tensor];
      return mean(mul(y, p), axis);
    }),
  );
}

/** Lin's concordance correlation within each sample: Pearson's, reduced where scale or mean differ. */
export function concordanceCorrelation(options: AxisMetricOptions = {}): Metric {
  const { name = "concordanceCorrelation", axis = -1 } = checkOptions("concordanceCorrelation", options, {
    axis: "number",
    ...metricTable,
  });
  return described(
    "concordanceCorrelation",
    options,
    new MeanMetric(name, "max", (yTrue, yPred) => {
      const given = pair(name, yTrue, yPred);
      // Shifting both changes nothing but how they are rounded.
      const shift = mean(given[0], axis, true);
      const [y, p] = given.map((x) => sub(x, shift)) as [Tensor, Tensor];
      const [yMean, pMean] = [mean(y, axis, true), mean(p, axis, true)];
      const spread = add(add(variance(y, axis, true), variance(p, axis, true)), square(sub(yMean, pMean)));
      return mean(div(mul(mul(sub(y, pMean), sub(p, pMean)), 2), add(spread, 1e-7)), axis);
    }),
  );
}

/** Options of {@link r2Score}. */
export interface R2ScoreOptions extends MetricOptions {
  /** How the scores of outputs are combined. Default "uniformAverage"; null: a score per output. */
  classAggregation?: "uniformAverage" | "varianceWeightedAverage" | null;
  /**
   * Number of independent variables, for the adjusted score, in which samples count by their weights, as in Keras 3.16.
   * Default 0: not adjusted.
   */
  numRegressors?: number;
}

/**
 * Coefficient of determination 1 − Σ(y − p)²/Σ(y − ȳ)²: 1 perfect, 0 as good as the mean.
 * Shapes: [batch, outputs].
 * @throws ValueError on options out of range; ShapeError on other shapes.
 * @see Keras 3 `metrics.R2Score`.
 */
export function r2Score(options: R2ScoreOptions = {}): Metric {
  const table = { classAggregation: "string or null", numRegressors: "number", ...metricTable } as const;
  const {
    name = "r2Score",
    classAggregation = "uniformAverage",
    numRegressors = 0,
  } = checkOptions("r2Score", options, table);
  checkCount("r2Score", "numRegressors", numRegressors, 0);
  const aggregate =
    classAggregation === null
      ? (scores: Tensor) => scores
      : lookUp("r2Score", "classAggregation", aggregations, classAggregation);
  return described("r2Score", options, new R2Score(name, aggregate, numRegressors));
}

type Aggregation = (scores: Tensor, spreads: Tensor) => Tensor;

const aggregations: Record<string, Aggregation> = {
  uniformAverage: (scores) => mean(scores),
  varianceWeightedAverage: (scores, spreads) => div(sum(mul(scores, spreads)), sum(spreads)),
};

interface R2State {
  /** Where labels are counted from: near their mean, so that the sums below do not cancel. */
  readonly shift: Variable;
  readonly sums: Readonly<Record<"sum" | "squaredSum" | "residual" | "count", RunningSum>>;
}

class R2Score extends MetricBase {
  private state: R2State | undefined;

  constructor(
    name: string,
    private readonly aggregate: Aggregation,
    private readonly numRegressors: number,
  ) {
    super(name, "max");
  }

  override fresh(): R2Score {
    return new R2Score(this.name, this.aggregate, this.numRegressors);
  }

  override update(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor): readonly VariableUpdate[] {
    const [y, p] = pair(this.name, yTrue, yPred);
    if (y.rank !== 2)
      throw shapeError(this.name, {
        rule: "labels have two axes",
        expected: "[batch, outputs]",
        received: formatShape(y.shape),
      });
    const [rows, outputs] = y.shape as [number, number];
    this.state ??= this.build(outputs);
    const { shift, sums } = this.state;
    const weight = sampleWeight ? reshape(sampleWeight, [rows, sizeOf(sampleWeight.shape) / rows]) : 1;
    const weights = broadcastTo(weight, y.shape);
    // The mean of the first batch, counted from its first sample: labels that are all equal then have no spread at all.
    const first = slice(y, [0, 0], [1, outputs]);
    const center = reshape(add(first, mul(reshape(sumOverBatch(sub(y, first)), [1, outputs]), 1 / rows)), [outputs]);
    const origin = where(equal(sums.count.value, 0), center, shift);
    const shifted = sub(y, origin);
    return [
      [shift, origin],
      ...sums.sum.add(sumOverBatch(mul(shifted, weights))),
      ...sums.squaredSum.add(sumOverBatch(mul(square(shifted), weights))),
      ...sums.residual.add(sumOverBatch(mul(square(sub(y, p)), weights))),
      ...sums.count.add(sumOverBatch(weights)),
    ];
  }

  override result(): Tensor {
    if (!this.state) return scalar(0);
    const { sum: total, squaredSum, residual, count } = valuesOf(this.state.sums);
    const samples = mean(count);
    const spread = sub(squaredSum, mul(total, div(total, count)));
    const raw = sub(1, div(residual, spread));
    const score = this.aggregate(where(equal(abs(raw), Number.POSITIVE_INFINITY), 0, raw), spread);
    if (this.numRegressors === 0) return score;
    const freedom = sub(sub(samples, this.numRegressors), 1);
    // With no more samples than regressors there is nothing to adjust.
    return where(lessEqual(freedom, 0), score, sub(1, div(mul(sub(1, score), sub(samples, 1)), freedom)));
  }

  private build(outputs: number): R2State {
    const shape = [outputs];
    return {
      shift: this.addState("shift", shape),
      sums: {
        sum: this.addSum("sum", shape),
        squaredSum: this.addSum("squaredSum", shape),
        residual: this.addSum("residual", shape),
        count: this.addSum("count", shape),
      },
    };
  }
}
