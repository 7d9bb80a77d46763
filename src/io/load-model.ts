// Reading of models, loaded when it is used.
import type { Model } from "../train/model.ts";
import type { CustomObjects } from "./keras/keras-object.ts";
import type { ReadOptions, Source } from "./stores/store.ts";

/** Options of {@link loadModel}. */
export interface LoadModelOptions extends ReadOptions {
  /** Whether to compile the model as it was, and to go on with the optimizer's state. Default true. */
  compile?: boolean;
  /**
   * What the file names and does not hold: classes of layers (or functions of their options that give a layer),
   * activations, losses, metrics, initializers, schedules, by Keras's names or in camel case.
   */
  customObjects?: CustomObjects;
  /** The model's seed, an integer in [0, 2^53). Default: that of the model that was saved here; else drawn. */
  seed?: number;
  /** Takes what could not be kept, such as the state of an optimizer that does not fit. Default console.warn. */
  onNote?: (note: string) => void;
}

/**
 * Reads a model with its weights: `.keras` files of Keras 3 and of `saveModel`, and whole models in `.h5` files of
 * Keras 2 and 3. It is compiled as it was, with the state of its optimizer (not from `.h5` of Keras 2), so that
 * `fit` goes on.
 * Imports all layers. Code in files (`Lambda`) is never run.
 * @param source from where: see {@link Source}.
 * @throws FileError where the file cannot be read, is damaged, or holds what is not known here, which is named.
 * @example const model = await loadModel("digits.keras");
 * @example const model = await loadModel(await fetch("/digits.keras"), { customObjects: { Scale, myLoss } });
 */
export async function loadModel(source: Source, options?: LoadModelOptions): Promise<Model> {
  const { load } = await import("./keras/loading.ts");
  return load(source, options);
}
