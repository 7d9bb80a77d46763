// Top-k and exact accuracy.

import { checkCounts } from "../../checks.ts";
import { checkOptions } from "../../options.ts";
import { equal, greater, lessEqual, where } from "../../tensor/ops/elementwise.ts";
import { oneHot } from "../../tensor/ops/indexing.ts";
import { argmax, sum } from "../../tensor/ops/reduction.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { pair } from "../loss.ts";
import { sparseLabels } from "../losses/sparse-crossentropy.ts";
import { described, type Metric, type MetricOptions, metricName, metricTable } from "../metric.ts";
import { MeanMetric } from "./mean.ts";

/** How often predictions equal labels exactly: for predictions that are class numbers. */
export function exactAccuracy(options: MetricOptions = {}): Metric {
  const name = metricName("exactAccuracy", options);
  return described(
    "exactAccuracy",
    options,
    new MeanMetric(name, "max", (yTrue, yPred) => equal(...pair(name, yTrue, yPred))),
  );
}

/** Options of the top-k accuracies. */
export interface TopKOptions extends MetricOptions {
  /** An integer ≥ 1. Default 5. */
  k?: number;
}

/** How often the one-hot label is among the k highest predictions. Ties count as a hit. */
export function topKCategoricalAccuracy(options: TopKOptions = {}): Metric {
  const { name = "topKCategoricalAccuracy", k = 5 } = checkOptions("topKCategoricalAccuracy", options, {
    k: "number",
    ...metricTable,
  });
  checkCounts("topKCategoricalAccuracy", { k });
  return described(
    "topKCategoricalAccuracy",
    options,
    new MeanMetric(name, "max", (yTrue, yPred) => {
      const [y, p] = pair(name, yTrue, yPred);
      return isInTopK(argmax(y), p, k);
    }),
  );
}

/** How often the labelled class is among the k highest predictions. Ties count as a hit. */
export function sparseTopKCategoricalAccuracy(options: TopKOptions = {}): Metric {
  const { name = "sparseTopKCategoricalAccuracy", k = 5 } = checkOptions("sparseTopKCategoricalAccuracy", options, {
    k: "number",
    ...metricTable,
  });
  checkCounts("sparseTopKCategoricalAccuracy", { k });
  return described(
    "sparseTopKCategoricalAccuracy",
    options,
    new MeanMetric(name, "max", (yTrue, yPred) => isInTopK(sparseLabels(name, yTrue, yPred), yPred, k)),
  );
}

/** Fewer than k predictions are higher than the label's. */
function isInTopK(labels: Tensor, predictions: Tensor, k: number): Tensor {
  const score = sum(where(oneHot(labels, predictions.shape.at(-1) as number), predictions, 0), -1, true);
  return lessEqual(sum(greater(predictions, score), -1), k - 1);
}
