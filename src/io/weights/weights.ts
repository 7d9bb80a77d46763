// Weights of models in files.
import { literal, valueError } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import type { Model } from "../../train/model.ts";
import { getNamedWeights } from "../../train/named-weights.ts";
import { checkBuilt, sessionOf } from "../../train/session.ts";
import { checkEnding } from "../endings.ts";
import { fileError } from "../file-error.ts";
import { isHdf5 } from "../hdf5/read.ts";
import { openSafetensors } from "../safetensors/read.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import { readSource, writeTarget } from "../stores/files.ts";
import type { ReadOptions, Source, Target, WriteOptions } from "../stores/store.ts";
import { compareWeights, type NameMap, type StoredArray, type WeightsReport, writable } from "./assign.ts";

/** Options of {@link saveWeights}. */
export interface SaveWeightsOptions extends WriteOptions {
  /** Text to keep in the file, by name. Default none. */
  metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes a model's weights as a safetensors file: float32, under their names, such as `dense/kernel`.
 * @throws StateError where the model is not built; FileError where the name says another format, or the file cannot be
 * written.
 * @example await saveWeights(model, "digits.safetensors");
 */
export async function saveWeights(model: Model, target: Target, options: SaveWeightsOptions = {}): Promise<void> {
  const { metadata = {}, ...writing } = checkOptions("saveWeights", options, {
    metadata: "object",
    onProgress: "function",
  });
  sessionOf("saveWeights", model);
  checkBuilt("saveWeights", model);
  checkEnding("saveWeights", target, ".safetensors");
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value === "string" && key !== "__proto__") continue;
    throw valueError("saveWeights", {
      rule: `metadata.${key} must be text`,
      expected: "texts by names other than __proto__",
      received: literal(value),
    });
  }
  const weights = writable(Object.entries(await getNamedWeights(model)));
  const texts = new Map([["format", "aretejs"], ...Object.entries(metadata)]);
  await writeTarget(target, writeSafetensors(weights, texts), writing, "saveWeights");
}

/** Options of {@link loadWeights}. */
export interface LoadWeightsOptions extends ReadOptions {
  /**
   * Whether the file must have every weight of the model, and nothing else. False: what has a known name and its shape
   * is set, and the rest is reported. Default true.
   */
  strict?: boolean;
  /**
   * Which weight of the model an array of the file is: a function of its name there that gives the name here, undefined
   * for an array to be left out; or a record of those that are called differently. Default: names are equal.
   */
  map?: NameMap;
}

/**
 * Sets a model's weights from a safetensors file, from a checkpoint, or from an HDF5 file of Keras (`.weights.h5` of
 * Keras 3, `.h5` of Keras 2 and 3).
 * @returns which weights were set, and which were missing, unexpected or of another shape.
 * @throws FileError where the file is damaged or, as `strict` says, does not fit; StateError where the model is not
 * built. Then nothing has changed.
 * @example
 * const { missing } = await loadWeights(model, "body.safetensors", { strict: false });
 * await loadWeights(model, "other.safetensors", { map: (name) => name.replace(/^encoder\./, "encoder/") });
 */
export async function loadWeights(
  model: Model,
  source: Source,
  options: LoadWeightsOptions = {},
): Promise<WeightsReport> {
  const {
    strict = true,
    map,
    ...reading
  } = checkOptions("loadWeights", options, {
    strict: "boolean",
    map: "function or object",
    onProgress: "function",
    maxBytes: "number",
  });
  sessionOf("loadWeights", model);
  checkBuilt("loadWeights", model);
  const name = typeof source === "string" ? source : "loadWeights";
  const bytes = await readSource(source, reading, "loadWeights");
  if (isHdf5(bytes)) {
    if (!strict || map)
      throw fileError(name, {
        rule: "HDF5 files of Keras have weights by their order",
        expected: "neither strict: false nor map",
        received: options,
      });
    return (await import("./hdf5-weights.ts")).loadHdf5Weights(model, bytes, name);
  }
  // "PK": a zip archive.
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  if (isZip || bytes.length === 0)
    throw fileError(name, {
      rule: "weights are read from safetensors and HDF5 files",
      expected: "one of these",
      received: isZip ? "a .keras file" : "an empty file",
      advice: isZip ? "Open it with loadModel; loadWeights takes what saveWeights writes of that model." : "",
    });
  const { tensors, metadata } = openSafetensors(bytes, name);
  const isCheckpoint = metadata.get("format") === "aretejs-checkpoint";
  const arrays = isCheckpoint ? weightsIn(tensors) : tensors;
  const { assign, ...report } = compareWeights(name, model.variables, arrays, strict, map);
  assign();
  return report;
}

/** How names of weights begin in checkpoints. */
export const weightsPrefix = "weights/";

/** The weights among the arrays of a checkpoint, under their own names. */
export function weightsIn(tensors: ReadonlyMap<string, StoredArray>): ReadonlyMap<string, StoredArray> {
  const found = [...tensors].filter(([name]) => name.startsWith(weightsPrefix));
  return new Map(found.map(([name, array]) => [name.slice(weightsPrefix.length), array]));
}
