// Metrics from counts of true and false positives and negatives.
import { checkCount } from "../../checks.ts";
import { checkNumber, valueError } from "../../errors.ts";
import type { Shape } from "../../ir/shape.ts";
import { checkOptions } from "../../options.ts";
import { add, greaterEqual, sigmoid, where } from "../../tensor/ops/elementwise.ts";
import { scalar } from "../../tensor/ops/leaf.ts";
import { max } from "../../tensor/ops/reduction.ts";
import { reshape } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { divideSafely } from "../loss.ts";
import { described, type Metric, MetricBase, type MetricOptions, metricTable, type VariableUpdate } from "../metric.ts";
import { valuesOf } from "./batch-sums.ts";
import { type CountOptions, type Counts, countsOf } from "./counts.ts";
import type { RunningSum } from "./running-sum.ts";

/** What a {@link ConfusionMetric} is made from. */
export interface ConfusionSpec extends CountOptions {
  readonly name: string;
  readonly direction: "min" | "max";
  /** Which counts are kept. */
  readonly counts: readonly (keyof Counts)[];
  /** Whether predictions are logits. */
  readonly fromLogits?: boolean | undefined;
  /** The metric from the counts so far, and from the sums that hold them. */
  result(counts: Counts, sums: Readonly<Record<keyof Counts, RunningSum>>): Tensor;
}

/** A metric that is computed from confusion counts at thresholds. */
export class ConfusionMetric extends MetricBase {
  private sums: Readonly<Record<keyof Counts, RunningSum>> | undefined;

  constructor(private readonly spec: ConfusionSpec) {
    super(spec.name, spec.direction);
    if (!spec.multiLabel) this.sums = this.build([spec.thresholds.length]);
  }

  override fresh(): ConfusionMetric {
    return new ConfusionMetric(this.spec);
  }

  override update(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor): readonly VariableUpdate[] {
    const { spec } = this;
    this.sums ??= this.build([spec.thresholds.length, yPred.shape.at(-1) as number]);
    const counts = countsOf(spec.name, yTrue, spec.fromLogits ? sigmoid(yPred) : yPred, sampleWeight, spec);
    return Object.entries(this.sums).flatMap(([which, total]) => total.add(counts[which as keyof Counts]));
  }

  override result(): Tensor {
    return this.sums ? this.spec.result(valuesOf(this.sums), this.sums) : scalar(0);
  }

  /** A record of those counts that are kept. */
  private build(shape: Shape): Readonly<Record<keyof Counts, RunningSum>> {
    return Object.fromEntries(this.spec.counts.map((which) => [which, this.addSum(which, shape)])) as Record<
      keyof Counts,
      RunningSum
    >;
  }
}

// ── Counts, precision, recall

/** Options of the counts. */
export interface ThresholdOptions extends MetricOptions {
  /** In [0, 1]: predictions above count as positive. Several give a result for each. Default 0.5. */
  thresholds?: number | readonly number[];
}

const counting =
  (which: keyof Counts, direction: "min" | "max") =>
  (options: ThresholdOptions = {}): Metric => {
    const { name = which, thresholds } = checkOptions(which, options, { thresholds: "number or list", ...metricTable });
    return described(
      which,
      options,
      new ConfusionMetric({
        name,
        direction,
        counts: [which],
        thresholds: thresholdsOf(which, thresholds),
        result: (counts) => single(counts[which]),
      }),
    );
  };

/** The (weighted) number of positives found. */
export const truePositives = /* @__PURE__ */ counting("truePositives", "max");
/** The (weighted) number of negatives taken for positives. */
export const falsePositives = /* @__PURE__ */ counting("falsePositives", "min");
/** The (weighted) number of negatives found. */
export const trueNegatives = /* @__PURE__ */ counting("trueNegatives", "max");
/** The (weighted) number of positives taken for negatives. */
export const falseNegatives = /* @__PURE__ */ counting("falseNegatives", "min");

/** Options of {@link precision} and {@link recall}. */
export interface PrecisionOptions extends ThresholdOptions {
  /** An integer ≥ 1: only the k highest predictions of each sample can be positive, by default whatever their value. */
  topK?: number;
  /** Count this class only. */
  classId?: number;
}

/**
 * tp/(tp + fp): how many of those taken for positive are. @throws ValueError on options out of range. @see Keras 3
 * `metrics.Precision`.
 */
export function precision(options: PrecisionOptions = {}): Metric {
  return described(
    "precision",
    options,
    new ConfusionMetric({
      ...retrieval("precision", options),
      counts: ["truePositives", "falsePositives"],
      result: ({ truePositives, falsePositives }) =>
        single(divideSafely(truePositives, add(truePositives, falsePositives))),
    }),
  );
}

/**
 * tp/(tp + fn): how many of the positives are found. @throws ValueError on options out of range. @see Keras 3
 * `metrics.Recall`.
 */
export function recall(options: PrecisionOptions = {}): Metric {
  return described(
    "recall",
    options,
    new ConfusionMetric({
      ...retrieval("recall", options),
      counts: ["truePositives", "falseNegatives"],
      result: ({ truePositives, falseNegatives }) =>
        single(divideSafely(truePositives, add(truePositives, falseNegatives))),
    }),
  );
}

function retrieval(kind: string, options: PrecisionOptions) {
  const table = { thresholds: "number or list", topK: "number", classId: "number", ...metricTable } as const;
  const { name = kind, thresholds, topK, classId } = checkOptions(kind, options, table);
  if (topK !== undefined) checkCount(kind, "topK", topK, 1);
  checkClassId(kind, classId);
  const limits = thresholds === undefined && topK !== undefined ? [-1e10] : thresholdsOf(kind, thresholds);
  return { name, direction: "max" as const, thresholds: limits, topK, classId };
}

// ── One rate at another

/** Options of the metrics of one rate at another. */
export interface RateAtRateOptions extends MetricOptions {
  /** How finely thresholds are tried, in [1, 1000000]. Default 200. */
  numThresholds?: number;
  /** Count this class only. */
  classId?: number;
}

type Rate = (counts: Counts) => Tensor;
const sensitivity: Rate = ({ truePositives, falseNegatives }) =>
  divideSafely(truePositives, add(truePositives, falseNegatives));
const specificity: Rate = ({ trueNegatives, falsePositives }) =>
  divideSafely(trueNegatives, add(trueNegatives, falsePositives));
const exactness: Rate = ({ truePositives, falsePositives }) =>
  divideSafely(truePositives, add(truePositives, falsePositives));

/** The highest sensitivity tp/(tp + fn) at a threshold where the specificity is at least the given one. */
export const sensitivityAtSpecificity = (least: number, options: RateAtRateOptions = {}): Metric =>
  rateAtRate("sensitivityAtSpecificity", "specificity", least, specificity, sensitivity, options);

/** The highest specificity tn/(tn + fp) at a threshold where the sensitivity is at least the given one. */
export const specificityAtSensitivity = (least: number, options: RateAtRateOptions = {}): Metric =>
  rateAtRate("specificityAtSensitivity", "sensitivity", least, sensitivity, specificity, options);

/** The highest precision at a threshold where the recall is at least the given one. */
export const precisionAtRecall = (least: number, options: RateAtRateOptions = {}): Metric =>
  rateAtRate("precisionAtRecall", "recall", least, sensitivity, exactness, options);

/** The highest recall at a threshold where the precision is at least the given one. */
export const recallAtPrecision = (least: number, options: RateAtRateOptions = {}): Metric =>
  rateAtRate("recallAtPrecision", "precision", least, exactness, sensitivity, options);

function rateAtRate(
  kind: string,
  what: string,
  least: number,
  held: Rate,
  sought: Rate,
  options: RateAtRateOptions,
): Metric {
  const {
    name = kind,
    numThresholds = 200,
    classId,
  } = checkOptions(kind, options, { numThresholds: "number", classId: "number", ...metricTable });
  checkNumber(kind, what, least, "a number in [0, 1]", (v) => v >= 0 && v <= 1);
  checkNumber(
    kind,
    "numThresholds",
    numThresholds,
    "an integer in [1, 1000000]",
    (n) => Number.isInteger(n) && n >= 1 && n <= 1e6,
  );
  checkClassId(kind, classId);
  const isEven = numThresholds > 1;
  return described(
    kind,
    { ...options, [what]: least },
    new ConfusionMetric({
      name,
      direction: "max",
      counts: ["truePositives", "falsePositives", "trueNegatives", "falseNegatives"],
      thresholds: isEven ? evenThresholds(numThresholds) : [0.5],
      isEven,
      classId,
      result: (counts) => max(where(greaterEqual(held(counts), least), sought(counts), 0)),
    }),
  );
}

/** 0, 1/(n − 1), …, 1. */
export function evenThresholds(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index / (count - 1));
}

function thresholdsOf(kind: string, thresholds: number | readonly number[] = 0.5): readonly number[] {
  const list = typeof thresholds === "number" ? [thresholds] : thresholds;
  if (!Array.isArray(list) || list.length === 0)
    throw valueError(kind, { rule: "thresholds are numbers", expected: "one or more", received: thresholds });
  for (const threshold of list)
    checkNumber(kind, "a threshold", threshold, "a number in [0, 1]", (t) => t >= 0 && t <= 1);
  return list;
}

function checkClassId(kind: string, classId: number | undefined): void {
  if (classId !== undefined) checkCount(kind, "classId", classId, 0);
}

/** One threshold gives a scalar. */
function single(x: Tensor): Tensor {
  return x.shape[0] === 1 ? reshape(x, []) : x;
}
