// Losses by name.
import { valueError } from "../../errors.ts";
import { Names } from "../../name-registry.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { defineLoss, type Loss, type LossOptions } from "../loss.ts";
import { sparseCategoricalCrossentropy } from "./sparse-crossentropy.ts";

const common = { sparseCategoricalCrossentropy };

/** The exports of usual.ts, whose code is loaded when one of them is used; a test compares them. */
const usual = [
  "meanSquaredError",
  "mse",
  "MSE",
  "meanAbsoluteError",
  "mae",
  "MAE",
  "huber",
  "categoricalCrossentropy",
  "binaryCrossentropy",
  "bce",
  "BCE",
] as const;

/** As `usual`: the exports of on-demand.ts. */
const onDemand = [
  "meanAbsolutePercentageError",
  "mape",
  "MAPE",
  "meanSquaredLogarithmicError",
  "msle",
  "MSLE",
  "logCosh",
  "cosineSimilarity",
  "categoricalFocalCrossentropy",
  "categoricalGeneralizedCrossEntropy",
  "binaryFocalCrossentropy",
  "hinge",
  "squaredHinge",
  "categoricalHinge",
  "klDivergence",
  "kld",
  "KLD",
  "poisson",
  "dice",
  "tversky",
  "circle",
  "ctc",
] as const;

/** The name of a loss, such as "meanSquaredError". */
export type LossName = keyof typeof common | keyof typeof import("./usual.ts") | keyof typeof import("./on-demand.ts");

/** A custom loss: values per sample [batch, …] from labels and predictions. */
export type LossFunction = (yTrue: Tensor, yPred: Tensor) => Tensor;

/** Every loss by name, as a factory. */
export const lossNames = /* @__PURE__ */ new Names<(options: LossOptions) => Loss>(
  "loss",
  common,
  [...usual, ...onDemand],
  (name) => ((usual as readonly string[]).includes(name) ? import("./usual.ts") : import("./on-demand.ts")),
);

/** Checks a loss or its name. @throws ValueError on anything else, and on an unknown name, with the nearest. */
export function checkLoss(given: LossName | Loss | LossFunction, owner: string): void {
  if (typeof given === "string") lossNames.check(owner, given);
  // A class of losses, which cannot be called, has `call` in its prototype.
  else if (typeof (given as Loss | undefined)?.call !== "function" || (given as { prototype?: Loss }).prototype?.call)
    throw valueError(owner, {
      rule: "a loss is a name, a loss or a function",
      expected: 'such as "meanSquaredError"',
      received: given,
    });
}

/**
 * A loss from its name, a loss as it is, or a function of labels and predictions. @throws ValueError on an unknown
 * name, with the nearest.
 */
export async function lossOf(given: LossName | Loss | LossFunction, owner = "loss"): Promise<Loss> {
  checkLoss(given, owner);
  if (typeof given === "string") return (await lossNames.find(given))({ name: given });
  return typeof given === "function" ? defineLoss(given.name || "loss", {}, given) : given;
}
