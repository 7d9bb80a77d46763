// Area under the ROC or precision-recall curve.
import { checkNumber, lookUp, valueError } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import { add, div, equal, greater, log1p, maximum, minimum, mul, sub, where } from "../../tensor/ops/elementwise.ts";
import { slice } from "../../tensor/ops/joining.ts";
import { tensor } from "../../tensor/ops/leaf.ts";
import { mean, sum } from "../../tensor/ops/reduction.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import { divideSafely } from "../loss.ts";
import { described, type Metric, type MetricOptions, metricTable } from "../metric.ts";
import { ConfusionMetric, evenThresholds } from "./confusion.ts";
import type { Counts } from "./counts.ts";
import type { RunningSum } from "./running-sum.ts";

/** Options of {@link auc}. */
export interface AucOptions extends MetricOptions {
  /** At how many thresholds the curve is drawn, in [2, 1000000]. Default 200. */
  numThresholds?: number;
  /** Inner thresholds in (0, 1), in place of even ones. */
  thresholds?: readonly number[];
  /**
   * Default "ROC": true positive rate over false positive rate. "PR": precision over recall. "PRGAIN": the same as
   * gains over chance.
   */
  curve?: "ROC" | "PR" | "PRGAIN";
  /** How heights between two thresholds are taken. Default "interpolation". */
  summationMethod?: "interpolation" | "minoring" | "majoring";
  /**
   * Whether outputs are separate labels, whose areas are averaged; otherwise all outputs count together. Default false.
   */
  multiLabel?: boolean;
  /** What each label counts for. Default: all the same. */
  labelWeights?: readonly number[];
  /** Whether predictions are logits. Default false. */
  fromLogits?: boolean;
}

const epsilon = 1e-7;

/**
 * Area under a curve of rates over all thresholds: how well predictions rank positives above negatives (1 perfect, ROC
 * ½ chance).
 * @throws ValueError on options out of range.
 * @see Keras 3 `metrics.AUC`; Davis & Goadrich 2006 for the interpolation of PR; Flach & Kull 2015 for PR gain.
 */
export function auc(given: AucOptions = {}): Metric {
  const options = checkOptions("auc", given, {
    numThresholds: "number",
    thresholds: "list",
    curve: "string",
    summationMethod: "string",
    multiLabel: "boolean",
    labelWeights: "list",
    fromLogits: "boolean",
    ...metricTable,
  });
  const { name = "auc", numThresholds = 200, thresholds, curve = "ROC", summationMethod = "interpolation" } = options;
  const { multiLabel = false, labelWeights, fromLogits = false } = options;
  checkNumber(
    "auc",
    "numThresholds",
    numThresholds,
    "an integer in [2, 1000000]",
    (n) => Number.isInteger(n) && n >= 2 && n <= 1e6,
  );
  for (const t of thresholds ?? []) checkNumber("auc", "a threshold", t, "a number in [0, 1]", (v) => v >= 0 && v <= 1);
  if (labelWeights?.some((w) => !(w >= 0)))
    throw valueError("auc", { rule: "labelWeights are not negative", expected: "numbers ≥ 0", received: labelWeights });
  const height = lookUp("auc", "summationMethod", heights, summationMethod);
  const draw = lookUp("auc", "curve", curves, curve);
  const isInterpolatedPr = curve === "PR" && summationMethod === "interpolation";
  const inner = thresholds ? [...thresholds].sort((a, b) => a - b) : evenThresholds(numThresholds).slice(1, -1);
  return described(
    "auc",
    options,
    new ConfusionMetric({
      name,
      direction: "max",
      counts: ["truePositives", "falsePositives", "trueNegatives", "falseNegatives"],
      thresholds: [-epsilon, ...inner, 1 + epsilon],
      isEven: thresholds === undefined,
      multiLabel,
      labelWeights,
      fromLogits,
      result: (counts, sums) =>
        total(
          isInterpolatedPr ? interpolatedPr(counts, sums) : areas(...draw(counts), height),
          multiLabel,
          labelWeights,
        ),
    }),
  );
}

/** x and y of a curve, from the lowest threshold to the highest. */
const curves: Record<string, (counts: Counts) => [Tensor, Tensor]> = {
  ROC: (c) => [divideSafely(c.falsePositives, add(c.falsePositives, c.trueNegatives)), recallOf(c)],
  PR: (c) => [recallOf(c), divideSafely(c.truePositives, add(c.truePositives, c.falsePositives))],
  PRGAIN: (c) => {
    const odds = divideSafely(add(c.truePositives, c.falseNegatives), add(c.trueNegatives, c.falsePositives));
    const gain = (wrong: Tensor) => sub(1, mul(odds, divideSafely(wrong, c.truePositives)));
    const none = equal(c.truePositives, 0);
    return [maximum(where(none, 0, gain(c.falseNegatives)), 0), where(none, 1, gain(c.falsePositives))];
  },
};

const recallOf = (c: Counts): Tensor => divideSafely(c.truePositives, add(c.truePositives, c.falseNegatives));

const heights: Record<string, (a: Tensor, b: Tensor) => Tensor> = {
  interpolation: (a, b) => mul(add(a, b), 0.5),
  minoring: (a, b) => minimum(a, b),
  majoring: (a, b) => maximum(a, b),
};

function areas(x: Tensor, y: Tensor, height: (a: Tensor, b: Tensor) => Tensor): Tensor {
  return mul(sub(lower(x), upper(x)), height(lower(y), upper(y)));
}

/**
 * Between two thresholds the true positives are taken to grow in a straight line with the positives; precision then
 * bends.
 */
function interpolatedPr(
  { truePositives, falsePositives, falseNegatives }: Counts,
  sums: Readonly<Record<keyof Counts, RunningSum>>,
): Tensor {
  const positives = add(truePositives, falsePositives);
  const [p0, p1] = [lower(positives), upper(positives)];
  const gained = increase(sums.truePositives);
  const more = maximum(add(gained, increase(sums.falsePositives)), 0);
  const slope = divideSafely(gained, more);
  const intercept = sub(upper(truePositives), mul(slope, p1));
  const isSafe = mul(greater(p0, 0), greater(p1, 0));
  // The logarithm of p0/p1.
  const growth = where(isSafe, log1p(div(more, where(greater(p1, 0), p1, 1))), 0);
  return divideSafely(
    mul(slope, add(gained, mul(intercept, growth))),
    add(upper(truePositives), upper(falseNegatives)),
  );
}

/**
 * Differences of counts at neighbouring thresholds, lower minus higher. Taken part by part: float32 sums of large
 * counts would round the difference off.
 */
function increase({ parts: [high, middle] }: RunningSum): Tensor {
  const step = ({ tensor: part }: Variable) => sub(lower(part), upper(part));
  return add(step(high), step(middle));
}

/** Adds up the pieces; with several labels, averages their areas. */
function total(pieces: Tensor, multiLabel: boolean, labelWeights: readonly number[] | undefined): Tensor {
  if (!multiLabel) return sum(pieces);
  const byLabel = sum(pieces, 0);
  if (!labelWeights) return mean(byLabel);
  const weights = tensor(Float32Array.from(labelWeights));
  return divideSafely(sum(mul(byLabel, weights)), sum(weights));
}

/** All but the last threshold. */
function lower(x: Tensor): Tensor {
  return slice(
    x,
    x.shape.map(() => 0),
    [(x.shape[0] as number) - 1, ...x.shape.slice(1)],
  );
}

/** All but the first threshold. */
function upper(x: Tensor): Tensor {
  return slice(x, [1, ...x.shape.slice(1).map(() => 0)], [(x.shape[0] as number) - 1, ...x.shape.slice(1)]);
}
