// Reading of TensorFlow.js models, loaded when it is used.
import type { Model } from "../train/model.ts";
import type { Source } from "./stores/store.ts";
import type { LoadTfjsOptions, TfjsModel } from "./tfjs/read.ts";

/**
 * Reads a layers model of TensorFlow.js (`model.json` with its shards), quantized ones too. It is not compiled.
 * @param source of model.json: see {@link Source}; or its contents, parsed.
 * @throws FileError where a file cannot be read, is damaged or of another kind (graph models), or holds what is not
 * known here, which is named.
 * @example const model = await loadTfjsModel("https://example.com/mobilenet/model.json");
 * @example const model = await loadTfjsModel(json, { shards: [bytes] });
 */
export async function loadTfjsModel(source: Source | TfjsModel, options: LoadTfjsOptions = {}): Promise<Model> {
  const { readTfjsModel } = await import("./tfjs/read.ts");
  return readTfjsModel(source, options);
}
