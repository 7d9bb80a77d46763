// Reads a model from a file of any of Keras's formats.
import { checkSeed } from "../../checks.ts";
import { drawSeed } from "../../data/rng.ts";
import { show } from "../../format.ts";
import { checkOptions } from "../../options.ts";
import type { Model } from "../../train/model.ts";
import { fileError } from "../file-error.ts";
import { isHdf5 } from "../hdf5/signature.ts";
import type { LoadModelOptions } from "../load-model.ts";
import { notesTo } from "../notes.ts";
import { readSource } from "../stores/files.ts";
import type { Source } from "../stores/store.ts";
import { readKeras } from "./read.ts";

/** See `loadModel` of `aretejs/io`. */
export async function load(source: Source, options?: LoadModelOptions): Promise<Model> {
  const {
    compile = true,
    customObjects = {},
    seed,
    onNote = console.warn,
    ...reading
  } = checkOptions("loadModel", options, {
    compile: "boolean",
    customObjects: "object",
    seed: "number",
    onNote: "function",
    onProgress: "function",
    maxBytes: "number",
  });
  if (seed !== undefined) checkSeed("loadModel", seed);
  const bytes = await readSource(source, reading, "loadModel");
  const note = notesTo("loadModel", onNote);
  if (isHdf5(bytes)) {
    const { readLegacy } = await import("./legacy.ts");
    return readLegacy(bytes, compile, { custom: customObjects, note, seed: seed ?? drawSeed() });
  }
  const begin = String.fromCharCode(...bytes.subarray(0, 24));
  // A zip archive.
  if (begin.startsWith("PK")) return readKeras(bytes, { compile, seed, reading: { custom: customObjects, note } });
  // A length of eight bytes, then JSON.
  const isTensors = begin[8] === "{";
  throw fileError("loadModel", {
    rule: "a model is in a .keras or an HDF5 file",
    expected: "such a file",
    received: isTensors ? "weights in safetensors" : begin ? `a file that begins with ${show(begin)}` : "an empty file",
    advice: isTensors
      ? "Build the model and read the weights by loadWeights."
      : /^\s*\{/.test(begin)
        ? "A model.json of TensorFlow.js is read by loadTfjsModel."
        : "",
  });
}
