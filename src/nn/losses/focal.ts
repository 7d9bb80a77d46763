// Crossentropy losses that weigh easy and hard samples differently.
import { checkNumber } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import { add, clip, div, log, mul, neg, pow, sigmoid, sub } from "../../tensor/ops/elementwise.ts";
import { oneHot } from "../../tensor/ops/indexing.ts";
import { mean, sum } from "../../tensor/ops/reduction.ts";
import { softmax } from "../../tensor/ops/softmax.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { defineLoss, type Loss, type LossOptions, lossTable, pairwiseLoss } from "../loss.ts";
import {
  checkSmoothing,
  crossentropyTable,
  fromProbabilities,
  smoothClasses,
  smoothOdds,
  warningOfOne,
} from "./crossentropy.ts";
import { type CrossentropyOptions, epsilon, sparseLabels } from "./sparse-crossentropy.ts";

/** Options of {@link categoricalFocalCrossentropy}. */
export interface CategoricalFocalCrossentropyOptions extends CrossentropyOptions {
  /** Weight of all classes. Default 0.25. */
  alpha?: number;
  /** ≥ 0: how much easy samples are played down. Default 2. */
  gamma?: number;
}

const focalTable = () => ({ alpha: "number", gamma: "number", ...crossentropyTable, ...lossTable }) as const;

/**
 * −Σ alpha·(1 − p)^gamma·y·log p: crossentropy with less weight on samples that are predicted well. @see Lin et al.
 * 2018,
 * arXiv:1708.02002.
 */
export function categoricalFocalCrossentropy(given: CategoricalFocalCrossentropyOptions = {}): Loss {
  const options = checkOptions("categoricalFocalCrossentropy", given, focalTable());
  const { alpha = 0.25, gamma = 2, fromLogits = false, labelSmoothing = 0, axis = -1, ...rest } = options;
  checkSmoothing("categoricalFocalCrossentropy", labelSmoothing);
  checkNumber("categoricalFocalCrossentropy", "gamma", gamma, "a finite number ≥ 0", (g) => g >= 0);
  const warn = warningOfOne("categoricalFocalCrossentropy");
  return pairwiseLoss(
    "categoricalFocalCrossentropy",
    rest,
    (y, given) => {
      const p = fromLogits ? softmax(warn(given, axis), axis) : warn(given, axis);
      const q = clip(div(p, sum(p, axis, true)), epsilon, 1 - epsilon);
      return neg(
        sum(mul(mul(mul(pow(sub(1, q), gamma), alpha), smoothClasses(y, labelSmoothing, axis)), log(q)), axis),
      );
    },
    { config: given, labels: { kind: "oneHot", axis } },
  );
}

/**
 * (1 − p^q)/q of the labelled class: between crossentropy (q → 0) and absolute error (q → 1); robust to wrong labels.
 * @see Zhang & Sabuncu 2018, arXiv:1805.07836.
 */
export function categoricalGeneralizedCrossEntropy(
  given: LossOptions & {
    /** Robustness, in (0, 1). Default 0.5. */
    q?: number;
  } = {},
): Loss {
  const name = "categoricalGeneralizedCrossEntropy";
  const { q = 0.5, ...options } = checkOptions(name, given, { q: "number", ...lossTable });
  checkNumber(name, "q", q, "a number in (0, 1)", (v) => v > 0 && v < 1);
  return defineLoss(
    name,
    options,
    (yTrue, yPred) => {
      const labels = sparseLabels(name, yTrue, yPred);
      const p = sum(mul(yPred, oneHot(labels, yPred.shape.at(-1) as number)), -1);
      return mul(sub(1, pow(p, q)), 1 / q);
    },
    { config: given, labels: { kind: "class", axis: -1 } },
  );
}

/** Options of {@link binaryFocalCrossentropy}. */
export interface BinaryFocalCrossentropyOptions extends CategoricalFocalCrossentropyOptions {
  /** Weigh label 1 by alpha and label 0 by 1 − alpha. Default false. */
  applyClassBalancing?: boolean;
}

/**
 * Mean of (1 − p_t)^gamma · crossentropy, where p_t is the probability given to the label. @see Lin et al. 2018,
 * arXiv:1708.02002.
 */
export function binaryFocalCrossentropy(given: BinaryFocalCrossentropyOptions = {}): Loss {
  const options = checkOptions("binaryFocalCrossentropy", given, { applyClassBalancing: "boolean", ...focalTable() });
  const {
    applyClassBalancing = false,
    alpha = 0.25,
    gamma = 2,
    fromLogits = false,
    labelSmoothing = 0,
    axis = -1,
    ...rest
  } = options;
  checkSmoothing("binaryFocalCrossentropy", labelSmoothing);
  checkNumber("binaryFocalCrossentropy", "gamma", gamma, "a finite number ≥ 0", (g) => g >= 0);
  checkNumber("binaryFocalCrossentropy", "alpha", alpha, "a number in [0, 1]", (a) => a >= 0 && a <= 1);
  return pairwiseLoss(
    "binaryFocalCrossentropy",
    rest,
    (yTrue, given) => {
      const y = smoothOdds(yTrue, labelSmoothing);
      const p = fromLogits ? sigmoid(given) : given;
      const even = (a: Tensor | number, b: Tensor | number) => add(mul(y, a), mul(sub(1, y), b));
      const focal = mul(pow(sub(1, even(p, sub(1, p))), gamma), fromProbabilities(y, p));
      return mean(applyClassBalancing ? mul(even(alpha, 1 - alpha), focal) : focal, axis);
    },
    { config: given },
  );
}
