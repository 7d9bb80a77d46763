// Metrics by name.
import { lookUp, valueError } from "../../errors.ts";
import type { Shape } from "../../ir/shape.ts";
import { Names } from "../../name-registry.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Loss } from "../loss.ts";
import { type LossName, lossNames, lossOf } from "../losses/names.ts";
import type { Metric, MetricOptions } from "../metric.ts";
import { accuracyFor, binaryAccuracy, categoricalAccuracy, sparseCategoricalAccuracy } from "./accuracy.ts";
import { lossMetric, MeanMetric } from "./mean.ts";

const common = {
  binaryAccuracy,
  categoricalAccuracy,
  sparseCategoricalAccuracy,
};

/** The exports of on-demand.ts, whose code is loaded when one of them is used; a test compares them. */
const onDemand = [
  "exactAccuracy",
  "topKCategoricalAccuracy",
  "sparseTopKCategoricalAccuracy",
  "truePositives",
  "falsePositives",
  "trueNegatives",
  "falseNegatives",
  "precision",
  "recall",
  "auc",
  "f1Score",
  "fBetaScore",
  "binaryIou",
  "rootMeanSquaredError",
  "r2Score",
  "cosineSimilarity",
  "pearsonCorrelation",
  "concordanceCorrelation",
] as const;

/** The name of a metric, such as "accuracy" (or "acc"), or of a loss, for the mean of that loss. */
export type MetricName =
  | keyof typeof accuracies
  | keyof typeof common
  | keyof typeof import("./on-demand.ts")
  | LossName;

/**
 * Every metric that needs no options by name, as a factory; the name of a loss gives the mean of that loss.
 */
export const metricNames = /* @__PURE__ */ new Names<(options: MetricOptions) => Metric>(
  "metric",
  common,
  onDemand,
  () => import("./on-demand.ts"),
);

/** Names of the accuracy that fits the shapes. */
const accuracies = { accuracy: undefined, acc: undefined };

/** The shapes of what a metric compares; the batch axis may have any extent. */
export interface MetricShapes {
  readonly yTrue: Shape;
  readonly yPred: Shape;
}

/** A metric in any form that `compile` takes. */
type Given = MetricName | Metric | Loss | ((yTrue: Tensor, yPred: Tensor) => Tensor);

/** Checks a metric or its name. @throws ValueError on anything else, and on an unknown name, with the nearest. */
export function checkMetric(given: Given, owner: string): void {
  if (typeof given === "string")
    lookUp(owner, "metric", { ...accuracies, ...lossNames.known, ...metricNames.known }, given);
  // A function or a loss has `call`, a metric `fresh`; a class of metrics has both.
  else if (
    typeof (given as Loss | null)?.call !== "function"
      ? typeof (given as Metric | null)?.fresh !== "function"
      : (given as { prototype?: Metric }).prototype?.fresh
  )
    throw valueError(owner, {
      rule: "a metric is a name, a metric, a loss or a function",
      expected: 'such as "accuracy", or an object with update, result and fresh',
      received: given,
    });
}

/**
 * Makes metrics once the shapes are known, a new one at each call: from a name ("accuracy" picks by shapes, as in
 * Keras; a loss's name gives that loss), a metric, a loss, or a function that gives values per sample, of which the
 * mean is taken.
 * @throws ValueError on an unknown name, with the nearest.
 */
export async function metricOf(given: Given, owner = "metric"): Promise<(shapes: MetricShapes) => Metric> {
  checkMetric(given, owner);
  if (typeof given === "string") {
    if (Object.hasOwn(accuracies, given)) return ({ yTrue, yPred }) => accuracyFor(yTrue, yPred, given);
    if (!(given in metricNames.known)) return loss(await lossOf(given as LossName));
    const make = await metricNames.find(given);
    return () => make({ name: given });
  }
  // The direction of a custom function is unknown; callbacks in mode auto assume that less is better.
  if (typeof given === "function") return () => new MeanMetric(given.name || "metric", "min", given);
  return "fresh" in given ? () => given.fresh() : loss(given);
}

const loss = (given: Loss) => () => lossMetric(given);
