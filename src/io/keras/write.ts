// Writes a model as a `.keras` file.
import { placeVariables } from "../../backends/evaluate.ts";
import type { HostArray } from "../../data/array.ts";
import { stateError, valueError } from "../../errors.ts";
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
  /** Plain data of ours, for `metadata.json`, which Keras does not read. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The file, in parts. Weights and state are of one moment.
 * @throws StateError for a model that is not built or trains; ValueError on what Keras does not have.
 */
export async function writeKeras(
  model: Model,
  { compile, customObjects = {}, weights, extra }: KerasWriteOptions,
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
  const read = weights && new Map(model.variables.map((variable, at) => [variable, weights[at]?.data as Numbers]));
  const datasets = new Datasets(read);
  for (const { path, name, variables, extra: more } of await weightGroups(model)) {
    variables.forEach((variable, at) => {
      datasets.add(`${path}/${at}`, variable);
    });
    for (let at = 0; at < more; at++) datasets.add(`${path}/${variables.length + at}`, Int32Array.of(0), []);
    datasets.attributes.set(path, name);
  }
  const host = model.stage ? (await import("./host-layers.ts")).writtenVocabularies(model) : undefined;
  for (const { path, data } of host?.weights ?? []) datasets.add(path, data, [data.length]);
  if (setup) addState(datasets, model);
  const metadata = {
    keras_version: KERAS_VERSION,
    date_saved: dateText(new Date()),
    aretejs: { seed: model.seed, ...(setup && { epochs: setup.epochs }), ...extra },
  };
  const root = await datasets.read(session.backend);
  return writeZip([
    { name: "metadata.json", parts: [encode(JSON.stringify(metadata))] },
    { name: "config.json", parts: [encode(withFloats(JSON.stringify(config)))] },
    { name: "model.weights.h5", parts: writeHdf5(root) },
    ...(host?.files ?? []).map(({ name, text }) => ({ name, parts: [encode(text)] })),
  ]);
}

/** Converts; once again with what converts graphs and rare kinds, where that was missing. */
async function convert<T>(toKeras: (writing: Writing) => T, custom: CustomObjects): Promise<T> {
  try {
    return await withRest(
      (rest?: Writing["rest"]) => toKeras({ custom, rest }),
      () => import("./to-keras-rest.ts"),
    );
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // The stack overflows.
    throw valueError("saveModel", {
      rule: "an option holds itself, or is nested too deep",
      expected: "plain data",
      received: "endless levels of it",
    });
  }
}

/** The optimizer's state. @throws StateError for one that Keras does not have. */
function addState(datasets: Datasets, { optimizer, trainableVariables }: Model): void {
  const entries = stateEntries(optimizer, trainableVariables);
  if (!entries)
    throw stateError(optimizer.kind, {
      rule: "Keras has no such optimizer",
      expected: "one of Keras's",
      received: optimizer.kind,
      advice: "Save with { compile: false }.",
    });
  const path = "optimizer/vars";
  datasets.attributes.set(path, optimizer.name);
  datasets.add(`${path}/0`, Int32Array.of(optimizer.rawSteps), []);
  let at = 1;
  if (!optimizer.isScheduled) datasets.add(`${path}/${at++}`, Float32Array.of(optimizer.learningRate), []);
  for (const entry of entries) {
    if ("tensor" in entry) datasets.add(`${path}/${at++}`, entry);
    else datasets.add(`${path}/${at++}`, new Float32Array(sizeOf(entry)), entry);
  }
}

type Numbers = Float32Array | Int32Array;

/** Arrays to be written, by their paths. */
class Datasets {
  readonly attributes = new Map<string, string>();
  private readonly arrays = new Map<string, { readonly data: Variable | Numbers; readonly shape: readonly number[] }>();

  /** @param known values of variables that have been read. */
  constructor(private readonly known: ReadonlyMap<Variable, Numbers> | undefined) {}

  add(path: string, data: Variable | Numbers, shape = "shape" in data ? data.shape : []): void {
    this.arrays.set(path, { data: ("read" in data && this.known?.get(data)) || data, shape });
  }

  /** Reads the variables, all in one tick, and gives the tree of groups. */
  async read(backend: Parameters<typeof placeVariables>[1]): Promise<WrittenGroup> {
    const all = [...this.arrays.values()].flatMap(({ data }) => ("read" in data ? [data] : []));
    await placeVariables(all, backend);
    const values = await Promise.all(
      [...this.arrays].map(async ([path, { data, shape }]) => {
        const numbers = "read" in data ? await data.read() : data;
        return [path, { shape, data: numbers as Numbers }] as const;
      }),
    );
    const root = newGroup();
    for (const [path, name] of this.attributes) groupAt(root, path.split("/")).attributes.set("name", name);
    for (const [path, dataset] of values) {
      const parts = path.split("/");
      groupAt(root, parts.slice(0, -1)).children.set(parts.at(-1) as string, dataset);
    }
    return root;
  }
}

interface MutableGroup extends WrittenGroup {
  readonly children: Map<string, MutableGroup | WrittenDataset>;
  readonly attributes: Map<string, string>;
}

const newGroup = (): MutableGroup => ({ children: new Map(), attributes: new Map() });

function groupAt(root: MutableGroup, parts: readonly string[]): MutableGroup {
  let group = root;
  for (const part of parts) {
    const next = (group.children.get(part) as MutableGroup | undefined) ?? newGroup();
    group.children.set(part, next);
    group = next;
  }
  return group;
}

/** Python's whole numbers are no floats: Keras refuses them for some options of optimizers and metrics. */
const withFloats = (json: string): string =>
  json.replace(
    /"((?:learning|decay)_rate|momentum|weight_decay|\w*clip\w+|rho|epsilon|beta|threshold)":(-?\d+)(?=[,}])/g,
    '"$1":$2.0',
  );

/** As Keras writes it: 2026-11-27@16:19:45. */
const dateText = (date: Date): string => date.toISOString().slice(0, 19).replace("T", "@");
