// Writing of models, loaded when it is used.
import type { Model } from "../train/model.ts";
import type { CustomObjects } from "./keras/keras-object.ts";
import type { Target, WriteOptions } from "./stores/store.ts";

/** Options of {@link saveModel}. */
export interface SaveModelOptions extends WriteOptions {
  /** Whether to write what the model was compiled with, and the optimizer's state. Default true. */
  compile?: boolean;
  /**
   * Functions of your own (activations, losses, metrics, initializers, schedules) by the names that the file has for
   * them, and those of your own layers. Give the same where you load; in Python `custom_objects` of `load_model`.
   */
  customObjects?: CustomObjects;
}

/**
 * Writes a model as a `.keras` file, which Keras 3 opens by `keras.models.load_model` and `loadModel` here: layers,
 * weights, compile settings, and the optimizer's state, so that training goes on from it.
 * @param target where to: see {@link Target}.
 * @throws StateError for a model that is not built; ValueError on what Keras does not have, by name; FileError where
 * the name says another format, or the file cannot be written. Then nothing is written.
 * @example await saveModel(model, "digits.keras");
 * @example await saveModel(model, "indexeddb://digits.keras");
 */
export async function saveModel(model: Model, target: Target, options?: SaveModelOptions): Promise<void> {
  const { save } = await import("./keras/saving.ts");
  return save(model, target, options);
}
