import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import {
  exportOnnx,
  loadModel,
  loadWeights,
  modelCheckpoint,
  readSource,
  resume,
  type Source,
  saveModel,
  saveWeights,
  writeTarget,
} from "../../src/io/index.ts";
import { piecesOf } from "../../src/io/stores/internal.ts";
import { dense } from "../../src/nn/layers/index.ts";
import { mul } from "../../src/tensor/ops/index.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Model } from "../../src/train/model.ts";
import { sequential } from "../../src/train/sequential.ts";

const directory = mkdtempSync(join(tmpdir(), "aretejs-mistakes-"));
afterAll(() => rmSync(directory, { recursive: true }));
const at = (name: string) => join(directory, name);

const x = [
  [1, 2],
  [3, 4],
];
const y = [1, 0];
function network(activation: "relu" | ((x: Tensor) => Tensor) = "relu"): Model {
  const model = sequential([dense(3, { inputShape: [2], activation }), dense(1)], { seed: 1 });
  model.compile({ optimizer: "adam", loss: "mse", backend: js() });
  return model;
}
const wrong = (value: unknown) => value as never;

describe("what is no model, and what is no place, is named by the function that was called", () => {
  const functions = {
    saveModel: (model: unknown) => saveModel(wrong(model), at("no.keras")),
    saveWeights: (model: unknown) => saveWeights(wrong(model), at("no.safetensors")),
    loadWeights: (model: unknown) => loadWeights(wrong(model), at("no.safetensors")),
    exportOnnx: (model: unknown) => exportOnnx(wrong(model)),
    resume: (model: unknown) => resume(wrong(model), at("no.safetensors")),
  };
  it.each(Object.entries(functions))("%s", async (name, call) => {
    for (const received of [null, undefined, "file.keras", {}])
      await expect(call(received)).rejects.toThrow(`${name}: the first argument is a model.`);
  });

  it("places", async () => {
    const model = network();
    for (const received of [undefined, null, 5]) {
      await expect(saveModel(model, wrong(received))).rejects.toThrow("saveModel: this is no place for files.");
      await expect(saveWeights(model, wrong(received))).rejects.toThrow("saveWeights: this is no place for files.");
      await expect(loadWeights(model, wrong(received))).rejects.toThrow("loadWeights: this is no place for files.");
      await expect(loadModel(wrong(received))).rejects.toThrow("loadModel: this is no place for files.");
    }
    const unbuilt = sequential([dense(1)]);
    await expect(saveWeights(unbuilt, at("no.safetensors"))).rejects.toThrow("saveWeights needs the weights");
  });
});

describe("places that nobody knows", () => {
  it("are no paths, and those that there are are named", async () => {
    for (const target of ["s3://bucket/model.keras", "indexdb://model.keras"]) {
      await expect(saveModel(network(), target)).rejects.toThrow(
        `${target}: a URL cannot be written to. Expected a path, indexeddb://…, opfs://… or download://…, received`,
      );
    }
    expect(existsSync("s3:")).toBe(false);
    await expect(loadModel("indexdb://model.keras")).rejects.toThrow(/the file cannot be read.*unknown scheme/);
  });
});

describe("files of another format than their names say", () => {
  it("are not written", async () => {
    const model = network();
    for (const name of ["m.h5", "m.HDF5", "m.onnx", "m.safetensors", "m.weights.h5", "model.json"])
      await expect(saveModel(model, at(name))).rejects.toThrow("saveModel: the name says another format. Expected");
    for (const name of ["m.h5", "m.keras", "m.bin"])
      await expect(saveWeights(model, at(name))).rejects.toThrow(
        'saveWeights: the name says another format. Expected a name that ends in ".safetensors", received',
      );
    await expect(saveModel(model, { store: { read: () => null, write: () => {} }, name: "m.h5" })).rejects.toThrow(
      "another format",
    );
    expect(readdirSync(directory)).toEqual([]);
    await saveModel(model, at("release 1.2"));
    expect((await loadModel(at("release 1.2"))).name).toBe(model.name);
  });

  it("are named where they are read", async () => {
    const model = network();
    await saveModel(model, at("a.keras"));
    await saveWeights(model, at("a.safetensors"));
    await expect(loadModel(at("a.safetensors"))).rejects.toThrow(/received weights in safetensors.*loadWeights/);
    await expect(loadWeights(model, new Uint8Array())).rejects.toThrow("received an empty file");
    const load = (text: string) => loadModel(new TextEncoder().encode(text));
    await expect(load("")).rejects.toThrow("received an empty file");
    await expect(load('{"format":"layers-model"}')).rejects.toThrow(
      /A model.json of TensorFlow.js is read by loadTfjs/,
    );
    await expect(load("<!doctype html>")).rejects.toThrow('received a file that begins with "<!doctype html>".');
  });

  it("a promise is to be awaited", async () => {
    const file = Promise.resolve(new Uint8Array());
    await expect(loadModel(wrong(file))).rejects.toThrow(/loadModel: this is no place.*received a Promise. Await it/);
  });
});

describe("options", () => {
  it("metadata that no reader would take is not written", async () => {
    const save = (metadata: object) => saveWeights(network(), at("m.safetensors"), { metadata: wrong(metadata) });
    await expect(save({ epoch: 1 })).rejects.toThrow("saveWeights: metadata.epoch must be text.");
    await expect(save(JSON.parse('{"__proto__": "a"}'))).rejects.toThrow("__proto__");
    await save({ format: "pt", epoch: "1" });
    expect((await loadWeights(network(), at("m.safetensors"))).set).toHaveLength(4);
  });

  it("maxBytes must be a count; progress is told for weights, too", async () => {
    await expect(readSource(x as unknown as Source, { maxBytes: -1 })).rejects.toThrow("maxBytes must be");
    const told: number[][] = [];
    const onProgress = (done: number, total?: number) => told.push([done, total ?? 0]);
    await saveWeights(network(), at("p.safetensors"), { onProgress });
    await loadWeights(network(), at("p.safetensors"), { onProgress });
    const [last] = told.slice(-1);
    expect(told).toEqual([last, last]);
    await expect(loadWeights(network(), at("p.safetensors"), { maxBytes: 10 })).rejects.toThrow("too large");
  });

  it("a map names arrays that the file has", async () => {
    await saveWeights(network(), at("n.safetensors"));
    await expect(
      loadWeights(network(), at("n.safetensors"), { map: { "dense/kernl": "dense/kernel" } }),
    ).rejects.toThrow('Did you mean "dense/kernel"');
    const map = wrong(new Map([["dense/kernel", "dense/kernel"]]));
    await expect(loadWeights(network(), at("n.safetensors"), { map })).rejects.toThrow(
      /loadWeights: map is a function of a name, or a record of names.*Object.fromEntries/,
    );
  });
});

describe("small parts of a file", () => {
  it("are written together, in their order, and large ones as they are", async () => {
    const parts = Array.from({ length: 1000 }, (_, i) => Uint8Array.of(i, i >> 8));
    const large = new Uint8Array(5 << 20).fill(7);
    const pieces = [...piecesOf([...parts, large, ...parts])].map((piece) => piece.slice());
    expect(pieces.length).toBeLessThan(6);
    expect(Buffer.concat(pieces).equals(Buffer.concat([...parts, large, ...parts]))).toBe(true);
    await writeTarget(at("parts"), [...parts, large, ...parts]);
    expect(Buffer.from(await readSource(at("parts"))).equals(Buffer.concat([...parts, large, ...parts]))).toBe(true);
  });
});

describe("modelCheckpoint", () => {
  it("refuses what it would not do", () => {
    const refused = (options: object, text: string) => expect(() => modelCheckpoint(wrong(options))).toThrow(text);
    refused({ target: at("{loss:.2e}.keras") }, "{loss:.2e}");
    refused({ target: `${at("{epoch")}.keras` }, "{epoch");
    refused({ target: at("a.keras"), save: () => {} }, 'received "save"');
    refused({ target: at("a.keras"), saveWeightsOnly: true }, "Expected one of target, ");
    refused({ target: at("a.safetensors"), customObjects: {} }, "customObjects");
    refused({ target: new WritableStream() }, "a stream takes one file");
  });

  it("writes models with pieces of the user's own", async () => {
    const twice = (v: Tensor) => mul(v, 2);
    const customObjects = { twice };
    const model = network(twice);
    const callbacks = modelCheckpoint({ target: at("own-{epoch}.keras"), customObjects });
    await model.fit(x, y, { verbose: 0, callbacks });
    expect((await loadModel(at("own-1.keras"), { customObjects })).layers).toHaveLength(2);
  });

  it("resume needs the name of one file", async () => {
    const target = at("run-{epoch:02d}.safetensors");
    await expect(resume(network(), target, {})).rejects.toThrow("a run goes on from one file");
  });
});
