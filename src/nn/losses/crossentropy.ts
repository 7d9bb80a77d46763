import { checkNumber, shapeError } from "../../errors.ts";
import { add, clip, div, elementwiseOp, log, mul, neg, notEqual, pow, sigmoid, sub, where } from "../../tensor/ops/elementwise.ts";
import { oneHot } from "../../tensor/ops/indexing.ts";
import { mean, sum } from "../../tensor/ops/reduction.ts";
import { squeeze, swapAxes } from "../../tensor/ops/shaping.ts";
import { logSoftmax, softmax, softmaxOp } from "../../tensor/ops/softmax.ts";
import { sigmoid as sigmoidRow } from "../../tensor/scalar.ts";
import { formatShape, normalizeAxis, sameShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { softplus } from "../activations.ts";
import { defineLoss, type Loss, type LossOptions, pair, pairwiseLoss } from "../loss.ts";

const epsilon = 1e-7;

/** Options of the crossentropies. */
export interface CrossentropyOptions extends LossOptions {
  /** Whether predictions are logits rather than probabilities. Default false. */
  fromLogits?: boolean;
  /** In [0, 1): how far labels are moved towards even odds. Default 0. */
  labelSmoothing?: number;
  /** The axis of the classes (binary: the axis that is averaged). Default −1. */
  axis?: number;
}

// ── Several classes ────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * −Σ y·log p over the classes, with one-hot labels or distributions. Probabilities are made to sum to 1 and kept in [1e-7, 1 − 1e-7]; where they come
 * straight from softmax, its input is used instead, which is exact and has better gradients.
 * @throws ValueError if labelSmoothing is out of range; ShapeError where labels and predictions differ.
 * @see Keras 3 `losses.CategoricalCrossentropy`.
 */
export function categoricalCrossentropy({ fromLogits = false, labelSmoothing = 0, axis = -1, ...options }: CrossentropyOptions = {}): Loss {
  checkSmoothing("categoricalCrossentropy", labelSmoothing);
  return pairwiseLoss("categoricalCrossentropy", options, (y, p) =>
    neg(sum(mul(smoothClasses(y, labelSmoothing), logProbabilities(p, fromLogits, axis)), axis)),
  );
}

/** Options of {@link sparseCategoricalCrossentropy}. */
export interface SparseCrossentropyOptions extends Omit<CrossentropyOptions, "labelSmoothing"> {
  /** A label whose samples do not count, such as 255 for "void". Default: none. */
  ignoreClass?: number;
}

/**
 * −log p of the labelled class, with labels [batch, …] or [batch, …, 1] that number the classes from 0. See {@link categoricalCrossentropy}.
 * @throws ShapeError where labels are not the predictions' shape without its classes.
 * @see Keras 3 `losses.SparseCategoricalCrossentropy`.
 */
export function sparseCategoricalCrossentropy({ fromLogits = false, axis = -1, ignoreClass, ...options }: SparseCrossentropyOptions = {}): Loss {
  const name = "sparseCategoricalCrossentropy";
  if (ignoreClass !== undefined) checkNumber(name, "ignoreClass", ignoreClass, "a whole number", Number.isInteger);
  const valid = (labels: Tensor) => (ignoreClass === undefined ? undefined : notEqual(labels, ignoreClass));
  return defineLoss(
    name,
    options,
    (yTrue, yPred) => {
      const labels = sparseLabels(name, yTrue, yPred, axis);
      const logs = swapAxes(logProbabilities(yPred, fromLogits, axis), axis, -1);
      const values = neg(sum(where(oneHot(labels, logs.shape.at(-1) as number), logs, 0), -1));
      const counts = valid(labels);
      return counts ? where(counts, values, 0) : values;
    },
    (yTrue, values) => valid(yTrue.rank > values.rank ? squeeze(yTrue, axis) : yTrue),
  );
}

/** Labels without an axis of 1 where the classes stand in the predictions. */
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
    advice: sameShape(yTrue.shape, yPred.shape) ? "One-hot labels go with categoricalCrossentropy or categoricalAccuracy." : "Check the last layer's units.",
  });
}

/** log p, from logits if there are any, given or found behind a softmax; else from probabilities, which are clipped. */
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

/** Options of {@link categoricalFocalCrossentropy}. */
export interface CategoricalFocalOptions extends CrossentropyOptions {
  /** Weight of all classes. Default 0.25. */
  alpha?: number;
  /** ≥ 0: how much easy samples are played down. Default 2. */
  gamma?: number;
}

/** −Σ alpha·(1 − p)^gamma·y·log p: crossentropy that cares less about what is known already. @see Lin et al. 2018, arXiv:1708.02002. */
export function categoricalFocalCrossentropy(options: CategoricalFocalOptions = {}): Loss {
  const { alpha = 0.25, gamma = 2, fromLogits = false, labelSmoothing = 0, axis = -1, ...rest } = options;
  checkSmoothing("categoricalFocalCrossentropy", labelSmoothing);
  checkNumber("categoricalFocalCrossentropy", "gamma", gamma, "a finite number ≥ 0", (g) => g >= 0);
  return pairwiseLoss("categoricalFocalCrossentropy", rest, (y, given) => {
    const p = fromLogits ? softmax(given, axis) : given;
    const q = clip(div(p, sum(p, axis, true)), epsilon, 1 - epsilon);
    return neg(sum(mul(mul(mul(pow(sub(1, q), gamma), alpha), smoothClasses(y, labelSmoothing)), log(q)), axis));
  });
}

/** (1 − p^q)/q of the labelled class: between crossentropy (q → 0) and absolute error (q → 1); robust to wrong labels. @see Zhang & Sabuncu 2018, arXiv:1805.07836. */
export function categoricalGeneralizedCrossEntropy({ q = 0.5, ...options }: LossOptions & { q?: number } = {}): Loss {
  const name = "categoricalGeneralizedCrossEntropy";
  checkNumber(name, "q", q, "a number in (0, 1)", (v) => v > 0 && v < 1);
  return defineLoss(name, options, (yTrue, yPred) => {
    const labels = sparseLabels(name, yTrue, yPred);
    const p = sum(mul(yPred, oneHot(labels, yPred.shape.at(-1) as number)), -1);
    return mul(sub(1, pow(p, q)), 1 / q);
  });
}

function smoothClasses(y: Tensor, smoothing: number): Tensor {
  return smoothing === 0 ? y : add(mul(y, 1 - smoothing), smoothing / (y.shape.at(-1) as number));
}

// ── Yes or no ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Mean of −y·log p − (1 − y)·log(1 − p) over the last axis, with labels 0 and 1. Probabilities are kept in [1e-7, 1 − 1e-7]; where they come straight
 * from sigmoid, its input is used instead, which is exact and has better gradients.
 * @throws ValueError if labelSmoothing is out of range; ShapeError where labels and predictions differ.
 * @see Keras 3 `losses.BinaryCrossentropy`.
 */
export function binaryCrossentropy({ fromLogits = false, labelSmoothing = 0, axis = -1, ...options }: CrossentropyOptions = {}): Loss {
  checkSmoothing("binaryCrossentropy", labelSmoothing);
  return defineLoss("binaryCrossentropy", options, (yTrue, yPred) => {
    const logits = fromLogits ? yPred : behindSigmoid(yPred);
    const [y, p] = pair("binaryCrossentropy", yTrue, logits ?? yPred);
    const labels = smoothOdds(y, labelSmoothing);
    return mean(logits ? sub(softplus(p), mul(labels, p)) : fromProbabilities(labels, p), axis);
  });
}

/** What sigmoid was applied to, if the tensor was made so. */
function behindSigmoid(p: Tensor): Tensor | undefined {
  return p.op === elementwiseOp && (p.attrs as { fn: unknown }).fn === sigmoidRow ? p.inputs[0] : undefined;
}

function fromProbabilities(y: Tensor, given: Tensor): Tensor {
  const p = clip(given, epsilon, 1 - epsilon);
  return neg(add(mul(y, log(p)), mul(sub(1, y), log(sub(1, p)))));
}

/** Options of {@link binaryFocalCrossentropy}. */
export interface BinaryFocalOptions extends CategoricalFocalOptions {
  /** Weigh label 1 by alpha and label 0 by 1 − alpha. Default false. */
  applyClassBalancing?: boolean;
}

/** Mean of (1 − p_t)^gamma · crossentropy, where p_t is the probability given to the label. @see Lin et al. 2018, arXiv:1708.02002. */
export function binaryFocalCrossentropy(options: BinaryFocalOptions = {}): Loss {
  const { applyClassBalancing = false, alpha = 0.25, gamma = 2, fromLogits = false, labelSmoothing = 0, axis = -1, ...rest } = options;
  checkSmoothing("binaryFocalCrossentropy", labelSmoothing);
  checkNumber("binaryFocalCrossentropy", "gamma", gamma, "a finite number ≥ 0", (g) => g >= 0);
  checkNumber("binaryFocalCrossentropy", "alpha", alpha, "a number in [0, 1]", (a) => a >= 0 && a <= 1);
  return pairwiseLoss("binaryFocalCrossentropy", rest, (yTrue, given) => {
    const y = smoothOdds(yTrue, labelSmoothing);
    const p = fromLogits ? sigmoid(given) : given;
    const even = (a: Tensor | number, b: Tensor | number) => add(mul(y, a), mul(sub(1, y), b));
    const focal = mul(pow(sub(1, even(p, sub(1, p))), gamma), fromProbabilities(y, p));
    return mean(applyClassBalancing ? mul(even(alpha, 1 - alpha), focal) : focal, axis);
  });
}

function smoothOdds(y: Tensor, smoothing: number): Tensor {
  return smoothing === 0 ? y : add(mul(y, 1 - smoothing), 0.5 * smoothing);
}

function checkSmoothing(name: string, smoothing: number): void {
  checkNumber(name, "labelSmoothing", smoothing, "a number in [0, 1)", (s) => s >= 0 && s < 1);
}
