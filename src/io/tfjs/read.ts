// Reads TensorFlow.js layers models.
import { checkSeed } from "../../checks.ts";
import { drawSeed } from "../../data/rng.ts";
import { checkOptions } from "../../options.ts";
import type { Model } from "../../train/model.ts";
import { join } from "../binary.ts";
import { damaged, fileError, unsupported } from "../file-error.ts";
import { isRecord, parseJson } from "../json.ts";
import type { CustomObjects } from "../keras/keras-object.ts";
import { partOf } from "../keras/keras-part.ts";
import { modelFromKeras } from "../keras/model-from-keras.ts";
import { notesTo } from "../notes.ts";
import { readSource } from "../stores/files.ts";
import { sibling } from "../stores/sibling.ts";
import type { ReadOptions, Source } from "../stores/store.ts";
import { arraysIn, groupsOf } from "./manifest.ts";
import { assignByLayer } from "./weights.ts";

/** Options of `loadTfjsModel`. Progress is that of all shards together; `maxBytes` holds for each file. */
export interface LoadTfjsOptions extends ReadOptions {
  /**
   * The files of weights, in the order of the paths in model.json. Needed where model.json is given as bytes or as an
   * object; default: files beside model.json.
   */
  shards?: readonly Source[];
  /**
   * Whether weights that belong to no layer are refused. False: they are left out, for a part of a model. Default true.
   */
  strict?: boolean;
  /** As in `loadModel`. */
  customObjects?: CustomObjects;
  /** The model's seed, an integer in [0, 2^53). Default: drawn. */
  seed?: number;
  /** Takes what could not be kept. Default console.warn. */
  onNote?: (note: string) => void;
}

/** What `model.json` holds, parsed. */
export interface TfjsModel {
  readonly modelTopology: unknown;
  readonly weightsManifest: unknown;
}

/** See `loadTfjsModel` of `aretejs/io`. */
export async function readTfjsModel(source: Source | TfjsModel, options: LoadTfjsOptions = {}): Promise<Model> {
  const owner = "loadTfjsModel";
  const {
    shards,
    strict = true,
    customObjects = {},
    seed = drawSeed(),
    onNote = console.warn,
    onProgress,
    maxBytes,
  } = checkOptions(owner, options, {
    shards: "list",
    strict: "boolean",
    customObjects: "object",
    seed: "number",
    onNote: "function",
    onProgress: "function",
    maxBytes: "number",
  });
  const limit = maxBytes === undefined ? {} : { maxBytes };
  checkSeed(owner, seed);
  const text = isTopology(source) ? textOf(owner, source) : await readSource(source as Source, limit, owner);
  const file = parseJson("model.json", text);
  if (!isRecord(file)) throw damaged(owner, "model.json must hold an object", "an object", file);
  if (file.format === "graph-model") throw unsupported(owner, "a graph model", "Convert it to a layers model.");
  const groups = groupsOf(owner, file.weightsManifest);
  const topology = isRecord(file.modelTopology) ? (file.modelTopology.model_config ?? file.modelTopology) : undefined;
  const note = notesTo(owner, onNote);
  const model = await modelFromKeras(partOf("the model", topology), { custom: customObjects, seed, note });
  const paths = groups.flatMap((group) => group.paths);
  if (ArrayBuffer.isView(shards) || shards?.some((shard) => typeof shard === "number"))
    throw fileError(owner, { rule: "shards is a list", expected: "[bytes]: one for each path", received: shards });
  const sources = shards ?? paths.map((path) => besides(owner, source, path));
  if (sources.length !== paths.length)
    throw fileError(owner, { rule: "each path needs a shard", expected: paths.length, received: sources.length });
  const progress = progressOf(sources.length, onProgress);
  const bytes = await Promise.all(
    sources.map((shard, index) => readSource(shard, { ...limit, onProgress: progress(index) }, owner)),
  );
  const arrays = groups.flatMap((group) => arraysIn(owner, group, join(bytes.splice(0, group.paths.length))));
  assignByLayer(owner, model, new Map(arrays), strict, note);
  return model;
}

/** The progress of several files as that of one. Their size is known when that of each is. */
function progressOf(count: number, onProgress: ReadOptions["onProgress"]) {
  const done: number[] = Array(count).fill(0);
  const totals: (number | undefined)[] = Array(count).fill(undefined);
  return (index: number) => (now: number, total: number | undefined) => {
    done[index] = now;
    totals[index] = total;
    const sum = (values: readonly (number | undefined)[]) =>
      values.reduce((a, b) => (a === undefined || b === undefined ? undefined : a + b), 0);
    onProgress?.(sum(done) as number, sum(totals));
  };
}

const isTopology = (source: Source | TfjsModel): source is TfjsModel =>
  typeof source === "object" && source !== null && "modelTopology" in source;

/** What was parsed, as text again: then it is what a file can hold. @throws FileError where it is not. */
function textOf(owner: string, { format, modelTopology, weightsManifest }: TfjsModel & { format?: unknown }): string {
  try {
    return JSON.stringify({ format, modelTopology, weightsManifest });
  } catch (error) {
    throw fileError(owner, {
      rule: "the contents of model.json must be plain data",
      expected: "what JSON can say",
      received: `other objects, or ones that hold themselves (${String(error).split("\n")[0]})`,
    });
  }
}

/** A shard beside model.json. @throws FileError on a path that leads elsewhere, and where the source has no place. */
function besides(owner: string, source: Source | TfjsModel, path: string): Source {
  const isInside = path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
  if (!isInside || path.includes("\\") || /^[a-z]+:/i.test(path))
    throw damaged(owner, "a shard must lie beside model.json", "a name", path);
  const isResponse = source instanceof Response && source.url !== "";
  if (typeof source === "string" || source instanceof URL || isResponse || "store" in source)
    return sibling(owner, source as Source, path);
  throw fileError(owner, {
    rule: "where the shards are does not follow from the source",
    expected: "shards: one source for each path",
    received: `none for ${path}`,
  });
}
