// Accuracy of classes.
import { checkNumber } from "../../errors.ts";
import type { Shape } from "../../ir/shape.ts";
import { checkOptions } from "../../options.ts";
import { equal, greater } from "../../tensor/ops/elementwise.ts";
import { argmax } from "../../tensor/ops/reduction.ts";
import { pair } from "../loss.ts";
import { sparseLabels } from "../losses/sparse-crossentropy.ts";
import { described, type Metric, type MetricOptions, metricName, metricTable } from "../metric.ts";
import { MeanMetric } from "./mean.ts";

/** How often labels 0 and 1 equal the predictions compared with a threshold (default 0.5). */
export function binaryAccuracy(
  options: MetricOptions & {
    /** From which prediction on the answer is 1, in [0, 1]. Default 0.5. */
    threshold?: number;
  } = {},
): Metric {
  const { name = "binaryAccuracy", threshold = 0.5 } = checkOptions("binaryAccuracy", options, {
    threshold: "number",
    ...metricTable,
  });
  checkNumber("binaryAccuracy", "threshold", threshold, "a number in [0, 1]", (t) => t >= 0 && t <= 1);
  return described(
    "binaryAccuracy",
    options,
    new MeanMetric(name, "max", (yTrue, yPred) => {
      const [y, p] = pair(name, yTrue, yPred);
      return equal(y, greater(p, threshold));
    }),
  );
}

/** How often the highest prediction is where the one-hot label is. */
export function categoricalAccuracy(options: MetricOptions = {}): Metric {
  const name = metricName("categoricalAccuracy", options);
  return described(
    "categoricalAccuracy",
    options,
    new MeanMetric(name, "max", (yTrue, yPred) => {
      const [y, p] = pair(name, yTrue, yPred);
      return equal(argmax(y), argmax(p));
    }),
  );
}

/**
 * How often the highest prediction is that of the labelled class, with labels [batch, …] or [batch, …, 1] of class
 * numbers.
 */
export function sparseCategoricalAccuracy(options: MetricOptions = {}): Metric {
  const name = metricName("sparseCategoricalAccuracy", options);
  return described(
    "sparseCategoricalAccuracy",
    options,
    new MeanMetric(name, "max", (yTrue, yPred) => equal(sparseLabels(name, yTrue, yPred), argmax(yPred))),
  );
}

/**
 * The accuracy that fits, as Keras's "accuracy": binary for one output per sample, sparse for labels without the
 * classes' axis (or with an axis of 1), else categorical.
 */
export function accuracyFor(yTrue: Shape, yPred: Shape, name = "accuracy"): Metric {
  if (yPred.length <= 1 || yPred.at(-1) === 1) return binaryAccuracy({ name });
  const isSparse = yTrue.length < yPred.length || yTrue.at(-1) === 1;
  return isSparse ? sparseCategoricalAccuracy({ name }) : categoricalAccuracy({ name });
}
