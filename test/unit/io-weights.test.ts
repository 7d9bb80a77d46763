import { describe, expect, it, vi } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { join } from "../../src/io/binary.ts";
import {
  FileError,
  loadModel,
  loadTfjsModel,
  loadWeights,
  modelCheckpoint,
  resume,
  saveModel,
  saveWeights,
} from "../../src/io/index.ts";
import { openZip } from "../../src/io/zip/read.ts";
import { writeZip } from "../../src/io/zip/write.ts";
import { dense } from "../../src/nn/layers/index.ts";
import { adam } from "../../src/optim/adam.ts";
import type { Model } from "../../src/train/model.ts";
import { sequential } from "../../src/train/sequential.ts";
import { weightsOf } from "./train-support.ts";

const backend = js();

/** A store of one file. */
function memory() {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    files,
    read: (name: string) => files.get(name),
    write: (bytes: Uint8Array<ArrayBuffer>, name: string) => {
      files.set(name, bytes);
    },
  };
}

const network = (units = 3, seed = 1): Model =>
  sequential([dense(units, { name: "hidden", inputShape: [2] }), dense(1, { name: "head" })], { seed });

describe("weights in safetensors files", () => {
  it("come back to the same bits", async () => {
    const store = memory();
    const [model, other] = [network(), network(3, 2)];
    await saveWeights(model, store, { metadata: { made: "here" } });
    const report = await loadWeights(other, store);
    expect(report.set).toEqual(["hidden/kernel", "hidden/bias", "head/kernel", "head/bias"]);
    expect(await weightsOf(other)).toEqual(await weightsOf(model));
  });

  it("are reported where they are missing, unexpected or of another shape, and set where that is wanted", async () => {
    const store = memory();
    await saveWeights(network(), store);
    const other = sequential([
      dense(3, { name: "hidden", inputShape: [2] }),
      dense(4, { name: "head" }),
      dense(1, { name: "new" }),
    ]);
    const before = await weightsOf(other);
    await expect(loadWeights(other, store)).rejects.toThrow(
      "loadWeights: the arrays must be the weights of the model. Expected equal names and shapes, received without new/kernel, new/bias; of another shape head/kernel [3, 1] rather than [3, 4], head/bias [1] rather than [4]. Pass map to rename them, or strict: false to set what fits.",
    );
    expect(await weightsOf(other)).toEqual(before);
    const report = await loadWeights(other, store, { strict: false });
    expect(report.set).toEqual(["hidden/kernel", "hidden/bias"]);
    expect(report.missing).toEqual(["new/kernel", "new/bias"]);
    expect(report.wrongShape).toEqual([
      { name: "head/kernel", expected: [3, 4], received: [3, 1] },
      { name: "head/bias", expected: [4], received: [1] },
    ]);
  });

  it("are renamed and left out by map", async () => {
    const store = memory();
    await saveWeights(network(), store);
    const other = sequential([dense(3, { name: "first", inputShape: [2] })]);
    const map = (name: string) => (name.startsWith("head") ? undefined : name.replace("hidden", "first"));
    expect((await loadWeights(other, store, { map })).set).toEqual(["first/kernel", "first/bias"]);
    const named = { "hidden/kernel": "first/kernel", "hidden/bias": "first/bias" };
    expect((await loadWeights(other, store, { map: named, strict: false })).unexpected).toEqual([
      "head/bias",
      "head/kernel",
    ]);
    await expect(loadWeights(other, store, { map: () => "first/kernel" })).rejects.toThrow(
      'each weight comes from one array. Expected one array for "first/kernel"',
    );
    await expect(loadWeights(other, store, { strict: false })).rejects.toThrow("some array must be a weight");
  });

  it("are read from .keras files and from the HDF5 file in them, too", async () => {
    const store = memory();
    const [model, other, third] = [network(), network(3, 2), network(3, 3)];
    await saveModel(model, store);
    expect((await loadWeights(third, store)).set).toHaveLength(4);
    expect(await weightsOf(third)).toEqual(await weightsOf(model));
    const empty = join(writeZip([{ name: "config.json", parts: [] }]));
    await expect(loadWeights(third, empty)).rejects.toThrow("loadWeights: a .keras file must hold its weights.");
    const file = openZip(store.files.get("model") as Uint8Array, "test").get("model.weights.h5");
    const bytes = (await file?.read()) as Uint8Array;
    expect((await loadWeights(other, bytes)).set).toHaveLength(4);
    expect(await weightsOf(other)).toEqual(await weightsOf(model));
    await expect(loadWeights(other, bytes, { strict: false })).rejects.toThrow("by their order");
    await expect(loadWeights(network(5), bytes)).rejects.toThrow(FileError);
    const fewer = sequential([dense(3, { inputShape: [2] })]);
    await expect(loadWeights(fewer, bytes)).rejects.toThrow(
      "loadWeights: the arrays must be the weights of the model. Expected layers of the model: layers/dense/vars, received layers/dense_1.",
    );
    const unbiased = sequential([dense(3, { inputShape: [2], useBias: false }), dense(1)]);
    await expect(loadWeights(unbiased, bytes)).rejects.toThrow(
      'Expected 1 of "dense", received 2 arrays in layers/dense/vars.',
    );
  });
});

describe("weights that are read while a model trains", () => {
  const [x, y] = [[[1, 2]], [[3]]];

  it("are set when it has ended, and in a callback at once", async () => {
    const store = memory();
    const saved = network(3, 2);
    await saveWeights(saved, store);
    const trained = network();
    trained.compile({ optimizer: adam(), loss: "mse", backend });
    const training = trained.fit(x, y, { epochs: 3, verbose: 0 });
    await loadWeights(trained, store);
    expect(await weightsOf(trained)).toEqual(await weightsOf(saved));
    await training;
    expect(await weightsOf(trained)).toEqual(await weightsOf(saved));

    let within: number[] = [];
    const callbacks = {
      async onEpochEnd() {
        await loadWeights(trained, store);
        within = await weightsOf(trained);
      },
    };
    await trained.fit(x, y, { epochs: 1, verbose: 0, callbacks });
    expect(within).toEqual(await weightsOf(saved));
  });
});

describe("model files as checkpoints", () => {
  it("hold the model, and no run", async () => {
    const store = memory();
    const model = network();
    model.compile({ optimizer: adam(), loss: "mse", backend });
    const target = { store, name: "run-{epoch}.keras" };
    await model.fit(
      [
        [1, 2],
        [3, 4],
      ],
      [[1], [2]],
      { epochs: 2, verbose: 0, callbacks: modelCheckpoint({ target }) },
    );
    expect([...store.files.keys()]).toEqual(["run-1.keras", "run-2.keras"]);
    const loaded = await loadModel({ store, name: "run-2.keras" });
    expect(await weightsOf(loaded)).toEqual(await weightsOf(model));
    await expect(resume(model, { store, name: "run-1.keras" })).rejects.toThrow("a run goes on from a checkpoint");
  });
});

describe("TensorFlow.js layers models", () => {
  const weights = (dtype?: string) => [
    {
      name: "dense_1/kernel",
      shape: [2, 2],
      dtype: "float32",
      ...(dtype && { quantization: { dtype, scale: 0.5, min: -1 } }),
    },
    { name: "dense_1/bias", shape: [2], dtype: "float32" },
  ];
  const config = { name: "dense_1", units: 2, activation: "relu", use_bias: true, batch_input_shape: [null, 2] };
  const model = (dtype?: string, manifest: unknown = [{ paths: ["a.bin", "b.bin"], weights: weights(dtype) }]) => ({
    format: "layers-model",
    modelTopology: {
      keras_version: "2.1.6",
      model_config: { class_name: "Sequential", config: { name: "s", layers: [{ class_name: "Dense", config }] } },
    },
    weightsManifest: manifest,
  });
  /** Kernel bytes, then the bias [8, −8], cut into two shards. */
  const shards = (kernel: Uint8Array) => {
    const bytes = new Uint8Array([...kernel, ...new Uint8Array(Float32Array.of(8, -8).buffer)]);
    return [bytes.slice(0, 5), bytes.slice(5)];
  };
  const bytesOf = (array: Float32Array | Uint16Array) => new Uint8Array(array.buffer);
  const kernels: [string, string | undefined, Uint8Array][] = [
    ["as they are", undefined, bytesOf(Float32Array.of(-1, 1.5, 2, 0.5))],
    ["of 8 bits", "uint8", Uint8Array.of(0, 5, 6, 3)],
    ["of 16 bits", "uint16", bytesOf(Uint16Array.of(0, 5, 6, 3))],
    ["of half precision", "float16", bytesOf(Uint16Array.of(0xbc00, 0x3e00, 0x4000, 0x3800))],
  ];

  it.each(kernels)("are read with weights %s", async (_, dtype, kernel) => {
    const loaded = await loadTfjsModel(model(dtype), { shards: shards(kernel) });
    expect(await weightsOf(loaded)).toEqual([-1, 1.5, 2, 0.5, 8, -8]);
    expect(await (await loaded.predict([[1, 1]])).array()).toEqual([[9, 0]]);
  });

  it("tell the progress of all shards, and keep a limit for each", async () => {
    const given = shards(bytesOf(Float32Array.of(1, 2, 3, 4)));
    const told: (number | undefined)[][] = [];
    await loadTfjsModel(model(), { shards: given, onProgress: (...counts) => told.push(counts) });
    expect(told.at(-1)).toEqual([24, 24]);
    await expect(loadTfjsModel(model(), { shards: given, maxBytes: 10 })).rejects.toThrow("at most 10 bytes");
  });

  it("are read from a store, with the shards beside model.json", async () => {
    const store = memory();
    const [first, second] = shards(bytesOf(Float32Array.of(1, 2, 3, 4)));
    store.files.set("net/model.json", new TextEncoder().encode(JSON.stringify(model())));
    store.files.set("net/a.bin", first as Uint8Array<ArrayBuffer>);
    store.files.set("net/b.bin", second as Uint8Array<ArrayBuffer>);
    expect(await weightsOf(await loadTfjsModel({ store, name: "net/model.json" }))).toEqual([1, 2, 3, 4, 8, -8]);
  });

  it("are read from a URL with a query, which their shards have, too", async () => {
    const [first, second] = shards(bytesOf(Float32Array.of(1, 2, 3, 4)));
    const files: Record<string, BodyInit> = {
      "https://x.org/net/model.json?key=a/b": JSON.stringify(model()),
      "https://x.org/net/a.bin?key=a/b": first as Uint8Array<ArrayBuffer>,
      "https://x.org/net/b.bin?key=a/b": second as Uint8Array<ArrayBuffer>,
    };
    vi.stubGlobal("fetch", async (url: string) => new Response(files[url], { status: url in files ? 200 : 404 }));
    try {
      const source = "https://x.org/net/model.json?key=a/b";
      for (const given of [source, new URL(source)])
        expect(await weightsOf(await loadTfjsModel(given))).toEqual([1, 2, 3, 4, 8, -8]);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  const good = shards(bytesOf(Float32Array.of(1, 2, 3, 4)));
  const manifestOf = (...list: object[]) => [{ paths: ["a", "b"], weights: list }];
  const [kernel, bias] = weights() as [object, object];
  const refused: [string, unknown, Uint8Array[] | undefined, string][] = [
    ["too few bytes", model(), [new Uint8Array(3), new Uint8Array(4)], "the shards must hold dense_1/kernel"],
    ["too many bytes", model(), [...good.slice(0, 1), new Uint8Array(99)], "the shards must hold the weights alone"],
    ["no manifest", model(undefined, { paths: [] }), good, "weightsManifest must say"],
    [
      "a shape that is none",
      model(undefined, manifestOf({ ...kernel, shape: [-2, 2] }, bias)),
      good,
      "must have a name, a shape",
    ],
    [
      "a huge shape",
      model(undefined, manifestOf({ ...kernel, shape: [2 ** 40, 2 ** 40] }, bias)),
      good,
      "the shards must hold dense_1/kernel",
    ],
    ["text", model(undefined, manifestOf({ ...kernel, dtype: "string" }, bias)), good, "the element type string"],
    [
      "another quantization",
      model(undefined, manifestOf({ ...kernel, quantization: { dtype: "int4" } }, bias)),
      good,
      "quantized in a known way",
    ],
    [
      "weights of no layer",
      model(undefined, manifestOf({ ...kernel, name: "x/kernel" }, bias)),
      good,
      'the weights of dense "dense_1". Expected 2, received 1',
    ],
    ["graph models", { ...model(), format: "graph-model" }, good, "a graph model is not supported"],
    ["too few shards", model(), good.slice(1), "each path needs a shard. Expected 2, received 1"],
    ["no shards", model(), undefined, "where the shards are does not follow"],
    [
      "paths that leave",
      model(undefined, [{ paths: ["../a"], weights: [] }]),
      undefined,
      "a shard must lie beside model.json",
    ],
  ];
  it.each(refused)("are refused with %s", async (_, json, given, message) => {
    const options = given ? { shards: given } : {};
    await expect(loadTfjsModel(json as ReturnType<typeof model>, options)).rejects.toThrow(message);
  });

  it("are refused where they hold themselves, or what no file can", async () => {
    const cyclic = { class_name: "Sequential", config: { layers: [] as unknown[] } };
    cyclic.config.layers.push(cyclic);
    let deep: unknown = 1;
    for (let i = 0; i < 50_000; i++) deep = { deep };
    for (const [topology, message] of [
      [
        cyclic,
        "the contents of model.json must be plain data. Expected what JSON can say, received other objects, or ones that",
      ],
      [deep, /must be plain data|nested too deeply/],
      [{ class_name: "Sequential", config: { layers: [5n] } }, "must be plain data"],
    ] as const)
      await expect(loadTfjsModel({ ...model(), modelTopology: topology }, { shards: good })).rejects.toThrow(
        expect.objectContaining({ name: "FileError", message: expect.stringMatching(message) }),
      );
  });

  it("may have weights of layers that were cut off, where strict is false", async () => {
    const notes: string[] = [];
    const manifest = [
      { paths: ["a", "b"], weights: [...weights(), { name: "top/bias", shape: [1], dtype: "float32" }] },
    ];
    const longer = [good[0] as Uint8Array, new Uint8Array([...(good[1] as Uint8Array), 0, 0, 0, 0])];
    await loadTfjsModel(model(undefined, manifest), {
      shards: longer,
      strict: false,
      onNote: (note) => notes.push(note),
    });
    expect(notes).toEqual(["loadTfjsModel: 1 arrays belong to no layer: top/bias."]);
    await expect(loadTfjsModel(model(undefined, manifest), { shards: longer })).rejects.toThrow("top/bias");
  });
});
