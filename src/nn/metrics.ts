import { lookUp, valueError } from "../errors.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Loss, LossOptions } from "./loss.ts";
import { losses } from "./losses.ts";
import type { Metric, MetricOptions } from "./metric.ts";
import {
  accuracyFor,
  binaryAccuracy,
  categoricalAccuracy,
  exactAccuracy,
  sparseCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  topKCategoricalAccuracy,
} from "./metrics/accuracy.ts";
import { auc } from "./metrics/auc.ts";
import { falseNegatives, falsePositives, precision, recall, trueNegatives, truePositives } from "./metrics/confusion.ts";
import { f1Score, fBetaScore } from "./metrics/f-score.ts";
import { binaryIoU } from "./metrics/iou.ts";
import { lossMetric, MeanMetric } from "./metrics/mean.ts";
import { concordanceCorrelation, cosineSimilarityMetric, pearsonCorrelation, r2Score, rootMeanSquaredError } from "./metrics/regression.ts";

export * from "./metrics/accuracy.ts";
export * from "./metrics/auc.ts";
export * from "./metrics/confusion.ts";
export * from "./metrics/f-score.ts";
export * from "./metrics/iou.ts";
export { lossMetric, MeanMetric, type MetricFunction } from "./metrics/mean.ts";
export * from "./metrics/regression.ts";

/** Every metric that needs no options, by name; besides these, the name of any loss stands for its mean. */
export const metrics = {
  exactAccuracy,
  binaryAccuracy,
  categoricalAccuracy,
  sparseCategoricalAccuracy,
  topKCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  truePositives,
  falsePositives,
  trueNegatives,
  falseNegatives,
  precision,
  recall,
  auc,
  f1Score,
  fBetaScore,
  binaryIoU,
  rootMeanSquaredError,
  r2Score,
  cosineSimilarity: cosineSimilarityMetric,
  pearsonCorrelation,
  concordanceCorrelation,
} as const;

/** Losses that have a metric of another kind under their name, or give no value per sample. */
type LossMetricName = Exclude<keyof typeof losses, keyof typeof metrics>;

/** The name of a metric, such as "accuracy", or of a loss, which stands for its mean. */
export type MetricName = "accuracy" | keyof typeof metrics | LossMetricName;

/** The shapes of what a metric compares; the batch axis may have any extent. */
export interface MetricShapes {
  readonly yTrue: Shape;
  readonly yPred: Shape;
}

/**
 * A metric from its name ("accuracy" picks by shapes, as in Keras; a loss's name gives that loss), a metric as it is, a loss, or a function that
 * gives values per sample, of which the mean is taken.
 * @throws ValueError on an unknown name, with the nearest.
 */
export function metricOf(given: MetricName | Metric | Loss | ((yTrue: Tensor, yPred: Tensor) => Tensor), shapes: MetricShapes, owner = "metric"): Metric {
  if (given === "accuracy") return accuracyFor(shapes.yTrue, shapes.yPred);
  if (typeof given === "string") return fromName(given, owner);
  // A function of the user's own has no known direction; callbacks in mode auto take less as better.
  if (typeof given === "function") return new MeanMetric(given.name || "metric", "min", given);
  if (given !== null && typeof given === "object" && "update" in given) return given;
  if (given !== null && typeof given === "object" && "call" in given) return lossMetric(given);
  throw valueError(owner, { rule: "a metric is a name, a metric, a loss or a function", expected: 'such as "accuracy"', received: given });
}

function fromName(name: string, owner: string): Metric {
  const make = lookUp(owner, "metric", { accuracy: undefined, ...losses, ...metrics } as Record<string, unknown>, name);
  return name in metrics ? (make as (options: MetricOptions) => Metric)({ name }) : lossMetric((make as (options: LossOptions) => Loss)({ name }));
}
