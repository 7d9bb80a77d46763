// Reads whole models in HDF5 files of Keras 2 and of Keras 3's `model.save("x.h5")`.

import { isPlainRecord } from "../../data/tree.ts";
import type { Network } from "../../nn/network.ts";
import type { Variable } from "../../tensor/variable.ts";
import type { Model } from "../../train/model.ts";
import { fileError } from "../file-error.ts";
import { findHdf5, type Hdf5Dataset, type Hdf5Group } from "../hdf5/open.ts";
import { openHdf5 } from "../hdf5/read.ts";
import { parseJson } from "../json.ts";
import { assignAll, type Pair, readPairs, restoreState } from "./assign.ts";
import { compileFromKeras } from "./compile-from-keras.ts";

import { partOf, type Reading } from "./keras-part.ts";
import { modelFromKeras } from "./model-from-keras.ts";

/**
 * Reads a model with its weights, compiles it as it was, and gives the optimizer its state. That of Keras 2 is not
 * read: its order is another.
 * @throws FileError on damaged files, on files without a model, and on what is not known here, by name.
 */
export async function readLegacy(bytes: Uint8Array, compile: boolean, reading: Reading): Promise<Model> {
  const file = openHdf5(bytes, "loadModel");
  const text = file.attributes.get("model_config");
  if (typeof text !== "string")
    throw fileError("loadModel", {
      rule: "an HDF5 file must hold a model",
      expected: "the attribute model_config",
      received: "a file of weights alone",
      advice: "Build the model and read the weights by loadWeights.",
    });
  const model = await modelFromKeras(partOf("the model", parseJson("model_config", text)), reading);
  const weights = await readPairs(legacyPairs(model, file));
  const training = file.attributes.get("training_config");
  const settings = compile && typeof training === "string" ? parseJson("training_config", training) : undefined;
  const options = isPlainRecord(settings) ? await compileFromKeras(settingsOf(settings), reading) : undefined;
  assignAll(weights);
  model.initialize(model.seed);
  if (!options) return model;
  model.compile(options);
  const state = findHdf5(file, "optimizer_weights");
  if (state?.kind !== "group") return model;
  const names = textsOf(state, "weight_names");
  const { optimizer, trainableVariables } = model;
  // Keras 2 has no learning rate there, and the slots in another order.
  const isOfKeras3 = /(^|\/)iteration$/.test(names[0] ?? "");
  if (!isOfKeras3) reading.note("the optimizer's state of Keras 2 is not read: training begins with a fresh one");
  else if (trainableVariables.length > 0)
    await restoreState(optimizer, trainableVariables, datasetsIn(state, names), reading.note);
  return model;
}

/** Keras 2 has the optimizer under another name, and metrics in lists per output. */
function settingsOf({
  optimizer_config: optimizer,
  sample_weight_mode: _,
  ...rest
}: Readonly<Record<string, unknown>>) {
  const { metrics } = rest;
  const isPerOutput = Array.isArray(metrics) && metrics.length === 1 && Array.isArray(metrics[0]);
  return { ...rest, optimizer: rest.optimizer ?? withoutOld(optimizer), ...(isPerOutput && { metrics: metrics[0] }) };
}

/** An optimizer of Keras 2, whose options of that time Keras 3 does not take. */
function withoutOld(optimizer: unknown): unknown {
  if (!isPlainRecord(optimizer) || !isPlainRecord(optimizer.config)) return optimizer;
  const { lr, decay: _, jit_compile: __, is_legacy_optimizer: ___, ...config } = optimizer.config;
  return {
    ...optimizer,
    config: { ...config, ...(config.learning_rate === undefined && lr !== undefined && { learning_rate: lr }) },
  };
}

/**
 * Weights by layers and their order: the layers that have weights follow each other as in the model; each layer's are
 * those that are trained, then the others.
 * @param file of a whole model, or of weights alone.
 * @throws FileError where layers or weights are not as many.
 */
export function legacyPairs(network: Network, file: Hdf5Group): Pair[] {
  const found = findHdf5(file, "model_weights");
  const root = found?.kind === "group" ? found : file;
  const groups = textsOf(root, "layer_names")
    .map((name) => ({ name, datasets: datasetsOf(root, name) }))
    .filter(({ datasets }) => datasets.length > 0);
  const layers = network.layers.filter(({ variables }) => variables.length > 0);
  checkCount("layers with weights", network.label, layers.length, groups.length);
  return layers.flatMap((layer, index) => {
    const { name, datasets } = groups[index] as (typeof groups)[number];
    const variables = inLegacyOrder(layer.variables);
    const isNormalization = layer.kind === "normalization" && datasets.length === 3;
    checkCount(`weights of "${name}"`, layer.label, variables.length + (isNormalization ? 1 : 0), datasets.length);
    return variables.map((variable, at): Pair => [variable, datasets[at] as Hdf5Dataset]);
  });
}

const inLegacyOrder = (variables: readonly Variable[]): Variable[] => [
  ...variables.filter(({ trainable }) => trainable),
  ...variables.filter(({ trainable }) => !trainable),
];

function checkCount(what: string, owner: string, expected: number, received: number): void {
  if (expected === received) return;
  throw fileError("loadModel", {
    rule: `the file must have the ${what} of the model`,
    expected: `${expected} (${owner})`,
    received,
    advice: "Its layers are others.",
  });
}

/** A list of names; long ones are in several attributes. */
function textsOf(group: Hdf5Group, name: string): string[] {
  const whole = group.attributes.get(name);
  if (whole !== undefined) return Array.isArray(whole) ? whole.map(String) : typeof whole === "string" ? [whole] : [];
  const parts: string[] = [];
  for (let at = 0; ; at++) {
    const part = group.attributes.get(`${name}${at}`);
    if (!Array.isArray(part)) return parts;
    for (const text of part) parts.push(String(text));
  }
}

function datasetsOf(root: Hdf5Group, layer: string): Hdf5Dataset[] {
  const group = findHdf5(root, layer);
  if (group?.kind !== "group")
    throw fileError("loadModel", { rule: "a layer must be in the file", expected: layer, received: "none" });
  return datasetsIn(group, textsOf(group, "weight_names"));
}

/** The arrays of these names. */
function datasetsIn(group: Hdf5Group, names: readonly string[]): Hdf5Dataset[] {
  return names.map((name) => {
    const dataset = findHdf5(group, name);
    if (dataset?.kind === "dataset") return dataset;
    throw fileError("loadModel", {
      rule: "a weight must be in the file",
      expected: `${group.path}/${name}`,
      received: "none",
    });
  });
}
