// Reads `.keras` files: nothing is handed over before everything is read.

import { drawSeed } from "../../data/rng.ts";
import { isPlainRecord } from "../../data/tree.ts";
import type { Model } from "../../train/model.ts";
import { sessionOf } from "../../train/session.ts";
import { decode } from "../binary.ts";
import { damaged, refused } from "../file-error.ts";
import { openWeights } from "../hdf5/open.ts";
import { parseJson } from "../json.ts";
import { openZip } from "../zip/read.ts";
import { assignAll, readPairs, restoreState, stateIn, weightPairs } from "./assign.ts";
import { compileFromKeras } from "./compile-from-keras.ts";
import { partOf, type Reading } from "./keras-part.ts";
import { modelFromKeras } from "./model-from-keras.ts";

/** How a file is read. */
export interface KerasReadOptions {
  /** Whether the model is compiled as in the file, and goes on with the optimizer's state. */
  readonly compile: boolean;
  /** The model's seed. Default: the file's; a file of Keras has none, so it is drawn. */
  readonly seed?: number | undefined;
  readonly reading: Omit<Reading, "seed">;
}

/**
 * Reads a model, gives it its weights, compiles it and gives the optimizer its state.
 * @throws FileError on damaged files, and on what is not known here, by name.
 */
export async function readKeras(bytes: Uint8Array, { compile, seed, reading }: KerasReadOptions): Promise<Model> {
  const archive = openZip(bytes, "loadModel");
  const entry = async (name: string) => {
    const found = archive.get(name);
    if (found) return found.read();
    throw refused(
      "loadModel",
      `a .keras file must hold ${name}`,
      "config.json and model.weights.h5",
      [...archive.keys()].slice(0, 5),
      "A file of weights alone is read by loadWeights.",
    );
  };
  const text = decode("config.json", await entry("config.json"));
  const config = partOf("the model", parseJson("config.json", text));
  const metadata = archive.has("metadata.json") && parseJson("metadata.json", await entry("metadata.json"));
  // What is no object has no properties.
  const ours = Object(Object(metadata).aretejs);
  const augmentation = /"(Random(Color|[EGHIPS])|Solar|AutoC)/.test(text)
    ? await import("./augmentation-layers.ts")
    : undefined;
  const host = /"(StringLookup|IntegerLookup|Hashing|TextVectorization)"/.test(text)
    ? await import("./host-layers.ts")
    : undefined;
  const factories = { ...host?.hostFactories, ...augmentation?.augmentationFactories };
  const all: Reading = { factories, ...reading, seed: seed ?? countOf(ours.seed) ?? drawSeed() };
  const model = await modelFromKeras(config, all);
  if (!model.built) return model;
  const file = await openWeights(await entry("model.weights.h5"), "model.weights.h5");
  await host?.readVocabularies(model, file, async (name) => archive.get(name)?.read());
  const weights = await readPairs(await weightPairs(model, file));
  const settings = compile ? ((config as { compile_config?: unknown }).compile_config ?? {}) : {};
  if (!isPlainRecord(settings)) throw damaged("loadModel", "compile settings must be an object", "an object", settings);
  const options = settings.optimizer && (await compileFromKeras(settings, all));
  assignAll(weights);
  // What the file has no values for, such as nothing, is drawn.
  model.initialize(model.seed);
  if (!options) return model;
  model.compile(options);
  const { optimizer, trainableVariables } = model;
  if (trainableVariables.length > 0) await restoreState(optimizer, trainableVariables, stateIn(file), reading.note);
  const { setup } = sessionOf("loadModel", model);
  if (setup) setup.epochs = countOf(ours.epochs) ?? 0;
  return model;
}

/** A count in our own data. */
const countOf = (count: unknown): number | undefined =>
  Number.isSafeInteger(count) && (count as number) >= 0 ? (count as number) : undefined;
