// Optimizers by name.
import { valueError } from "../errors.ts";
import { Names } from "../name-registry.ts";
import { adam } from "./adam.ts";
import { adamW } from "./adam-w.ts";
import { nadam } from "./nadam.ts";
import { Optimizer } from "./optimizer.ts";
import { rmsprop } from "./rmsprop.ts";
import { sgd } from "./sgd.ts";

const common = { sgd, rmsprop, adam, adamW, nadam };

/** The exports of on-demand.ts, whose code is loaded when one of them is used; a test compares them. */
const onDemand = [
  "adadelta",
  "adafactor",
  "adagrad",
  "adamax",
  "ftrl",
  "lamb",
  "lion",
  "muon",
  "scheduleFreeAdamW",
] as const;

/** Names of the optimizers, for `compile({ optimizer: "adam" })`. */
export type OptimizerName = keyof typeof common | keyof typeof import("./on-demand.ts");

/** Every optimizer by name, as a factory. */
export const optimizerNames = /* @__PURE__ */ new Names<() => Optimizer>(
  "optimizer",
  common,
  onDemand,
  () => import("./on-demand.ts"),
);

/**
 * An optimizer as it is, or with its defaults from its name; undefined where the code has to be loaded first.
 */
export function loadedOptimizer(given: OptimizerName | Optimizer, owner = "optimizer"): Optimizer | undefined {
  if (given instanceof Optimizer) return given;
  if (typeof given === "string") return optimizerNames.check(owner, given)?.();
  throw valueError(owner, {
    rule: "an optimizer is a name or made by a factory",
    expected: 'such as "adam" or adam({ learningRate: 1e-3 })',
    received: given,
  });
}

/**
 * An optimizer with its defaults from its name, or one as it is. @throws ValueError on an unknown name, with the
 * nearest.
 */
export async function optimizerOf(given: OptimizerName | Optimizer, owner?: string): Promise<Optimizer> {
  return loadedOptimizer(given, owner) ?? (await optimizerNames.find(given as OptimizerName))();
}
