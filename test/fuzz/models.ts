// Files of whole models, changed in all their parts, and loaded.
import {
  adam,
  batchNormalization,
  bidirectional,
  concatenate,
  conv2d,
  dense,
  dropout,
  embedding,
  flatten,
  globalAveragePooling2d,
  input,
  lstm,
  maxPooling2d,
  model,
  sequential,
  tensor,
} from "../../src/index.ts";
import { join } from "../../src/io/binary.ts";
import { loadModel, saveModel } from "../../src/io/index.ts";
import { openZip } from "../../src/io/zip/read.ts";
import { writeZip } from "../../src/io/zip/write.ts";
import { foreignFiles } from "../unit/io-support.ts";
import type { Format } from "./formats.ts";
import { mutate } from "./mutate.ts";
import { mutateJson } from "./mutate-json.ts";

/** Loads a model without a word. */
async function load(bytes: Uint8Array): Promise<void> {
  const loaded = await loadModel(bytes, { onNote: () => {} });
  loaded.dispose();
}

/** Models of several kinds of layers, trained for a step, as they are written here. */
async function savedModels(): Promise<Uint8Array[]> {
  const image = input([6, 6, 1]);
  const features = batchNormalization().apply(conv2d(2, 3, { kernelRegularizer: "l2" }).apply(image));
  const flat = flatten().apply(maxPooling2d(2).apply(image));
  const joined = concatenate().apply([globalAveragePooling2d().apply(features), flat]);
  const outputs = dense(2, { activation: "softmax" }).apply(dropout(0.1).apply(joined));
  const functional = model({ inputs: image, outputs });
  functional.compile({ optimizer: adam(0.1), loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
  await functional.fit(tensor(new Float32Array(72), [2, 6, 6, 1]), new Int32Array(2), { verbose: 0 });
  const recurrent = sequential([
    embedding(9, 3, { maskZero: true, inputShape: [3] }),
    bidirectional(lstm(2)),
    dense(1),
  ]);
  recurrent.compile({ optimizer: "rmsprop", loss: "mse" });
  await recurrent.fit(tensor(new Int32Array(6), [2, 3]), tensor([[1], [0]]), { verbose: 0 });
  const saved: Uint8Array[] = [];
  for (const made of [functional, recurrent]) {
    await saveModel(made, { read: () => null, write: (bytes) => saved.push(bytes) });
    made.dispose();
  }
  return saved;
}

/** Changes one file of an archive. */
async function changerOf(
  archives: readonly Uint8Array[],
  name: string,
  change: (bytes: Uint8Array, random: () => number) => Uint8Array,
) {
  const unpacked = new Map<Uint8Array, [string, Uint8Array][]>();
  for (const archive of archives) {
    const entries: [string, Uint8Array][] = [];
    for (const [key, entry] of openZip(archive)) entries.push([key, await entry.read()]);
    unpacked.set(archive, entries);
  }
  return (archive: Uint8Array, random: () => number): Uint8Array => {
    const entries = unpacked.get(archive) ?? [];
    return join(
      writeZip(entries.map(([key, bytes]) => ({ name: key, parts: [key === name ? change(bytes, random) : bytes] }))),
    );
  };
}

/** Formats of whole models. */
export async function modelFormats(): Promise<readonly Format[]> {
  const { files } = await foreignFiles();
  const archives = [files.get("keras.keras") as Uint8Array, ...(await savedModels())];
  const changeJson = (bytes: Uint8Array, random: () => number) =>
    new TextEncoder().encode(mutateJson(new TextDecoder().decode(bytes), random));
  const changeBytes = (bytes: Uint8Array, random: () => number) => mutate(bytes, bytes, random);
  return [
    { name: "config", files: archives, read: load, mutate: await changerOf(archives, "config.json", changeJson) },
    { name: "metadata", files: archives, read: load, mutate: await changerOf(archives, "metadata.json", changeJson) },
    {
      name: "weights",
      files: archives,
      read: load,
      mutate: await changerOf(archives, "model.weights.h5", changeBytes),
    },
    { name: "legacy", files: [files.get("keras-legacy.h5") as Uint8Array], read: load },
  ];
}
