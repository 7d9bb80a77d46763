// Keras's compile settings as what `compile` takes.
import { isPlainRecord } from "../../data/tree.ts";
import { lossNames } from "../../nn/losses/names.ts";
import { metricNames } from "../../nn/metrics/names.ts";
import type { Optimizer } from "../../optim/optimizer.ts";
import { optimizerNames } from "../../optim/optimizers.ts";
import type { CompileModelOptions } from "../../train/options.ts";
import { damaged, unsupported } from "../file-error.ts";
import { restOf } from "../with-rest.ts";
import { customOf, optionsFromKeras } from "./from-keras.ts";
import { configOf, isPart, type KerasPart, type Named, named, type Reading } from "./keras-part.ts";
import { readWithRest } from "./model-from-keras.ts";
import { groupName, kindOf } from "./names.ts";

/**
 * The options of `compile`. @throws FileError on what is not known here, or should be in customObjects.
 */
export const compileFromKeras = (
  config: Readonly<Record<string, unknown>>,
  reading: Reading,
): Promise<CompileModelOptions> => readWithRest(reading, (all) => settingsFrom(config, all));

async function settingsFrom(config: Readonly<Record<string, unknown>>, reading: Reading): Promise<CompileModelOptions> {
  const each = (key: string, read: (one: unknown, reading: Reading) => Promise<unknown>) =>
    mapAll(config[key], (one) => read(one, reading));
  return {
    loss: await each("loss", lossFrom),
    lossWeights: config.loss_weights ?? undefined,
    metrics: await each("metrics", metricFrom),
    weightedMetrics: await each("weighted_metrics", metricFrom),
    optimizer: await optimizerFrom(config.optimizer, reading),
  } as CompileModelOptions;
}

/** Does something with each name, function and object in lists and records. */
async function mapAll(given: unknown, read: (one: unknown) => Promise<unknown>): Promise<unknown> {
  if (given === null || given === undefined) return undefined;
  if (Array.isArray(given)) return Promise.all(given.map((item) => mapAll(item, read)));
  if (!isPlainRecord(given) || isPart(given)) return read(given);
  return Object.fromEntries(
    await Promise.all(Object.entries(given).map(async ([key, item]) => [key, await mapAll(item, read)] as const)),
  );
}

// ── Losses and metrics

/** The name of a loss or metric, and its options; undefined for a name that stands for itself. */
function partsOf(what: string, given: unknown): Named {
  if (typeof given === "string") return { name: given };
  if (isPart(given)) return named(given);
  throw damaged("loadModel", `a ${what} must be a name or an object`, "a class and its configuration", given);
}

async function lossFrom(given: unknown, reading: Reading): Promise<unknown> {
  const { name, config } = partsOf("loss", given);
  const custom = customOf(name, reading);
  const kind = kindOf(name, lossNames.known);
  if (custom !== undefined || !kind) return restOf(reading).ownSetting("the loss", name, custom, config, reading);
  return config ? (await lossNames.find(kind))(restOf(reading).optionsOf(kind, name, config, reading)) : kind;
}

async function metricFrom(given: unknown, reading: Reading): Promise<unknown> {
  const { name, config } = partsOf("metric", given);
  const custom = customOf(name, reading);
  if (custom !== undefined) return restOf(reading).ownSetting("the metric", name, custom, config, reading);
  if (!config && /^acc(uracy)?$/.test(name)) return name;
  if (!config) return kindOf(name, metricNames.known) ?? lossFrom(name, reading);
  return restOf(reading).metricOf(given as KerasPart, reading, { lossFrom, metricFrom });
}

// ── Optimizers

async function optimizerFrom(given: unknown, reading: Reading): Promise<Optimizer> {
  const { name, config = {} } = partsOf("optimizer", given ?? "rmsprop");
  const custom = customOf(name, reading);
  const kind = kindOf(name, optimizerNames.known);
  if (custom !== undefined)
    return restOf(reading).ownSetting("the optimizer", name, custom, config, reading) as Optimizer;
  if (!kind) throw unsupported("loadModel", `Keras's optimizer ${name}`, "Load with { compile: false }.");
  const { learning_rate: rate, name: own, ...rest } = configOf(name, config);
  const make = (await optimizerNames.find(kind)) as (options: object) => Optimizer;
  return make({
    // None is a choice where the default is some.
    ...(rest.weight_decay === null && /adamW|muon/.test(kind) && { weightDecay: 0 }),
    ...optionsFromKeras(kind, rest, reading),
    ...(typeof own === "string" && own !== groupName(name) && { name: own }),
    ...(rate !== undefined && { learningRate: isPart(rate) ? scheduleFrom(rate, reading) : rate }),
  });
}

function scheduleFrom(given: unknown, reading: Reading): unknown {
  const { name, config } = partsOf("schedule", given);
  return restOf(reading).scheduleFrom(name, config, reading);
}
