// A case here and in Keras: what differs.
import { join } from "node:path";
import * as arete from "../../../src/index.ts";
import { loadModel, saveModel } from "../../../src/io/index.ts";
import type { Case, Data } from "./generate.ts";
import type { Keras } from "./keras.ts";

const wasm = await arete.wasm({ threads: 1 });

interface Numbers {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}

/** What Keras answers for a model. */
interface Answer {
  readonly stage: string;
  readonly error?: string;
  readonly predictions?: readonly Numbers[];
  readonly evaluation?: Readonly<Record<string, readonly number[]>>;
  readonly history?: Readonly<Record<string, readonly number[]>>;
  readonly after?: readonly Numbers[];
  readonly back?: string;
  readonly further?: readonly number[];
}

/** How a case ended. */
export interface Outcome {
  /** "sensitive": numbers differ, and a change of the last bits of what goes in changes them as much. */
  readonly kind:
    | "equal"
    | "different"
    | "sensitive"
    | "NaN in Keras"
    | "refused here"
    | "refused by Keras"
    | "foreign error";
  /** Where it ended. */
  readonly stage: string;
  readonly message: string;
}

/** The numbers of each stage, by name. */
type Stages = Record<string, readonly (readonly [name: string, values: ArrayLike<number>])[]>;

const plain = (key: string) => key.toLowerCase().replace(/[^a-z0-9]/g, "");

const named = (logs: Readonly<Record<string, number | readonly number[]>>) =>
  Object.entries(logs).map(([key, value]) => [plain(key), [value].flat()] as const);

/** Copies of data with the last bit of each number changed. */
const nudged = <T extends Data>({ data, shape }: T) => ({
  data: data instanceof Float32Array ? data.map((value, at) => value * (1 + (at % 2 ? 1 : -1) * 2 ** -22)) : data,
  shape,
});

/** First weights: away from zeros and ones, so that each counts. */
async function firstWeights(model: arete.Model, nudge: boolean): Promise<void> {
  const trained = new Set(model.trainableVariables);
  const weights = await model.getWeights();
  const kept = /normalization.*\/(mean|variance|count)$|states|seed/;
  const changed = weights.map((given, at) => {
    const variable = model.variables[at] as arete.Variable;
    if (kept.test(variable.name)) return given;
    const data = Float32Array.from(given.data as ArrayLike<number>, (value, i) => {
      const shift = 0.4 * Math.sin(12.9898 * (i + 1) + at);
      return value + (trained.has(variable) ? shift : Math.abs(shift));
    });
    return nudge ? nudged({ data, shape: given.shape }) : { data, shape: given.shape };
  });
  model.setWeights(changed);
}

const values = async (outputs: readonly arete.Tensor[]) =>
  Promise.all(
    outputs.map(async (output, at) => [`output ${at} ${JSON.stringify(output.shape)}`, await output.data()] as const),
  );

const weightsOf = async (model: arete.Model) =>
  (await model.getWeights()).map(
    ({ data }, at) => [(model.variables[at] as arete.Variable).name, data as ArrayLike<number>] as const,
  );

/** The stages of a case here. @param file where the model is saved before the first stage. */
async function runHere(given: Case, backend: arete.Backend, nudge: boolean, file?: string): Promise<Stages> {
  const model = given.make();
  model.compile({ ...given.compile(), backend });
  await firstWeights(model, nudge);
  if (file) await saveModel(model, file);
  const x = (nudge ? given.x.map(nudged) : given.x) as never;
  const { batchSize, sampleWeight, classWeight, epochs } = given;
  const stages: Stages = {};
  const y = given.y as never;
  const weights = sampleWeight && { sampleWeight: sampleWeight as never };
  stages.predict = await values(await model.predictAll(x));
  stages.evaluate = named((await model.evaluate(x, y, { batchSize, ...weights })) as Record<string, number>);
  if (epochs === 0) return stages;
  const options = { ...weights, ...(classWeight && { classWeight }), shuffle: false, verbose: 0 } as const;
  const { history } = await model.fit(x, y, { ...options, batchSize, epochs });
  stages.fit = named(history as Record<string, number[]>);
  stages.after = await values(await model.predictAll(x));
  stages.weights = await weightsOf(model);
  const further = await model.fit(x, y, { ...options, batchSize: given.x[0]?.shape[0] as number, epochs: 2 });
  stages.further = [["loss", further.history.loss as number[]]];
  return stages;
}

/** The stages of Keras; its file is read here for its weights. */
async function stagesOf(answer: Answer, notes: string[]): Promise<Stages> {
  const stages: Stages = {};
  const outputs = (given: readonly Numbers[]) =>
    given.map(({ data, shape }, at) => [`output ${at} ${JSON.stringify(shape)}`, data] as const);
  if (answer.predictions) stages.predict = outputs(answer.predictions);
  if (answer.evaluation) stages.evaluate = named(answer.evaluation);
  if (answer.history) stages.fit = named(answer.history);
  if (answer.after) stages.after = outputs(answer.after);
  if (answer.back) {
    const model = await loadModel(answer.back, { onNote: (note) => notes.push(note) });
    stages.weights = (await weightsOf(model)).map(([, data], at) => [String(at), data] as const);
  }
  if (answer.further) stages.further = [["loss", answer.further]];
  return stages;
}

/** The first stage in which numbers differ by more than the tolerance, with how much that is of the scale. */
function difference(
  found: Stages,
  wanted: Stages,
  [before, after]: readonly [number, number],
  stages: readonly string[],
) {
  for (const stage of stages) {
    const [ours, theirs] = [found[stage] ?? [], wanted[stage] ?? []];
    if (ours.length !== theirs.length)
      return {
        stage,
        size: Number.POSITIVE_INFINITY,
        message: `${ours.map(([name]) => name)} for ${theirs.map(([name]) => name)}`,
      };
    const tolerance = /predict|evaluate/.test(stage) ? before : after;
    const isByName = stage === "evaluate" || stage === "fit";
    for (const [at, [name, data]] of ours.entries()) {
      const other = isByName ? theirs.find(([key]) => key === name) : theirs[at];
      if (!other || other[1].length !== data.length || (stage === "predict" && other[0] !== name))
        return { stage, size: Number.POSITIVE_INFINITY, message: `${name} in place of ${theirs.map(([key]) => key)}` };
      const size = apart(data, other[1]);
      if (!(size.size <= tolerance)) return { stage, ...size, message: `${name}: ${size.message}` };
    }
  }
  return undefined;
}

/** The largest difference of two lists, as a share of the largest number of the second. */
function apart(found: ArrayLike<number>, wanted: ArrayLike<number>) {
  const finite = Array.from(wanted).filter(Number.isFinite).map(Math.abs);
  const scale = Math.max(1e-2, ...finite);
  let size = 0;
  let message = "";
  for (let at = 0; at < wanted.length; at++) {
    const [a, b] = [found[at] as number, wanted[at] as number];
    if (Object.is(a, b) || a === b) continue;
    const share = Math.abs(a - b) / scale;
    if (!(share <= size)) {
      size = Number.isNaN(share) ? Number.POSITIVE_INFINITY : share;
      message = `${a} in place of ${b} at ${at}, ${share.toExponential(1)} of the scale`;
    }
    if (size === Number.POSITIVE_INFINITY) break;
  }
  return { size, message };
}

/** Of predictions and evaluations, and once there was training: 1 − 0.999 in float32 is wrong by 1e-5. */
const tolerances = { float64: [1e-5, 1e-4], float32: [1e-4, 1e-3] } as const;
const order = ["predict", "evaluate", "fit", "after", "weights", "further"];

/** Compares a case with Keras. @param folder for files. */
async function compareWith(given: Case, keras: Keras, folder: string): Promise<Outcome> {
  const file = join(folder, "case.keras");
  let here: Stages;
  const exact = arete.js({ precision: "float64" });
  try {
    here = await runHere(given, exact, false, file);
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof arete.AreteError) return { kind: "refused here", stage: "run", message };
    return { kind: "foreign error", stage: "run", message: (error as Error).stack ?? message };
  }
  const dtyped = ({ data, shape }: Data) => ({
    data: Array.from(data),
    shape,
    dtype: data instanceof Int32Array ? "int32" : "float32",
  });
  const answer = await keras.ask<Answer>({
    what: "model",
    file,
    x: given.x.map(dtyped),
    y: given.y.map(dtyped),
    sampleWeight: given.sampleWeight?.map(dtyped) ?? null,
    classWeight: given.classWeight ?? null,
    batchSize: given.batchSize,
    steps: given.epochs,
  });
  const notes: string[] = [];
  let wanted: Stages;
  try {
    wanted = await stagesOf(answer, notes);
  } catch (error) {
    return { kind: "refused here", stage: "read", message: (error as Error).message };
  }
  if (notes.length > 0) return { kind: "different", stage: "read", message: notes.join(" ") };
  const stages = order.filter((stage) => stage in wanted);
  const judge = async (backend: arete.Backend, bounds: readonly [number, number]): Promise<Outcome | undefined> => {
    const found = backend === exact ? here : await runHere(given, backend, false);
    const first = difference(found, wanted, bounds, stages);
    if (!first) return undefined;
    const { stage, message } = first;
    if (message.includes("in place of NaN")) return { kind: "NaN in Keras", stage, message };
    const other = await runHere(given, backend, true);
    const moved = difference(other, found, [0, 0], [stage]);
    const isSensitive = moved && Number.isFinite(moved.size) && largest(other, found, stage) * 10 > first.size;
    return { kind: isSensitive ? "sensitive" : "different", stage, message };
  };
  const exactly = await judge(exact, tolerances.float64);
  if (exactly) return exactly;
  if (answer.error) return { kind: "refused by Keras", stage: answer.stage, message: answer.error };
  const rounded = await judge(wasm, tolerances.float32);
  return rounded ? { ...rounded, stage: `${rounded.stage} (wasm)` } : { kind: "equal", stage: "", message: "" };
}

/** What Keras itself cannot do on JAX: averages of weights that are copied back. */
const ofKeras = /TracerBoolConversionError/;

/**
 * Compares a case with Keras. @param folder for files. @param judge has the last word where it can run the case.
 */
export async function compare(given: Case, keras: Keras, folder: string, judge?: Keras): Promise<Outcome> {
  const outcome = await compareWith(given, keras, folder);
  if (!judge || !/different|Keras/.test(outcome.kind)) return outcome;
  const judged = await compareWith(given, judge, folder);
  return judged.kind === "refused by Keras" && ofKeras.test(judged.message) ? outcome : judged;
}

/** The largest difference of a stage. */
function largest(a: Stages, b: Stages, stage: string): number {
  return Math.max(...(a[stage] ?? []).map(([, data], at) => apart(data, b[stage]?.[at]?.[1] ?? []).size));
}
