// Writes a model as a `.keras` file.
import { placeVariables } from "../../backends/evaluate.ts";
import type { HostArray } from "../../data/array.ts";
import { sizeOf } from "../../ir/shape.ts";
import type { Variable } from "../../tensor/variable.ts";
import type { Model } from "../../train/model.ts";
import { checkBuilt, sessionOf } from "../../train/session.ts";
import { encode } from "../binary.ts";
import { type WrittenDataset, type WrittenGroup, writeHdf5 } from "../hdf5/write.ts";
import { withRest } from "../with-rest.ts";
import { writeZip } from "../zip/write.ts";
import { compileToKeras } from "./compile-to-keras.ts";
import type { CustomObjects, Writing } from "./keras-object.ts";
import { stateEntries } from "./optimizer-state.ts";
import { layerToKeras } from "./to-keras.ts";
import { weightGroups } from "./weights.ts";

/** The version of Keras whose files these are. */
const KERAS_VERSION = "3.15.1";

/** What is written besides the model. */
export interface KerasWriteOptions {
  /** Whether compile settings and the optimizer's state are written. */
  readonly compile: boolean;
  readonly customObjects: CustomObjects | undefined;
  /** The weights of now, in the order of the model's variables, where they have been read. */
  readonly weights?: readonly HostArray[];
}

/**
 * The file, in parts. Weights and state are of one moment.
 * @throws StateError for a model that is not built or trains; ValueError on what Keras does not have.
 */
export async function writeKeras(
  model: Model,
  { compile, customObjects = {}, weights }: KerasWriteOptions,
): Promise<Uint8Array[]> {
  const session = sessionOf("saveModel", model);
  checkBuilt("saveModel", model);
  const setup = compile ? session.setup : undefined;
  await setup?.load();
  const config = await convert(
    (writing) => ({
      ...layerToKeras({ kind: model.kind, config: model.getConfig() }, writing),
      ...(setup && { compile_config: compileToKeras(setup.optimizer, setup.objective.options, writing) }),
    }),
    customObjects,
  );
  const root = newGroup();
  const variables: [children: Map<string, WrittenGroup | WrittenDataset>, key: string, Variable][] = [];
  const put = (path: string, items: Readonly<Record<string, Item>> | readonly Item[], name?: string) => {
    const { attributes, children } = groupAt(root, path);
    if (name !== undefined) attributes.set("name", name);
    for (const [key, item] of Object.entries(items))
      if ("read" in item) variables.push([children, key, item]);
      else children.set(key, item);
  };
  for (const { path, name, variables, extra } of await weightGroups(model))
    put(path, [...variables, ...new Array<Item>(extra).fill(scalar(Int32Array.of(0)))], name);
  const host = model.stage ? (await import("./host-layers.ts")).writtenVocabularies(model) : undefined;
  for (const { path, data } of host?.weights ?? []) put(path, { idf_weights: { data, shape: [data.length] } });
  if (setup) put("optimizer/vars", await stateOf(model), setup.optimizer.name);
  const metadata = {
    keras_version: KERAS_VERSION,
    // As Keras writes it: 2026-11-27@16:19:45.
    date_saved: new Date().toISOString().slice(0, 19).replace("T", "@"),
    aretejs: { seed: model.seed, ...(setup && { epochs: setup.epochs }) },
  };
  const known = weights && new Map(model.variables.map((variable, at) => [variable, weights[at]?.data as Numbers]));
  const unknown = variables.map(([, , variable]) => variable).filter((variable) => !known?.has(variable));
  await placeVariables(unknown, session.backend);
  // All in one tick.
  await Promise.all(
    variables.map(async ([children, key, variable]) => {
      const data = known?.get(variable) ?? ((await variable.read()) as Numbers);
      children.set(key, { shape: variable.shape, data });
    }),
  );
  return writeZip([
    { name: "metadata.json", parts: [encode(JSON.stringify(metadata))] },
    { name: "config.json", parts: [encode(withFloats(JSON.stringify(config)))] },
    { name: "model.weights.h5", parts: writeHdf5(root) },
    ...(host?.files ?? []).map(({ name, text }) => ({ name, parts: [encode(text)] })),
  ]);
}

type Numbers = Float32Array | Int32Array;

/** What is written at a path: a variable, whose values are read when everything has its place, or numbers. */
type Item = Variable | WrittenDataset;

const scalar = (data: Numbers): WrittenDataset => ({ data, shape: [] });

/** Converts; once again with what converts graphs and rare kinds, where that was missing. */
async function convert<T>(toKeras: (writing: Writing) => T, custom: CustomObjects): Promise<T> {
  try {
    return await withRest(
      (rest?: Writing["rest"]) => toKeras({ custom, rest }),
      () => import("./to-keras-rest.ts"),
      Object.keys(custom).length > 0,
    );
  } catch (error) {
    // The stack overflows.
    throw error instanceof RangeError ? (await import("./to-keras-rest.ts")).endless() : error;
  }
}

/** The optimizer's state. @throws StateError for one that Keras does not have. */
async function stateOf({ optimizer, trainableVariables }: Model): Promise<Item[]> {
  const entries = stateEntries(optimizer, trainableVariables);
  if (!entries) throw (await import("./to-keras-rest.ts")).unknownOptimizer(optimizer.kind);
  return [
    scalar(Int32Array.of(optimizer.rawSteps)),
    ...(optimizer.isScheduled ? [] : [scalar(Float32Array.of(optimizer.learningRate))]),
    ...entries.map((entry) => ("tensor" in entry ? entry : { data: new Float32Array(sizeOf(entry)), shape: entry })),
  ];
}

interface MutableGroup extends WrittenGroup {
  readonly children: Map<string, MutableGroup | WrittenDataset>;
  readonly attributes: Map<string, string>;
}

const newGroup = (): MutableGroup => ({ children: new Map(), attributes: new Map() });

const groupAt = (root: MutableGroup, path: string): MutableGroup =>
  path.split("/").reduce((group, part) => {
    const next = (group.children.get(part) as MutableGroup | undefined) ?? newGroup();
    group.children.set(part, next);
    return next;
  }, root);

/** Python's whole numbers are no floats: Keras refuses them for some options of optimizers and metrics. */
const withFloats = (json: string): string =>
  json.replace(
    /"((?:learning|decay)_rate|momentum|weight_decay|\w*clip\w+|rho|epsilon|beta|threshold)":(-?\d+)(?=[,}])/g,
    '"$1":$2.0',
  );
