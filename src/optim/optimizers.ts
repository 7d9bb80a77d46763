import { lookUp, valueError } from "../errors.ts";
import { adam } from "./adam.ts";
import { Optimizer } from "./optimizer.ts";
import { sgd } from "./sgd.ts";

/** Every optimizer by name, with its defaults. */
export const optimizers = { sgd, adam, rmsprop: adam } as const;

export type OptimizerName = keyof typeof optimizers;

/** An optimizer from its name, or as it is. @throws ValueError on an unknown name, with the nearest. */
export function optimizerOf(given: OptimizerName | Optimizer, owner = "optimizer"): Optimizer {
  if (given instanceof Optimizer) return given;
  if (typeof given === "string") return (lookUp(owner, "optimizer", optimizers, given) as () => Optimizer)();
  throw valueError(owner, { rule: "an optimizer is a name or made by a factory", expected: 'such as "adam" or adam({ learningRate: 1e-3 })', received: given });
}
