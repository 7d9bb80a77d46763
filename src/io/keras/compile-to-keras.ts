// What a model was compiled with, as Keras's compile settings.
import type { Loss } from "../../nn/loss.ts";
import type { Optimizer } from "../../optim/optimizer.ts";
import { isConfigured } from "../../regularize/config.ts";
import type { ObjectiveOptions } from "../../train/objective.ts";
import { restOf } from "../with-rest.ts";
import type { Writing } from "./keras-object.ts";
import { valueToKeras } from "./names.ts";
import { functionToKeras, toKeras } from "./to-keras.ts";

/** The settings, as `compile` of Keras takes them. @throws ValueError on what Keras does not have. */
export function compileToKeras(
  optimizer: Optimizer,
  { loss, lossWeights, metrics, weightedMetrics }: ObjectiveOptions,
  writing: Writing,
): Record<string, unknown> {
  const each = (what: string, given: unknown) => mapAll(given, (one) => thingToKeras(what, one, writing));
  return {
    optimizer: optimizerToKeras(optimizer, writing),
    loss: each("loss", loss),
    loss_weights: lossWeights ?? null,
    metrics: each("metric", metrics),
    weighted_metrics: each("metric", weightedMetrics),
    run_eagerly: false,
    steps_per_execution: 1,
    jit_compile: "auto",
  };
}

function optimizerToKeras(optimizer: Optimizer, writing: Writing) {
  const { kind, ...given } = optimizer.getConfig() as { kind: string } & Record<string, unknown>;
  // Keras has neither of these: where they change nothing they are left out.
  const { excludeFromWeightDecay: excluded, lazy, ...config } = given;
  if (lazy || (Array.isArray(excluded) && excluded.length > 0) || /^(function|object)$/.test(typeof config.momentum))
    throw restOf(writing).lacking(kind, given);
  return toKeras({ kind, config }, "keras.optimizers", writing);
}

/** Names of losses of which Keras has no metric of the same name. */
export const onlyLosses = /^(huber|log|kld$|dice|tver|circ|ctc)|Focal|Generalized/i;

/** Whether what is given as a metric is a loss, of which the mean is reported. */
const isLoss = (given: unknown): boolean =>
  typeof given === "string"
    ? onlyLosses.test(given)
    : isConfigured(given) && (given as Partial<Loss>).reduction !== undefined;

/** A loss or metric: a name, made by a factory, or a function. */
function thingToKeras(what: "loss" | "metric" | string, given: unknown, writing: Writing): unknown {
  const module = what === "loss" ? "keras.losses" : "keras.metrics";
  if (what !== "loss" && isLoss(given)) return restOf(writing).lossAsMetric(given, writing);
  // Keras has these under other names, or under none.
  if (given === "binaryIou" || (given === "exactAccuracy" && what !== "loss"))
    return toKeras({ kind: given, config: {} }, module, writing);
  if (typeof given === "string") return valueToKeras(given);
  if (isConfigured(given)) return toKeras(given, module, writing);
  return functionToKeras(`saveModel`, `the ${what}`, given as object, module, writing);
}

/** Does something with each thing in lists and records; null stays. */
function mapAll(given: unknown, change: (one: unknown) => unknown): unknown {
  if (given === null || given === undefined) return null;
  if (Array.isArray(given)) return given.map((item) => mapAll(item, change));
  if (
    Object.getPrototypeOf(given) === Object.prototype &&
    !("call" in (given as object)) &&
    !("fresh" in (given as object))
  )
    return Object.fromEntries(Object.entries(given as object).map(([key, item]) => [key, mapAll(item, change)]));
  return change(given);
}
