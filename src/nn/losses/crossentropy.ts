// Crossentropies with one-hot labels, and of two classes.
import { checkNumber } from "../../errors.ts";
import { formatShape } from "../../ir/shape.ts";
import { checkOptions, type OwnTable } from "../../options.ts";
import { add, clip, elementwiseOp, log, mul, neg, sub } from "../../tensor/ops/elementwise.ts";
import { mean, sum } from "../../tensor/ops/reduction.ts";
import { sigmoid as sigmoidRow } from "../../tensor/scalar/functions.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { softplus } from "../activations.ts";
import { defineLoss, type Loss, type LossOptions, lossTable, pair, pairwiseLoss } from "../loss.ts";
import { type CrossentropyOptions, epsilon, logProbabilities } from "./sparse-crossentropy.ts";

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
