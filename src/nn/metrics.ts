// The public metrics.
export * from "./metrics/accuracy.ts";
export * from "./metrics/auc.ts";
export * from "./metrics/confusion.ts";
export * from "./metrics/f-score.ts";
export * from "./metrics/iou.ts";
export { lossMetric, MeanMetric, type MetricFunction, type MetricFunctionOptions, metric } from "./metrics/mean.ts";
export { type MetricName, type MetricShapes, metricOf } from "./metrics/names.ts";
export * from "./metrics/regression.ts";
export * from "./metrics/top-k.ts";
