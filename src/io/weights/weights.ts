// Weights of models in files: loaded when they are read or written.
import type { Model } from "../../train/model.ts";
import type { ReadOptions, Source, Target, WriteOptions } from "../stores/store.ts";
import type { NameMap, WeightsReport } from "./assign.ts";

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
export async function saveWeights(model: Model, target: Target, options?: SaveWeightsOptions): Promise<void> {
  const { save } = await import("./save.ts");
  return save(model, target, options);
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
 * Sets a model's weights from a safetensors file, from a checkpoint, or from a file of Keras (`.keras` and
 * `.weights.h5` of Keras 3, `.h5` of Keras 2 and 3). Called while the model trains, it sets them when that has ended;
 * in a callback, at once.
 * @returns which weights were set, and which were missing, unexpected or of another shape.
 * @throws FileError where the file is damaged or, as `strict` says, does not fit; StateError where the model is not
 * built. Then nothing has changed.
 * @example
 * const { missing } = await loadWeights(model, "body.safetensors", { strict: false });
 * await loadWeights(model, "other.safetensors", { map: (name) => name.replace(/^encoder\./, "encoder/") });
 */
export async function loadWeights(model: Model, source: Source, options?: LoadWeightsOptions): Promise<WeightsReport> {
  const { load } = await import("./load.ts");
  return load(model, source, options);
}
