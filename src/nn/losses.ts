import { lookUp, valueError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { defineLoss, type Loss, type LossOptions } from "./loss.ts";
import { circle } from "./losses/circle.ts";
import {
  binaryCrossentropy,
  binaryFocalCrossentropy,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  categoricalGeneralizedCrossEntropy,
  sparseCategoricalCrossentropy,
} from "./losses/crossentropy.ts";
import { ctc } from "./losses/ctc.ts";
import { klDivergence, poisson } from "./losses/distribution.ts";
import { categoricalHinge, hinge, squaredHinge } from "./losses/hinge.ts";
import { dice, tversky } from "./losses/overlap.ts";
import {
  cosineSimilarity,
  huber,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
} from "./losses/regression.ts";

export * from "./losses/circle.ts";
export * from "./losses/crossentropy.ts";
export * from "./losses/ctc.ts";
export * from "./losses/distribution.ts";
export * from "./losses/hinge.ts";
export * from "./losses/overlap.ts";
export * from "./losses/regression.ts";

/** Every loss by name. */
export const losses = {
  meanSquaredError,
  mse: meanSquaredError,
  meanAbsoluteError,
  mae: meanAbsoluteError,
  meanAbsolutePercentageError,
  mape: meanAbsolutePercentageError,
  meanSquaredLogarithmicError,
  msle: meanSquaredLogarithmicError,
  huber,
  logCosh,
  cosineSimilarity,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
  binaryCrossentropy,
  categoricalFocalCrossentropy,
  categoricalGeneralizedCrossEntropy,
  binaryFocalCrossentropy,
  hinge,
  squaredHinge,
  categoricalHinge,
  klDivergence,
  poisson,
  dice,
  tversky,
  circle,
  ctc,
} as const;

/** The name of a loss, such as "meanSquaredError". */
export type LossName = keyof typeof losses;

/** A loss of the user's own: values per sample [batch, …] from labels and predictions. */
export type LossFunction = (yTrue: Tensor, yPred: Tensor) => Tensor;

/** A loss from its name, a loss as it is, or a function of labels and predictions. @throws ValueError on an unknown name, with the nearest. */
export function lossOf(given: LossName | Loss | LossFunction, owner = "loss"): Loss {
  if (typeof given === "string") return (lookUp(owner, "loss", losses, given) as (options: LossOptions) => Loss)({ name: given });
  if (typeof given === "function") return defineLoss(given.name || "loss", {}, given);
  if (given !== null && typeof given === "object" && typeof given.call === "function") return given;
  throw valueError(owner, { rule: "a loss is a name, a loss or a function", expected: 'such as "meanSquaredError"', received: given });
}
