// Reads `.keras` files: nothing is handed over before everything is read.

import { drawSeed } from "../../data/rng.ts";
import { isPlainRecord } from "../../data/tree.ts";
import type { Model } from "../../train/model.ts";
import { sessionOf } from "../../train/session.ts";
import { decode } from "../binary.ts";
import { damaged, fileError } from "../file-error.ts";
import { type Hdf5Group, openWeights } from "../hdf5/open.ts";
import { isRecord, parseJson } from "../json.ts";
import { openZip } from "../zip/read.ts";
import { assignAll, readPairs, readState, stateIn, weightPairs } from "./assign.ts";
import { compileFromKeras } from "./compile-from-keras.ts";

import { partOf, type Reading } from "./keras-part.ts";
import { modelFromKeras } from "./model-from-keras.ts";

/** What was read. */
export interface KerasRead {
  readonly model: Model;
  /** What {@link writeKeras} was given as `extra`. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/** How a file is read. */
export interface KerasReadOptions {
  /** Whether the model is compiled as in the file, and goes on with the optimizer's state. */
  readonly compile: boolean;
  /** The model's seed. Default: the file's; a file of Keras has none, so it is drawn. */
  readonly seed?: number | undefined;
  readonly reading: Omit<Reading, "seed">;
}

/** Reads a model. @throws FileError on damaged files, and on what is not known here, by name. */
export async function readKeras(bytes: Uint8Array, { compile, seed, reading }: KerasReadOptions): Promise<KerasRead> {
  const archive = openZip(bytes, "loadModel");
  const entry = async (name: string) => {
    const found = archive.get(name);
    if (found) return found.read();
    throw fileError("loadModel", {
      rule: `a .keras file must hold ${name}`,
      expected: "config.json and model.weights.h5",
      received: [...archive.keys()].slice(0, 5),
      advice: "A file of weights alone is read by loadWeights.",
    });
  };
  const text = decode("config.json", await entry("config.json"));
  const config = partOf("the model", parseJson("config.json", text));
  const metadata = archive.has("metadata.json") ? parseJson("metadata.json", await entry("metadata.json")) : {};
  const extra = isRecord(metadata) && isRecord(metadata.aretejs) ? metadata.aretejs : {};
  const augmentation = /"(Random(Color|[EGHIPS])|Solar|AutoC)/.test(text)
    ? await import("./augmentation-layers.ts")
    : undefined;
  const host = /"(StringLookup|IntegerLookup|Hashing|TextVectorization)"/.test(text)
    ? await import("./host-layers.ts")
    : undefined;
  const factories = { ...host?.hostFactories, ...augmentation?.augmentationFactories };
  const all: Reading = { factories, ...reading, seed: seed ?? countIn(extra, "seed") ?? drawSeed() };
  const model = await modelFromKeras(config, all);
  if (!model.built) return { model, extra };
  const weights = await openWeights(await entry("model.weights.h5"), "model.weights.h5");
  await host?.readVocabularies(model, weights, async (name) => archive.get(name)?.read());
  await fill(model, weights, compile ? (config as { compile_config?: unknown }).compile_config : undefined, all);
  const { setup } = sessionOf("loadModel", model);
  if (setup) setup.epochs = countIn(extra, "epochs") ?? 0;
  return { model, extra };
}

/** A count in our own data. */
function countIn(extra: Readonly<Record<string, unknown>>, key: string): number | undefined {
  const count = extra[key];
  return Number.isSafeInteger(count) && (count as number) >= 0 ? (count as number) : undefined;
}

/** Gives the model its weights, compiles it and gives the optimizer its state. */
async function fill(model: Model, file: Hdf5Group, compileConfig: unknown, reading: Reading): Promise<void> {
  const weights = await readPairs(await weightPairs(model, file));
  const options =
    isPlainRecord(compileConfig) && compileConfig.optimizer
      ? await compileFromKeras(compileConfig, reading)
      : undefined;
  if (compileConfig !== undefined && compileConfig !== null && !isPlainRecord(compileConfig))
    throw damaged("loadModel", "compile settings must be an object", "an object", compileConfig);
  assignAll(weights);
  // What the file has no values for, such as nothing, is drawn.
  model.initialize(model.seed);
  if (!options) return;
  model.compile(options);
  const { optimizer, trainableVariables } = model;
  if (trainableVariables.length === 0) return;
  const state = await readState(optimizer, trainableVariables, stateIn(file), reading.note);
  state?.apply();
}
