// The public metrics.
export { binaryAccuracy, categoricalAccuracy, sparseCategoricalAccuracy } from "./metrics/accuracy.ts";
export * from "./metrics/auc.ts";
export {
  falseNegatives,
  falsePositives,
  type PrecisionOptions,
  precision,
  precisionAtRecall,
  type RateAtRateOptions,
  recall,
  recallAtPrecision,
  sensitivityAtSpecificity,
  specificityAtSensitivity,
  type ThresholdOptions,
  trueNegatives,
  truePositives,
} from "./metrics/confusion.ts";
export * from "./metrics/f-score.ts";
export * from "./metrics/iou.ts";
export { type MetricFunction, type MetricFunctionOptions, metric } from "./metrics/mean.ts";
export type { MetricName } from "./metrics/names.ts";
export * from "./metrics/regression.ts";
export * from "./metrics/top-k.ts";
