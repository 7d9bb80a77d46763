// Files of weights, checkpoints of runs, models of TensorFlow.js and configurations in `.h5` files, changed and read.
import {
  batchNormalization,
  dense,
  dropout,
  earlyStopping,
  type FitOptions,
  getOptimizerState,
  sequential,
  tensor,
} from "../../src/index.ts";
import { join } from "../../src/io/binary.ts";
import type { Hdf5Dataset, Hdf5Group } from "../../src/io/hdf5/open.ts";
import { openHdf5 } from "../../src/io/hdf5/read.ts";
import {
  loadModel,
  loadTfjsModel,
  loadWeights,
  modelCheckpoint,
  resume,
  saveModel,
  saveWeights,
} from "../../src/io/index.ts";
import { openSafetensors } from "../../src/io/safetensors/read.ts";
import { writeSafetensors } from "../../src/io/safetensors/write.ts";
import { openZip } from "../../src/io/zip/read.ts";
import type { Model } from "../../src/train/model.ts";
import { type WrittenAttribute, type WrittenDataset, type WrittenGroup, writeHdf5 } from "../hdf5-writer.ts";
import { foreignFiles } from "../unit/io-support.ts";
import type { Format } from "./formats.ts";
import { mutate } from "./mutate.ts";
import { mutateJson } from "./mutate-json.ts";

const onNote = () => {};

/** A store that keeps the last file. */
function memory() {
  let file = new Uint8Array();
  const write = (bytes: Uint8Array<ArrayBuffer>) => {
    file = bytes;
  };
  return { target: { read: () => file, write }, file: () => file };
}

const x = tensor(
  Float32Array.from({ length: 8 }, (_, i) => Math.sin(i)),
  [4, 2],
);
const y = tensor([[1], [0], [1], [0]]);

/** A small model that has been compiled. */
function network(): Model {
  const model = sequential([dense(3, { inputShape: [2] }), batchNormalization(), dropout(0.1), dense(1)], { seed: 1 });
  model.compile({ optimizer: "adam", loss: "mse", metrics: ["mae"] });
  return model;
}

/** All weights and the state of the optimizer. */
const stateOf = async (model: Model): Promise<string> =>
  JSON.stringify([(await model.getWeights()).map(({ data }) => [...data]), await getOptimizerState(model)]);

/**
 * Sets something of a model. @throws what `set` throws; a plain error where that was refused and the model is not as it
 * was.
 */
async function allOrNothing(model: Model, set: () => Promise<unknown>): Promise<void> {
  const before = await stateOf(model);
  try {
    await set();
  } catch (error) {
    if ((await stateOf(model)) === before) throw error;
    throw new Error(`the model is not as it was after: ${(error as Error).message}`);
  }
}

/** Reads weights into one model again and again: what is refused must leave it as it is. */
async function weightFormats(): Promise<Format[]> {
  const model = network();
  const [tensors, archive] = [memory(), memory()];
  await saveWeights(model, tensors.target);
  await saveModel(model, archive.target);
  const hdf5 = await openZip(archive.file()).get("model.weights.h5")?.read();
  const read = (bytes: Uint8Array) => allOrNothing(model, () => loadWeights(model, bytes));
  return [{ name: "loadWeights", files: [tensors.file(), hdf5 as Uint8Array, archive.file()], read }];
}

/** Checkpoints between epochs and within one. After each that is taken, training goes on; the others change nothing. */
async function checkpointFormat(): Promise<Format> {
  const files: Uint8Array[] = [];
  const made = (saveFreq: "epoch" | number) => {
    const store = memory();
    const last = modelCheckpoint({ target: store.target, saveFreq });
    return { store, callbacks: [earlyStopping({ monitor: "loss" }), last] };
  };
  for (const saveFreq of ["epoch", 1] as const) {
    const { store, callbacks } = made(saveFreq);
    await network().fit(x, y, { epochs: 2, batchSize: 2, verbose: 0, callbacks });
    files.push(store.file());
  }
  const model = network();
  return {
    name: "checkpoint",
    files,
    read: async (bytes) => {
      const { callbacks } = made("epoch");
      const options = { epochs: 3, batchSize: 2, verbose: 0, callbacks } as const;
      let resumed: FitOptions = options;
      await allOrNothing(model, async () => {
        resumed = await resume(model, bytes, options);
      });
      await model.fit(x, y, resumed);
    },
    mutate: (bytes, random) => {
      if (random() < 0.3) return mutate(bytes, bytes, random);
      const { tensors, metadata } = openSafetensors(bytes);
      const run = mutateJson(metadata.get("run") ?? "", random);
      const arrays = [...tensors].map(([name, { shape, read }]) => [name, { shape, data: read() }] as const);
      return join(writeSafetensors(new Map(arrays), new Map([...metadata, ["run", run]])));
    },
  };
}

/** A model.json with a quantized weight. */
async function tfjsFormat(): Promise<Format> {
  const layers = [
    {
      class_name: "Conv2D",
      config: { name: "c", filters: 2, kernel_size: [3, 3], batch_input_shape: [null, 5, 5, 1] },
    },
    { class_name: "BatchNormalization", config: { name: "b", axis: [3] } },
    { class_name: "Flatten", config: { name: "f" } },
    { class_name: "Dense", config: { name: "d", units: 2, activation: "softmax" } },
  ];
  const quantization = { dtype: "uint8", scale: 0.1, min: -1 };
  const weights = [
    { name: "c/kernel", shape: [3, 3, 1, 2], dtype: "float32", quantization },
    { name: "c/bias", shape: [2], dtype: "float32" },
    ...["gamma", "beta", "moving_mean", "moving_variance"].map((name) => ({
      name: `b/${name}`,
      shape: [2],
      dtype: "float32",
    })),
    { name: "d/kernel", shape: [18, 2], dtype: "float32" },
    { name: "d/bias", shape: [2], dtype: "float32" },
  ];
  const size = 18 + 4 * (2 + 8 + 36 + 2);
  const file = {
    format: "layers-model",
    modelTopology: { keras_version: "2.0", model_config: { class_name: "Sequential", config: { name: "s", layers } } },
    weightsManifest: [{ paths: ["shard.bin"], weights }],
  };
  return {
    name: "tfjs",
    files: [new TextEncoder().encode(JSON.stringify(file))],
    read: async (bytes) => {
      const model = await loadTfjsModel(bytes, { shards: [new Uint8Array(size)], onNote });
      await model.dispose();
    },
    mutate: (bytes, random) => new TextEncoder().encode(mutateJson(new TextDecoder().decode(bytes), random)),
  };
}

/** A tree of HDF5 as it can be written again. */
async function writtenOf(node: Hdf5Group | Hdf5Dataset): Promise<WrittenGroup | WrittenDataset> {
  const attributes = new Map<string, WrittenAttribute>();
  for (const [name, value] of node.attributes) if (typeof value !== "bigint") attributes.set(name, value);
  if (node.kind === "dataset") return { shape: node.shape, data: await node.read(), attributes };
  const children = new Map<string, WrittenGroup | WrittenDataset>();
  for (const [name, child] of node.children) children.set(name, await writtenOf(child));
  return { children, attributes };
}

/** The texts of JSON in a `.h5` file of a whole model, and its lists of names. */
async function legacyFormat(): Promise<Format> {
  const { files } = await foreignFiles();
  const file = files.get("keras-legacy.h5") as Uint8Array;
  const root = (await writtenOf(openHdf5(file))) as WrittenGroup;
  return {
    name: "h5 settings",
    files: [file],
    read: async (bytes) => {
      const model = await loadModel(bytes, { onNote });
      await model.dispose();
    },
    mutate: (_, random) => {
      const key = random() < 0.7 ? "model_config" : "training_config";
      const attributes = new Map(root.attributes);
      attributes.set(key, mutateJson(String(attributes.get(key)), random));
      return join(writeHdf5({ ...root, attributes }));
    },
  };
}

/** Formats of weights, runs and models of others. */
export const stateFormats = async (): Promise<readonly Format[]> => [
  ...(await weightFormats()),
  await checkpointFormat(),
  await tfjsFormat(),
  await legacyFormat(),
];
