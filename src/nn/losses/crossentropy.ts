// Crossentropy losses.
import { checkNumber, shapeError } from "../../errors.ts";
import { formatShape, normalizeAxis, sameShape } from "../../ir/shape.ts";
import { checkOptions, type OwnTable } from "../../options.ts";
import { add, clip, div, elementwiseOp, log, mul, neg, notEqual, sub, where } from "../../tensor/ops/elementwise.ts";
import { oneHot } from "../../tensor/ops/indexing.ts";
import { mean, sum } from "../../tensor/ops/reduction.ts";
import { squeeze, transpose } from "../../tensor/ops/shaping.ts";
import { logSoftmax, softmaxOp } from "../../tensor/ops/softmax.ts";
import { sigmoid as sigmoidRow } from "../../tensor/scalar/functions.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { softplus } from "../activations.ts";
import { defineLoss, type Loss, type LossOptions, lastLayerAdvice, lossTable, pair, pairwiseLoss } from "../loss.ts";

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

export const crossentropyTable: OwnTable<CrossentropyOptions, LossOptions> = {
  fromLogits: "boolean",
  labelSmoothing: "number",
  axis: "number",
};

// ── Several classes

/**
 * −Σ y·log p over the classes, with one-hot labels or distributions. Probabilities are made to sum to 1 and kept in
 * [1e-7, 1 − 1e-7]; where they come straight from softmax, its input is used instead, which is exact and has better
 * gradients.
 * @throws ValueError if labelSmoothing is out of range; ShapeError where labels and predictions differ.
 * @see Keras 3 `losses.CategoricalCrossentropy`.
 */
export function categoricalCrossentropy(given: CrossentropyOptions = {}): Loss {
  const table = { ...crossentropyTable, ...lossTable };
  const {
    fromLogits = false,
    labelSmoothing = 0,
    axis = -1,
    ...options
  } = checkOptions("categoricalCrossentropy", given, table);
  checkSmoothing("categoricalCrossentropy", labelSmoothing);
  const warn = warningOfOne("categoricalCrossentropy");
  return pairwiseLoss(
    "categoricalCrossentropy",
    options,
    (y, p) =>
      neg(sum(mul(smoothClasses(y, labelSmoothing, axis), logProbabilities(warn(p, axis), fromLogits, axis)), axis)),
    { config: given, labels: { kind: "oneHot", axis } },
  );
}

/** Gives predictions as they are; warns once of those with one class, whose loss is always 0. */
export function warningOfOne(name: string): (p: Tensor, axis: number) => Tensor {
  let hasWarned = false;
  return (p, axis) => {
    if (p.shape.at(axis) === 1 && !hasWarned) {
      hasWarned = true;
      console.warn(
        `${name}: predictions ${formatShape(p.shape)} have one class, so nothing is learned. Use binaryCrossentropy.`,
      );
    }
    return p;
  };
}

/** Options of {@link sparseCategoricalCrossentropy}. */
export interface SparseCategoricalCrossentropyOptions extends Omit<CrossentropyOptions, "labelSmoothing"> {
  /** A label whose samples do not count, such as 255 for "void". Default: none. */
  ignoreClass?: number;
}

/**
 * −log p of the labelled class, with labels [batch, …] or [batch, …, 1] that number the classes from 0. See {@link
 * categoricalCrossentropy}.
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
function logProbabilities(p: Tensor, fromLogits: boolean, axis: number): Tensor {
  const isLast = normalizeAxis("crossentropy", axis, p.rank) === p.rank - 1;
  const logits = fromLogits ? p : isLast ? behindSoftmax(p) : undefined;
  if (logits) return logSoftmax(logits, axis);
  return log(clip(div(p, sum(p, axis, true)), epsilon, 1 - epsilon));
}

/** What softmax was applied to along the last axis, if the tensor was made so. */
function behindSoftmax(p: Tensor): Tensor | undefined {
  return p.op === softmaxOp && !(p.attrs as { log: boolean }).log ? p.inputs[0] : undefined;
}

/** Labels moved towards equal probabilities of the classes along an axis. */
export function smoothClasses(y: Tensor, smoothing: number, axis: number): Tensor {
  return smoothing === 0 ? y : add(mul(y, 1 - smoothing), smoothing / (y.shape.at(axis) as number));
}

// ── Yes or no

/**
 * Mean of −y·log p − (1 − y)·log(1 − p) over the last axis, with labels 0 and 1. Probabilities are kept in [1e-7, 1 −
 * 1e-7]; where they come straight from sigmoid, its input is used instead, which is exact and has better gradients.
 * @throws ValueError if labelSmoothing is out of range; ShapeError where labels and predictions differ.
 * @see Keras 3 `losses.BinaryCrossentropy`.
 */
export function binaryCrossentropy(given: CrossentropyOptions = {}): Loss {
  const {
    fromLogits = false,
    labelSmoothing = 0,
    axis = -1,
    ...options
  } = checkOptions("binaryCrossentropy", given, { ...crossentropyTable, ...lossTable });
  checkSmoothing("binaryCrossentropy", labelSmoothing);
  return defineLoss(
    "binaryCrossentropy",
    options,
    (yTrue, yPred) => {
      const logits = fromLogits ? yPred : behindSigmoid(yPred);
      const [y, p] = pair("binaryCrossentropy", yTrue, logits ?? yPred);
      const labels = smoothOdds(y, labelSmoothing);
      return mean(logits ? sub(softplus(p), mul(labels, p)) : fromProbabilities(labels, p), axis);
    },
    { config: given },
  );
}

/** What sigmoid was applied to, if the tensor was made so. */
function behindSigmoid(p: Tensor): Tensor | undefined {
  return p.op === elementwiseOp && (p.attrs as { fn: unknown }).fn === sigmoidRow ? p.inputs[0] : undefined;
}

/** −y·log p − (1 − y)·log(1 − p), of clipped probabilities. */
export function fromProbabilities(y: Tensor, given: Tensor): Tensor {
  const p = clip(given, epsilon, 1 - epsilon);
  return neg(add(mul(y, log(p)), mul(sub(1, y), log(sub(1, p)))));
}

/** Labels 0 and 1 moved towards ½. */
export function smoothOdds(y: Tensor, smoothing: number): Tensor {
  return smoothing === 0 ? y : add(mul(y, 1 - smoothing), 0.5 * smoothing);
}

export function checkSmoothing(name: string, smoothing: number): void {
  checkNumber(name, "labelSmoothing", smoothing, "a number in [0, 1)", (s) => s >= 0 && s < 1);
}
