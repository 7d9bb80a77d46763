import { lookUp, valueError } from "../errors.ts";
import { adadelta } from "./adadelta.ts";
import { adafactor } from "./adafactor.ts";
import { adagrad } from "./adagrad.ts";
import { adam } from "./adam.ts";
import { adamW } from "./adam-w.ts";
import { adamax } from "./adamax.ts";
import { ftrl } from "./ftrl.ts";
import { lamb } from "./lamb.ts";
import { lion } from "./lion.ts";
import { muon } from "./muon.ts";
import { nadam } from "./nadam.ts";
import { Optimizer } from "./optimizer.ts";
import { rmsprop } from "./rmsprop.ts";
import { scheduleFreeAdamW } from "./schedule-free-adam-w.ts";
import { sgd } from "./sgd.ts";

/** Every optimizer by name. */
export const optimizers = {
  sgd,
  rmsprop,
  adagrad,
  adadelta,
  adam,
  adamW,
  adamax,
  nadam,
  ftrl,
  lion,
  lamb,
  adafactor,
  muon,
  scheduleFreeAdamW,
} as const;

/** Names of the optimizers, for `compile({ optimizer: "adam" })`. */
export type OptimizerName = keyof typeof optimizers;

/** An optimizer with its defaults from its name, or one as it is. @throws ValueError on an unknown name, with the nearest. */
export function optimizerOf(given: OptimizerName | Optimizer, owner = "optimizer"): Optimizer {
  if (given instanceof Optimizer) return given;
  if (typeof given === "string") return (lookUp(owner, "optimizer", optimizers, given) as () => Optimizer)();
  throw valueError(owner, { rule: "an optimizer is a name or made by a factory", expected: 'such as "adam" or adam({ learningRate: 1e-3 })', received: given });
}
