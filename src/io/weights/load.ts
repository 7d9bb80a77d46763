// Sets weights from files of all formats.
import { checkOptions } from "../../options.ts";
import type { Model } from "../../train/model.ts";
import { checkBuilt, sessionOf } from "../../train/session.ts";
import { fileError } from "../file-error.ts";
import { isHdf5 } from "../hdf5/signature.ts";
import { openSafetensors } from "../safetensors/read.ts";
import { readSource } from "../stores/files.ts";
import type { Source } from "../stores/store.ts";
import { compareWeights, type WeightsReport, weightsIn } from "./assign.ts";
import type { LoadWeightsOptions } from "./weights.ts";

/** See `loadWeights` of `aretejs/io`. */
export async function load(model: Model, source: Source, options: LoadWeightsOptions = {}): Promise<WeightsReport> {
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
  const session = sessionOf("loadWeights", model);
  checkBuilt("loadWeights", model);
  const name = typeof source === "string" ? source : "loadWeights";
  const bytes = await readSource(source, reading, "loadWeights");
  // "PK": a zip archive.
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  if (isZip || isHdf5(bytes)) {
    if (!strict || map)
      throw fileError(name, {
        rule: "files of Keras have weights by their order",
        expected: "neither strict: false nor map",
        received: options,
      });
    const { loadKerasWeights } = await import("./keras-weights.ts");
    return session.queue.run(() => loadKerasWeights(model, bytes, name));
  }
  if (bytes.length === 0)
    throw fileError(name, {
      rule: "weights are read from safetensors, HDF5 and .keras files",
      expected: "one of these",
      received: "an empty file",
    });
  const { tensors, metadata } = openSafetensors(bytes, name);
  const isCheckpoint = metadata.get("format") === "aretejs-checkpoint";
  const arrays = isCheckpoint ? weightsIn(tensors) : tensors;
  return session.queue.run(async () => {
    const { assign, ...report } = compareWeights(name, model.variables, arrays, strict, map);
    assign();
    return report;
  });
}
