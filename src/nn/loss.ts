// What a loss is, and how its values are weighted and reduced.
import { lookUp, shapeError, valueError } from "../errors.ts";
import { hide, type Printed, printed } from "../format.ts";
import { formatShape, sameShape, sizeOf } from "../ir/shape.ts";
import { checkOptions, type OptionTable } from "../options.ts";
import { cast, div, equal, mul, where } from "../tensor/ops/elementwise.ts";
import { sum } from "../tensor/ops/reduction.ts";
import { broadcastTo, expandDims, squeeze } from "../tensor/ops/shaping.ts";
import { Tensor } from "../tensor/tensor.ts";
import { withRank } from "./with-rank.ts";

/** How values per sample become one number. */
export type Reduction = "sumOverBatchSize" | "sum" | "meanWithSampleWeight" | "none";

/** What labels say, for checks of data and for class weights. Without it any numbers are allowed. */
export interface Labels {
  /** "class": they are class numbers. "oneHot": labels have an axis of classes. */
  readonly kind: "class" | "oneHot";
  /** The axis of the classes in the predictions. */
  readonly axis: number;
  /** A class number whose samples do not count. */
  readonly ignoreClass?: number | undefined;
}

/** A loss: values per sample, and how they are reduced. */
export interface Loss {
  readonly name: string;
  /** Default "sumOverBatchSize": the sum divided by the number of values (not by the sum of weights), as in Keras. */
  readonly reduction: Reduction;
  /** One value per sample (the last axis is averaged or summed as Keras does): [batch, …]. */
  call(yTrue: Tensor, yPred: Tensor): Tensor;
  /**
   * Which of the values count (1) and which do not (0); all where there is none. Values that do not count do not divide
   * the mean either.
   */
  mask?(yTrue: Tensor, values: Tensor): Tensor | undefined;
  /** What its labels mean. A custom loss that takes class numbers sets this to have them checked. */
  readonly labels?: Labels;
  /** The factory that made it. */
  readonly kind?: string;
  /** The factory's options. */
  readonly config?: object;
}

/** Options that every loss takes. */
export interface LossOptions {
  /** Default "sumOverBatchSize". */
  reduction?: Reduction;
  /** Default the factory's name. */
  name?: string;
}

const reductions = { sumOverBatchSize: true, sum: true, meanWithSampleWeight: true, none: true };

export const lossTable: OptionTable<LossOptions> = { reduction: "string", name: "string" };

/** Declares a loss. @throws ValueError on an unknown reduction or option. */
export function defineLoss(
  kind: string,
  options: LossOptions,
  call: Loss["call"],
  rest: Pick<Loss, "mask" | "labels" | "config"> = {},
): Loss {
  const { reduction = "sumOverBatchSize", name = kind } = checkOptions(kind, options, lossTable);
  lookUp(kind, "reduction", reductions, reduction);
  const loss: Loss = { name, reduction, call, kind, config: options, ...rest };
  return printed(hide(loss, "toJSON", () => ({ kind: "loss", name, reduction })) as Loss & Printed);
}

/** A loss on labels and predictions that must have one shape, up to a last axis of 1. */
export function pairwiseLoss(
  kind: string,
  options: LossOptions,
  call: Loss["call"],
  rest?: Pick<Loss, "labels" | "config">,
): Loss {
  return defineLoss(kind, options, (yTrue, yPred) => call(...pair(kind, yTrue, yPred)), rest);
}

/**
 * Computes a loss: values, mask, weights, reduction. The result is a scalar unless the reduction is "none".
 * @param mask of the predictions, mostly [batch, time]: masked steps do not count, nor do those that the loss itself
 * masks.
 */
export function computeLoss(loss: Loss, yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor, mask?: Tensor): Tensor {
  const values = checkValues(loss.name, loss.call(yTrue, yPred));
  const steps = mask && broadcastTo(alignWeight(loss.name, "the mask", mask, values), values.shape);
  const own = loss.mask?.(yTrue, values);
  return reduceLoss(loss, values, sampleWeight, steps && own ? mul(steps, own) : (steps ?? own));
}

/** Checks the result of a loss or metric. @throws ValueError on anything but a tensor, such as a number. */
export function checkValues(name: string, values: Tensor): Tensor {
  if (values instanceof Tensor) return values;
  throw valueError(name, {
    rule: "losses and metrics give values per sample",
    expected: "a tensor",
    received: values,
    advice: "Compute it with ops.",
  });
}

/**
 * Weighs and reduces values as Keras does: `sampleWeight` [batch] or with the values' axes multiplies them before
 * reduction; sumOverBatchSize divides by the number of values that are not masked, meanWithSampleWeight by the sum of
 * the weights.
 */
export function reduceLoss(
  loss: Pick<Loss, "name" | "reduction">,
  values: Tensor,
  sampleWeight?: Tensor,
  mask?: Tensor,
): Tensor {
  const { reduction } = loss;
  const divides = reduction === "sumOverBatchSize";
  const weight = sampleWeight && alignWeight(loss.name, "sampleWeight", sampleWeight, values);
  const masked = mask ? mul(values, mask) : values;
  const weighted = weight ? mul(masked, weight) : masked;
  if (reduction === "none") return weighted;
  const total = sum(weighted);
  if (reduction === "sum") return total;
  if (divides || !weight)
    return mask ? divideSafely(total, sum(mask)) : mul(total, 1 / Math.max(1, sizeOf(values.shape)));
  return divideSafely(total, sum(mask ? mul(weight, mask) : weight));
}

/** a/b, and 0 where b is 0. */
export function divideSafely(a: Tensor, b: Tensor): Tensor {
  const isZero = equal(b, 0);
  return where(isZero, 0, div(a, where(isZero, 1, b)));
}

/**
 * Drops or adds a last axis of 1, as Keras does, so that both have one rank: [n] against [n, 1] becomes [n, 1] twice,
 * [n, 1, 1] against [n, 1] becomes [n, 1] twice.
 */
export function matchRanks(a: Tensor, b: Tensor): [Tensor, Tensor] {
  if (a.rank === b.rank + 1 && a.shape.at(-1) === 1) return b.rank === 1 ? [a, expandDims(b, -1)] : [squeeze(a, -1), b];
  if (b.rank === a.rank + 1 && b.shape.at(-1) === 1) return a.rank === 1 ? [expandDims(a, -1), b] : [a, squeeze(b, -1)];
  return [a, b];
}

/** Labels and predictions as float32 of one shape. @throws ShapeError where that cannot be. */
export function pair(name: string, yTrue: Tensor, yPred: Tensor): [Tensor, Tensor] {
  const [labels, predictions] = matchRanks(cast(yTrue, "float32"), cast(yPred, "float32"));
  if (sameShape(labels.shape, predictions.shape)) return [labels, predictions];
  throw shapeError(name, {
    rule: "labels must have the shape of the predictions",
    expected: formatShape(yPred.shape),
    received: formatShape(yTrue.shape),
    advice: sameShape(yTrue.shape, yPred.shape.slice(0, -1))
      ? "Labels that are class numbers need a sparse loss or metric; else use oneHot."
      : lastLayerAdvice(yPred.rank > yTrue.rank),
  });
}

/** Advice where the shapes of labels and predictions differ. `isDeeper`: predictions have more axes. */
export const lastLayerAdvice = (isDeeper: boolean): string =>
  isDeeper
    ? "The predictions have more axes than the labels: is a flatten() missing before the last layer?"
    : "Check the last layer's units.";

/**
 * A weight in a shape that broadcasts with the values: axes of 1 are added behind, and one extra last axis of 1 is
 * dropped, as in Keras. @throws ShapeError where that cannot be.
 */
export function alignWeight(name: string, what: string, given: Tensor, values: Tensor): Tensor {
  const weight = cast(given, "float32");
  const { rank } = values;
  const fits =
    weight.rank === rank + 1 && weight.shape[rank] === 1
      ? squeeze(weight, -1)
      : weight.rank < rank
        ? withRank(weight, rank)
        : weight;
  const spreads =
    fits.rank === rank && fits.shape.every((extent, axis) => extent === 1 || extent === values.shape[axis]);
  if (spreads) return fits;
  throw shapeError(name, {
    rule: `${what} has a weight per sample, or per value of the loss`,
    expected: rank > 1 ? `[${values.shape[0]}] or ${formatShape(values.shape)}` : formatShape(values.shape),
    received: formatShape(given.shape),
  });
}
