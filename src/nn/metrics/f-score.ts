// F scores.
import { checkNumber, lookUp, shapeError } from "../../errors.ts";
import { formatShape, type Shape } from "../../ir/shape.ts";
import { checkOptions } from "../../options.ts";
import { abs, add, div, greater, greaterEqual, mul, sub } from "../../tensor/ops/elementwise.ts";
import { scalar } from "../../tensor/ops/leaf.ts";
import { max, mean, sum } from "../../tensor/ops/reduction.ts";
import { expandDims } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { pair } from "../loss.ts";
import { described, type Metric, MetricBase, type MetricOptions, metricTable, type VariableUpdate } from "../metric.ts";
import { sumOverBatch, valuesOf } from "./batch-sums.ts";
import type { RunningSum } from "./running-sum.ts";

/** Options of {@link f1Score}. */
export interface F1ScoreOptions extends MetricOptions {
  /**
   * How the scores of classes are combined: "micro" counts all together, "macro" averages, "weighted" averages by how
   * often a
   * class occurs. Default null: a score per class.
   */
  average?: "micro" | "macro" | "weighted" | null;
  /** In (0, 1]: predictions above count as positive. Default null: the highest prediction of each sample does. */
  threshold?: number | null;
}

/** Options of {@link fBetaScore}. */
export interface FBetaScoreOptions extends F1ScoreOptions {
  /** > 0: how many times as much recall counts as precision. Default 1. */
  beta?: number;
}

/**
 * (1 + β²)·precision·recall/(β²·precision + recall).
 * Shapes: [batch, classes], labels 0 or 1.
 * @throws ValueError on options out of range; ShapeError on other shapes.
 * @see Keras 3 `metrics.FBetaScore`.
 */
export const fBetaScore = (options: FBetaScoreOptions = {}): Metric =>
  score(
    "fBetaScore",
    checkOptions("fBetaScore", options, {
      beta: "number",
      average: "string or null",
      threshold: "number or null",
      ...metricTable,
    }),
  );

/**
 * The harmonic mean of precision and recall: {@link fBetaScore} with β = 1. @throws ValueError on options out of range.
 */
export const f1Score = (options: F1ScoreOptions = {}): Metric =>
  score(
    "f1Score",
    checkOptions("f1Score", options, { average: "string or null", threshold: "number or null", ...metricTable }),
  );

function score(kind: string, options: FBetaScoreOptions): Metric {
  const { name = kind, beta = 1, average = null, threshold = null } = options;
  checkNumber(kind, "beta", beta, "a finite number > 0", (b) => b > 0);
  if (threshold !== null) checkNumber(kind, "threshold", threshold, "a number in (0, 1]", (t) => t > 0 && t <= 1);
  if (average !== null) lookUp(kind, "average", { micro: true, macro: true, weighted: true }, average);
  return described(kind, options, new FBetaScore(name, beta, average, threshold));
}

const epsilon = 1e-7;

type FState = Readonly<Record<"truePositives" | "falsePositives" | "falseNegatives" | "support", RunningSum>>;

class FBetaScore extends MetricBase {
  private state: FState | undefined;

  constructor(
    name: string,
    private readonly beta: number,
    private readonly average: F1ScoreOptions["average"],
    private readonly threshold: number | null,
  ) {
    super(name, "max");
  }

  override fresh(): FBetaScore {
    return new FBetaScore(this.name, this.beta, this.average, this.threshold);
  }

  override update(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor): readonly VariableUpdate[] {
    const [y, p] = pair(this.name, yTrue, yPred);
    if (y.rank !== 2)
      throw shapeError(this.name, {
        rule: "labels have two axes",
        expected: "[batch, classes]",
        received: formatShape(y.shape),
      });
    this.state ??= this.build(this.average === "micro" ? [] : [y.shape[1] as number]);
    const { state } = this;
    const hit =
      this.threshold === null
        ? mul(greaterEqual(p, max(p, -1, true)), greater(abs(p), 1e-9))
        : greater(p, this.threshold);
    const weight = sampleWeight && (sampleWeight.rank === 1 ? expandDims(sampleWeight, 1) : sampleWeight);
    const grow = (total: RunningSum, values: Tensor) => {
      const weighted = weight ? mul(values, weight) : values;
      return total.add(this.average === "micro" ? sum(weighted) : sumOverBatch(weighted));
    };
    return [
      ...grow(state.truePositives, mul(hit, y)),
      ...grow(state.falsePositives, mul(hit, sub(1, y))),
      ...grow(state.falseNegatives, mul(sub(1, hit), y)),
      ...grow(state.support, y),
    ];
  }

  override result(): Tensor {
    if (!this.state) return scalar(0);
    const { truePositives, falsePositives, falseNegatives, support } = valuesOf(this.state);
    const precision = div(truePositives, add(add(truePositives, falsePositives), epsilon));
    const recall = div(truePositives, add(add(truePositives, falseNegatives), epsilon));
    const square = this.beta * this.beta;
    const score = mul(div(mul(precision, recall), add(add(mul(precision, square), recall), epsilon)), 1 + square);
    if (this.average === "weighted") return sum(mul(score, div(support, add(sum(support), epsilon))));
    return this.average ? mean(score) : score;
  }

  private build(shape: Shape): FState {
    return {
      truePositives: this.addSum("truePositives", shape),
      falsePositives: this.addSum("falsePositives", shape),
      falseNegatives: this.addSum("falseNegatives", shape),
      support: this.addSum("support", shape),
    };
  }
}
