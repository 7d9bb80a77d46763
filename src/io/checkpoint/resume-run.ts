// Sets a model to where a checkpoint left a training run.
import { checkCount, checkSeed } from "../../checks.ts";
import { isHostArray } from "../../data/array.ts";
import { literal, valueError } from "../../errors.ts";
import { Variable } from "../../tensor/variable.ts";
import type { BatchSpec } from "../../train/batch.ts";
import { type Callback, callbacksOf } from "../../train/callback.ts";
import type { Model } from "../../train/model.ts";
import { setOptimizerState } from "../../train/optimizer-state.ts";
import type { FitOptions } from "../../train/options.ts";
import { checkBuilt, sessionOf } from "../../train/session.ts";
import { damaged, fileError } from "../file-error.ts";
import { isRecord, parseJson } from "../json.ts";
import { openSafetensors } from "../safetensors/read.ts";
import { readSourceIfAny } from "../stores/files.ts";
import type { ReadOptions, Source } from "../stores/store.ts";
import { compareWeights, type StoredArray, weightsIn } from "../weights/assign.ts";
import { fields } from "./fill-name.ts";
import { unpack } from "./pack.ts";
import { Restorer } from "./restorer.ts";
import { checkpointFormat, checkpointVersion, type RunState, statefulLayers } from "./run-state.ts";

/** See `resume` of `aretejs/io`. */
export async function resumeRun(
  model: Model,
  source: Source,
  options: FitOptions = {},
  reading?: ReadOptions,
): Promise<FitOptions> {
  const session = sessionOf("resume", model);
  session.checkIdle("resume");
  checkBuilt("resume", model);
  const { setup } = session.compiled("resume");
  await setup.load();
  const callbacks = callbacksOf("resume", options.callbacks ?? []);
  if (options.initialEpoch !== undefined) {
    throw valueError("resume", {
      rule: "the checkpoint says where to go on",
      expected: "no initialEpoch",
      received: options.initialEpoch,
    });
  }
  if (typeof source === "string" && fields.test(source)) {
    throw valueError("resume", {
      rule: "a run goes on from one file",
      expected: "the name of a file, without values in braces",
      received: literal(source),
      advice: "Let modelCheckpoint replace one file, or name the last of those that it has written.",
    });
  }
  const bytes = await readSourceIfAny(source, reading, "resume");
  if (!bytes) return options;
  const name = typeof source === "string" ? source : "resume";
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
    throw fileError(name, {
      rule: "a run goes on from a checkpoint",
      expected: "a .safetensors file of modelCheckpoint",
      received: "a .keras file",
      advice: "Open the model with loadModel: fit then goes on from its optimizer's state, in a run of its own.",
    });
  }
  const { tensors, metadata } = openSafetensors(bytes, name);
  const state = stateOf(name, metadata, tensors);
  checkRun(name, state, model, options, callbacks);
  const advice = "Make the model as it was made for the run.";
  const weights = compareWeights(name, model.variables, weightsIn(tensors), true, undefined, advice);
  // Before the weights, since it may refuse.
  setOptimizerState(model, optimizerIn(tensors));
  weights.assign();
  setup.epochs = state.trainedEpochs;
  for (const [index, layer] of statefulLayers(model).entries()) {
    const states = state.recurrent[index] ?? [];
    layer.states = states.map(
      ({ data, shape }, at) =>
        new Variable(shape, { initial: data.slice(), name: () => `${layer.name}/state_${at}`, trainable: false }),
    );
    if (states.length === 0) layer.states = undefined;
  }
  return { ...options, seed: state.seed, callbacks: [...callbacks, new Restorer(state)] };
}

function optimizerIn(tensors: ReadonlyMap<string, StoredArray>) {
  const found = [...tensors].filter(([name]) => name.startsWith("optimizer/"));
  return Object.fromEntries(
    found.map(([name, { shape, read }]) => [
      name.slice("optimizer/".length),
      { data: read() as Float32Array | Float64Array, shape },
    ]),
  );
}

/** The run that a file holds. @throws FileError on another format and version, and on what is no run. */
function stateOf(
  name: string,
  metadata: ReadonlyMap<string, string>,
  tensors: ReadonlyMap<string, StoredArray>,
): RunState {
  const format = metadata.get("format");
  if (format !== checkpointFormat) {
    throw fileError(name, {
      rule: "the file must be a checkpoint",
      expected: "a file that modelCheckpoint of aretejs/io has written",
      received: format === undefined ? "a safetensors file without a run" : `the format ${format}`,
      advice: "To set weights alone use loadWeights.",
    });
  }
  const version = metadata.get("version");
  if (version !== checkpointVersion)
    throw fileError(name, {
      rule: "the checkpoint must be of a known version",
      expected: checkpointVersion,
      received: version,
    });
  const state = unpack(parseJson(name, metadata.get("run") ?? "null"), tensors);
  if (!isRun(state)) throw damaged(name, "the run must be complete", "position, seed, history, callbacks …", "another");
  for (const [what, value] of Object.entries(state.position)) checkCount(name, `position ${what}`, value, 0);
  checkCount(name, "trainedEpochs", state.trainedEpochs, 0);
  checkSeed(name, state.seed);
  return state;
}

const isCountList = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === "number");

function isRun(state: unknown): state is RunState {
  if (!isRecord(state)) return false;
  const { position, history, callbacks, metrics, recurrent, stopped, steps, lastBatch } = state;
  const fields = ["epoch", "batch", "pass", "dataPass", "dataBatch"];
  const isPosition = isRecord(position) && Object.keys(position).sort().join() === fields.sort().join();
  const isHistory =
    isRecord(history) &&
    isCountList(history.epoch) &&
    isRecord(history.history) &&
    Object.values(history.history).every(isCountList);
  const isRecords = Array.isArray(callbacks) && callbacks.every((item) => item === null || isRecord(item));
  const isArrays =
    isRecord(metrics) &&
    Array.isArray(recurrent) &&
    [...Object.values(metrics), ...recurrent].every((list) => Array.isArray(list) && list.every(isHostArray));
  return (
    isPosition &&
    isHistory &&
    isRecords &&
    isArrays &&
    (lastBatch === null || isBatch(lastBatch)) &&
    typeof stopped === "boolean" &&
    (steps === null || typeof steps === "number")
  );
}

/** Whether a value describes a batch: an array for each input, an array or null for each output and its weights. */
function isBatch(batch: unknown): batch is BatchSpec {
  if (!isRecord(batch)) return false;
  const { signature, rows, x, y, weights } = batch;
  const isLists = [x, y, weights].every(Array.isArray);
  const isSpecs = [x, y, weights].flat().every((spec) => spec === null || isArraySpec(spec));
  return (
    typeof signature === "string" && Number.isInteger(rows) && isLists && isSpecs && !(x as unknown[]).includes(null)
  );
}

const isArraySpec = (spec: unknown): boolean =>
  isRecord(spec) &&
  Array.isArray(spec.shape) &&
  spec.shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0) &&
  ["float32", "int32"].includes(spec.dtype as string);

function checkRun(
  name: string,
  state: RunState,
  model: Model,
  options: FitOptions,
  callbacks: readonly Callback[],
): void {
  const wrong = (rule: string, expected: unknown, received: unknown) =>
    valueError("resume", { rule, expected, received, context: name });
  const { kind } = model.optimizer;
  if (kind !== state.optimizer) throw wrong("the optimizer must be that of the run", state.optimizer, kind);
  if (options.seed !== undefined && options.seed !== state.seed)
    throw wrong("the seed must be that of the run", state.seed, options.seed);
  const rule = "the callbacks must be those of the run, in their order";
  const count = state.callbacks.length;
  if (callbacks.length !== count) throw wrong(rule, `${count} callbacks`, callbacks.length);
  for (const [index, callback] of callbacks.entries()) {
    const [kept, own] = [state.callbacks[index] ?? null, callback.getState?.() ?? null];
    const isOther = kept && own ? Object.keys(kept).some((key) => !Object.hasOwn(own, key)) : kept !== own;
    if (!isOther) continue;
    const keysOf = (record: typeof own) =>
      record ? `one that keeps ${Object.keys(record).join(", ")}` : "one without state";
    throw wrong(rule, `as callback ${index} ${keysOf(kept)}`, keysOf(own));
  }
}
