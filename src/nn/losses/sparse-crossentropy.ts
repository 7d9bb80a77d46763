// Crossentropy with class numbers, and what all crossentropies share.
import { checkNumber, shapeError } from "../../errors.ts";
import { formatShape, normalizeAxis, sameShape } from "../../ir/shape.ts";
import { checkOptions } from "../../options.ts";
import { clip, div, log, neg, notEqual, where } from "../../tensor/ops/elementwise.ts";
import { oneHot } from "../../tensor/ops/indexing.ts";
import { sum } from "../../tensor/ops/reduction.ts";
import { squeeze, transpose } from "../../tensor/ops/shaping.ts";
import { logSoftmax, softmaxOp } from "../../tensor/ops/softmax.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { defineLoss, type Loss, type LossOptions, lastLayerAdvice, lossTable } from "../loss.ts";

/** How near to 0 and 1 probabilities may come. */
export const epsilon = 1e-7;

/** Options of the crossentropies. */
export interface CrossentropyOptions extends LossOptions {
  /** Whether predictions are logits rather than probabilities. Default false. */
  fromLogits?: boolean;
  /** In [0, 1): how far labels are moved towards equal probabilities. Default 0. */
  labelSmoothing?: number;
  /** The axis of the classes (binary: the axis that is averaged). Default −1. */
  axis?: number;
}

/** Options of {@link sparseCategoricalCrossentropy}. */
export interface SparseCategoricalCrossentropyOptions extends Omit<CrossentropyOptions, "labelSmoothing"> {
  /** A label whose samples do not count, such as 255 for "void". Default: none. */
  ignoreClass?: number;
}

/**
 * −log p of the labelled class, with labels [batch, …] or [batch, …, 1] that number the classes from 0. See
 * `categoricalCrossentropy`.
 * @throws ShapeError where labels are not the predictions' shape without its classes.
 * @see Keras 3 `losses.SparseCategoricalCrossentropy`.
 */
export function sparseCategoricalCrossentropy(given: SparseCategoricalCrossentropyOptions = {}): Loss {
  const name = "sparseCategoricalCrossentropy";
  const table = { fromLogits: "boolean", axis: "number", ignoreClass: "number", ...lossTable } as const;
  const { fromLogits = false, axis = -1, ignoreClass, ...options } = checkOptions(name, given, table);
  if (ignoreClass !== undefined) checkNumber(name, "ignoreClass", ignoreClass, "a whole number", Number.isInteger);
  const valid = (labels: Tensor) => (ignoreClass === undefined ? undefined : notEqual(labels, ignoreClass));
  return defineLoss(
    name,
    options,
    (yTrue, yPred) => {
      const labels = sparseLabels(name, yTrue, yPred, axis);
      const logs = lastAxis(logProbabilities(yPred, fromLogits, axis), axis);
      const values = neg(sum(where(oneHot(labels, logs.shape.at(-1) as number), logs, 0), -1));
      const counts = valid(labels);
      return counts ? where(counts, values, 0) : values;
    },
    {
      config: given,
      mask: (yTrue, values) => valid(yTrue.rank > values.rank ? squeeze(yTrue, axis) : yTrue),
      labels: { kind: "class", axis, ignoreClass },
    },
  );
}

/** x with an axis moved to the end; the others keep their order. */
export function lastAxis(x: Tensor, axis: number): Tensor {
  const at = normalizeAxis("crossentropy", axis, x.rank);
  const others = x.shape.map((_, index) => index).filter((index) => index !== at);
  return at === x.rank - 1 ? x : transpose(x, [...others, at]);
}

/** Labels without an axis of 1 at the place of the predictions' classes. */
export function sparseLabels(name: string, yTrue: Tensor, yPred: Tensor, axis = -1): Tensor {
  const classes = normalizeAxis(name, axis, yPred.rank);
  const expected = yPred.shape.filter((_, at) => at !== classes);
  const labels = yTrue.rank === yPred.rank && yTrue.shape[classes] === 1 ? squeeze(yTrue, classes) : yTrue;
  if (sameShape(labels.shape, expected)) return labels;
  throw shapeError(name, {
    rule: "labels must be class numbers, one per sample",
    expected: formatShape(expected),
    received: formatShape(yTrue.shape),
    context: `predictions ${formatShape(yPred.shape)}`,
    advice: sameShape(yTrue.shape, yPred.shape)
      ? "One-hot labels go with categoricalCrossentropy or categoricalAccuracy."
      : lastLayerAdvice(yPred.rank > yTrue.rank + 1 || (yPred.rank > 2 && yTrue.shape.at(-1) === 1)),
  });
}

/** log p: from logits, where they are given or are the input of a softmax; else from clipped probabilities. */
export function logProbabilities(p: Tensor, fromLogits: boolean, axis: number): Tensor {
  const isLast = normalizeAxis("crossentropy", axis, p.rank) === p.rank - 1;
  const logits = fromLogits ? p : isLast ? behindSoftmax(p) : undefined;
  if (logits) return logSoftmax(logits, axis);
  return log(clip(div(p, sum(p, axis, true)), epsilon, 1 - epsilon));
}

/** What softmax was applied to along the last axis, if the tensor was made so. */
function behindSoftmax(p: Tensor): Tensor | undefined {
  return p.op === softmaxOp && !(p.attrs as { log: boolean }).log ? p.inputs[0] : undefined;
}
