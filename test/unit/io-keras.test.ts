import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type Hdf5Group, openWeights } from "../../src/io/hdf5/open.ts";
import { loadModel, saveModel } from "../../src/io/index.ts";
import { compileFromKeras } from "../../src/io/keras/compile-from-keras.ts";
import { layerFromKeras } from "../../src/io/keras/from-keras.ts";
import * as readingRest from "../../src/io/keras/from-keras-rest.ts";
import { hostFactories } from "../../src/io/keras/host-layers.ts";
import { layerToKeras } from "../../src/io/keras/to-keras.ts";
import * as rest from "../../src/io/keras/to-keras-rest.ts";
import { openZip } from "../../src/io/zip/read.ts";
import { input } from "../../src/nn/input.ts";
import { type CallContext, Layer, type LayerOptions } from "../../src/nn/layer.ts";
import { stringLookup } from "../../src/nn/layers/host/index.ts";
import {
  addLayer,
  batchNormalization,
  bidirectional,
  dense,
  dropout,
  inputLayer,
  lambda,
  lstm,
  lstmCell,
  rescaling,
  timeDistributed,
  upSampling1d,
} from "../../src/nn/layers/index.ts";
import { categoricalCrossentropy, cosineSimilarity, huber, logCosh } from "../../src/nn/losses.ts";
import { auc, fBetaScore } from "../../src/nn/metrics.ts";
import { layerFactories } from "../../src/nn/registry.ts";
import { adam } from "../../src/optim/adam.ts";
import type { Optimizer } from "../../src/optim/optimizer.ts";
import { optimizerNames, optimizerOf } from "../../src/optim/optimizers.ts";
import * as schedules from "../../src/optim/schedules.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { mul, tanh } from "../../src/tensor/ops/elementwise.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Model } from "../../src/train/model.ts";
import { model, sequential } from "../../src/train/sequential.ts";
import { layerExamples } from "./layer-examples.ts";

/** A place that keeps one file. */
function memory() {
  let file = new Uint8Array();
  const write = (bytes: Uint8Array<ArrayBuffer>) => {
    file = bytes;
  };
  return { read: () => file, write };
}

async function throughFile(saved: Model, options: Parameters<typeof loadModel>[1] = {}): Promise<Model> {
  const file = memory();
  await saveModel(saved, file, options.customObjects ? { customObjects: options.customObjects } : {});
  return loadModel(file, options);
}

const x = { data: Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)), shape: [8, 4] };
const y = { data: Float32Array.from({ length: 16 }, (_, i) => Math.cos(i)), shape: [8, 2] };
const train = async (trained: Model) =>
  (await trained.fit(x, y, { epochs: 3, batchSize: 4, verbose: 0 })).history.loss as number[];

describe("layers as Keras's configurations", () => {
  const reading = { custom: {}, seed: 1, factories: layerFactories, rest: readingRest, note: () => {} };

  const writing = { custom: {}, rest };

  it("writes options that Keras takes in fewer forms", () => {
    const written = (layer: Layer) =>
      layerToKeras({ kind: layer.kind, config: layer.getConfig() }, writing).config as Record<string, unknown>;
    expect(written(upSampling1d([3])).size).toBe(3);
    const { layer, backward_layer: back } = written(bidirectional(lstm(2, { goBackwards: true }))) as Record<
      string,
      { config: { go_backwards: boolean } }
    >;
    expect([layer?.config.go_backwards, back?.config.go_backwards]).toEqual([true, false]);
    // Keras trains what is within a frozen layer unless it says no itself.
    const body = sequential([timeDistributed(dense(2), { inputShape: [3, 2] })], { trainable: false });
    const frozenIn = (layer: Layer) => JSON.stringify(written(layer)).match(/"trainable":false/g)?.length;
    expect(frozenIn(timeDistributed(dense(2), { trainable: false }))).toBe(2);
    expect(frozenIn(body)).toBe(3);
    expect(frozenIn(timeDistributed(dense(2)))).toBeUndefined();
  });

  it("are refused with an activityRegularizer that Keras's layer does not take, or gives to something else", () => {
    const factories: typeof layerFactories = { ...layerFactories, ...hostFactories };
    const regularized = (kind: string, options: object) =>
      factories[kind]?.({ ...options, activityRegularizer: "l2" }).getConfig() as Record<string, unknown>;
    for (const [kind, options] of [
      ["spatialDropout1d", { rate: 0.5 }],
      ["spatialDropout2d", { rate: 0.5 }],
      ["spatialDropout3d", { rate: 0.5 }],
      ["discretization", { binBoundaries: [0] }],
      ["simpleRnn", { units: 2 }],
      ["simpleRnnCell", { units: 2 }],
      ["gruCell", { units: 2 }],
      ["lstmCell", { units: 2 }],
      ["stringLookup", {}],
      ["integerLookup", {}],
      ["multiHeadAttention", { numHeads: 2, keyDim: 3 }],
      ["groupQueryAttention", { headDim: 2, numQueryHeads: 2, numKeyValueHeads: 1 }],
    ] as const)
      expect(() => layerToKeras({ kind, config: regularized(kind, options) }, writing)).toThrow(
        `${kind}: Keras's layer has no penalty on its output. Expected no activityRegularizer, received the string "l2". ` +
          "Put activityRegularization({ l2: … }) behind the layer.",
      );
  });

  it("are refused with a penalty within timeDistributed, which Keras leaves out", () => {
    const within = timeDistributed(sequential([dense(2, { activityRegularizer: "l2", inputShape: [3] })]));
    expect(() => layerToKeras({ kind: within.kind, config: within.getConfig() }, writing)).toThrow(
      /timeDistributed: Keras leaves out penalties on outputs within this layer\. Expected .*, received the string "l2"/,
    );
  });

  it("are refused with a penalty that Keras gives to what is within a layer", () => {
    for (const [kind, options] of [
      ["MultiHeadAttention", { num_heads: 2, key_dim: 3 }],
      ["GroupQueryAttention", { head_dim: 2, num_query_heads: 2, num_key_value_heads: 1 }],
    ] as const) {
      const penalty = { module: "keras.regularizers", class_name: "L2", config: { l2: 0.01 } };
      const config = { ...options, activity_regularizer: penalty };
      expect(() => layerFromKeras({ class_name: kind, config }, reading)).toThrow(
        "loadModel: an activity_regularizer of projections is not supported. Expected a file without it",
      );
      expect(layerFromKeras({ class_name: kind, config: options }, reading).kind.toLowerCase()).toBe(
        kind.toLowerCase(),
      );
    }
  });

  it("have the defaults that Keras does not read without", () => {
    const written = (layer: Layer) =>
      layerToKeras({ kind: layer.kind, config: layer.getConfig() }, writing).config as Record<string, unknown>;
    const constant = { class_name: "Constant", config: { value: 0 } };
    expect(written(dense(2, { kernelInitializer: "constant" }))).toMatchObject({ kernel_initializer: constant });
    expect(written(rescaling(0.5))).toMatchObject({ scale: 0.5, offset: 0 });
  });

  it.each(layerExamples.map((layer) => [layer.kind, layer] as const))("%s comes back with its options", (_, layer) => {
    const keras = layerToKeras({ kind: layer.kind, config: layer.getConfig() }, writing);
    // Keras refuses a second InputLayer, and so a model that begins with the layer of that name.
    if (layer.kind === "inputLayer") return expect(keras.class_name).toBe("Identity");
    const back = layerFromKeras(JSON.parse(JSON.stringify(keras)), reading);
    expect(back.constructor).toBe(layer.constructor);
    expect(layerToKeras({ kind: back.kind, config: back.getConfig() }, writing)).toEqual(keras);
  });
});

it("a model that begins with an inputLayer has one input in Keras", async () => {
  const file = memory();
  const saved = sequential([inputLayer([4]), dense(2)]);
  await saveModel(saved, file);
  const classes = (await configIn(file)).config.layers.map(({ class_name: name }: { class_name: string }) => name);
  expect(classes).toEqual(["InputLayer", "Identity", "Dense"]);
  expect(await (await (await loadModel(file)).predict(x)).array()).toEqual(await (await saved.predict(x)).array());
});

/** The configuration in a file that was saved. */
async function configIn(file: ReturnType<typeof memory>) {
  return JSON.parse(new TextDecoder().decode(await openZip(file.read(), "test").get("config.json")?.read()));
}

describe("inputs of saved models", () => {
  interface Part {
    config: { name: string; layers?: Part[] };
  }
  /** The names of layers, those of each model in a list. */
  const namesIn = (part: Part): string[][] => {
    const { layers } = part.config;
    return layers ? [layers.map(({ config }) => config.name), ...layers.flatMap(namesIn)] : [];
  };
  const begun = (name: string) => sequential([inputLayer([4], { name: "input" }), dense(4)], { name });
  const [a, b] = [input([4], { name: "a" }), input([4], { name: "input_a" })];
  const sum = addLayer().apply([dense(4, { name: "a" }).apply(a), b]);

  // Keras refuses two layers of one name in a model, and an input is one.
  it.each([
    ["a layer is called as the input", sequential([dense(2, { name: "input", inputShape: [4] })])],
    ["the first layer is", begun("one")],
    ["several models have such a layer", sequential([begun("first"), begun("second"), begun("input")])],
    ["the next name is another input's", model({ inputs: [a, b], outputs: dense(2).apply(sum) })],
  ])("have names of their own where %s", async (_, saved) => {
    const file = memory();
    await saveModel(saved, file);
    for (const names of namesIn(await configIn(file))) expect(names).toEqual([...new Set(names)]);
    const again = await loadModel(file);
    const data = saved.inputs.map((_, at) => ({ data: x.data.map((value) => value + at), shape: x.shape }));
    expect(await (await again.predict(data)).array()).toEqual(await (await saved.predict(data)).array());
  });
});

it("a graph of one input and one output has no lists of them, so that Keras gives an array in predicting", async () => {
  const file = memory();
  const start = input([4], { name: "a" });
  const [first, second] = [dense(2, { name: "b" }), dense(3, { name: "c" })].map((layer) => layer.apply(start));
  await saveModel(model({ inputs: start, outputs: first as never }), file);
  expect((await configIn(file)).config).toMatchObject({ input_layers: ["a", 0, 0], output_layers: ["b", 0, 0] });
  await saveModel(model({ inputs: start, outputs: [first, second] as never }), file);
  expect((await configIn(file)).config.output_layers).toEqual([
    ["b", 0, 0],
    ["c", 0, 0],
  ]);
});

describe("files of Keras", () => {
  const folder = new URL("../interop/keras/samples/", import.meta.url);

  it.each([
    "masked.keras",
    "encoder_decoder.keras",
    "several_outputs.keras",
    "optimizer_adam.h5.gz",
    "optimizer_sgd_momentum.h5.gz",
  ])("%s predicts and trains on as in Keras", async (file) => {
    const name = file.split(".")[0];
    const expected = JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8"));
    const array = (given: { data: number[]; shape: number[]; dtype: string }) => ({
      data: given.dtype === "int32" ? Int32Array.from(given.data) : Float32Array.from(given.data),
      shape: given.shape,
    });
    const arrays = (given: never) => [given].flat().map(array);
    const bytes = readFileSync(new URL(file, folder));
    const loaded = await loadModel(file.endsWith(".gz") ? gunzipSync(bytes) : bytes, {
      onNote: (note) => expect.fail(note),
    });
    const [inputs, labels] = [arrays(expected.x as never), arrays(expected.y as never)];
    const found = await loaded.predictAll(inputs);
    for (const [index, output] of found.entries())
      expect(
        [...(await output.data())]
          .map((v, i) => Math.abs(v - expected.predictions[index].data[i]))
          .every((d) => d < 1e-5),
      ).toBe(true);
    const options = { batchSize: inputs[0]?.shape[0] as number, epochs: 3, shuffle: false, verbose: 0 } as const;
    const { loss } = (await loaded.fit(inputs, labels, options)).history as { loss: number[] };
    loss.forEach((value, index) => {
      expect(value).toBeCloseTo(expected.losses[index], 4);
    });
  });
});

describe("a model that is saved and loaded", () => {
  it("keeps the first token of a vocabulary, also one that begins like a byte order mark", async () => {
    const lookup = stringLookup({ numOovIndices: 0, outputMode: "oneHot" });
    lookup.setVocabulary(["\ufeffa", "b"]);
    const text = input([1], { dtype: "string" });
    const again = await throughFile(model({ inputs: text, outputs: lookup.apply(text) }));
    expect((again.layers.at(-1) as typeof lookup).getVocabulary()).toEqual(["\ufeffa", "b"]);
  });

  it("goes on as the one that was saved, to the bit: weights, optimizer, order, dropout", async () => {
    const net = sequential(
      [dense(6, { activation: "tanh", inputShape: [4] }), batchNormalization(), dropout(0.3), dense(2)],
      {
        seed: 7,
      },
    );
    net.compile({
      optimizer: adam(schedules.cosineDecay({ initialLearningRate: 0.01, decaySteps: 20 })),
      loss: huber({ delta: 0.5 }),
    });
    await train(net);
    const again = await throughFile(net);
    expect(again.seed).toBe(7);
    expect(await train(again)).toEqual(await train(net));
  });

  it.each(Object.keys(optimizerNames.known))("keeps the state of %s", async (name) => {
    const net = sequential([dense(3, { inputShape: [4] }), dense(2)], { seed: 7 });
    net.compile({ optimizer: await optimizerOf(name as "adam"), loss: "meanSquaredError" });
    await train(net);
    expect(await train(await throughFile(net))).toEqual(await train(net));
  });

  it("writes options of optimizers and metrics as floats, which Python tells from whole numbers", async () => {
    const net = sequential([dense(2, { inputShape: [4] })]);
    net.compile({
      optimizer: sgd({ learningRate: 1, momentum: 0, weightDecay: 0, clipNorm: 1 }),
      loss: "meanSquaredError",
      metrics: [fBetaScore({ beta: 2, threshold: 1 })],
    });
    const file = memory();
    await saveModel(net, file);
    const text = new TextDecoder().decode(file.read());
    for (const option of ["learning_rate", "momentum", "weight_decay", "clipnorm", "threshold"])
      expect(text).toMatch(new RegExp(`"${option}":[01]\\.0[,}]`));
    expect(text).toMatch(/"beta":2\.0[,}]/);
  });

  it("refuses options of optimizers that Keras lacks, and leaves them out where they change nothing", async () => {
    const compiled = (optimizer: Optimizer) => {
      const net = sequential([dense(2, { inputShape: [4] })]);
      net.compile({ optimizer, loss: "meanSquaredError" });
      return net;
    };
    for (const [option, optimizer] of [
      ["lazy", adam({ lazy: true })],
      ["excludeFromWeightDecay", sgd({ weightDecay: 0.1, excludeFromWeightDecay: ["bias"] })],
      ["a schedule of the momentum", sgd({ momentum: () => 0.9 })],
    ] as const) {
      const file = memory();
      await expect(saveModel(compiled(optimizer), file)).rejects.toThrow(
        `Keras's files have no place for this option. Expected an optimizer without it, received ${option}.`,
      );
      expect(file.read().length).toBe(0);
    }
    for (const optimizer of [adam({ lazy: false }), sgd({ excludeFromWeightDecay: [] })]) {
      const file = memory();
      await saveModel(compiled(optimizer), file);
      expect(new TextDecoder().decode(file.read())).not.toMatch(/lazy|exclude_from_weight_decay/);
    }
  });

  it("keeps losses and metrics with their options", async () => {
    const net = sequential([dense(2, { inputShape: [4], activation: "sigmoid" })]);
    net.compile({
      loss: huber({ delta: 0.3 }),
      metrics: ["meanAbsoluteError", auc({ numThresholds: 5, name: "area" })],
    });
    const again = await throughFile(net);
    const [before, after] = [await net.evaluate(x, y), await again.evaluate(x, y)];
    expect(after).toEqual(before);
    expect(Object.keys(after)).toEqual(["loss", "meanAbsoluteError", "area"]);
  });

  it("writes losses that are given as metrics as what Keras has for them, and reads Keras's", async () => {
    const net = sequential([dense(2, { inputShape: [4], activation: "sigmoid" })]);
    const metrics = ["kld", "dice", logCosh(), cosineSimilarity({ axis: 1, reduction: "sum" }), huber({ delta: 0.3 })];
    const common = { reduction: "sum" as const, name: "entropy" };
    net.compile({ loss: "mse", metrics: [...metrics, categoricalCrossentropy(common)] as never });
    const file = memory();
    await saveModel(net, file);
    const written = (await configIn(file)).compile_config.metrics;
    const means = written.map((one: { class_name: string; config: { fn?: { config: string } } }) => {
      return typeof one === "string" ? one : (one.config.fn?.config ?? one.class_name);
    });
    const cosine = "cosine_similarity";
    expect(means).toEqual(["kl_divergence", "dice", "log_cosh", cosine, "huber", "CategoricalCrossentropy"]);
    expect(written.at(-1).config).toEqual({ name: "entropy" });
    expect(written.at(-2).config).toMatchObject({ name: "huber", delta: 0.3 });
    const again = await loadModel(file);
    expect(Object.values(await again.evaluate(x, y))).toEqual(Object.values(await net.evaluate(x, y)));
    // Keras's loss is no metric of the same name: its sign is the other.
    const wrapped = { module: "keras.losses", class_name: "CosineSimilarity", config: {}, registered_name: null };
    const settings = { optimizer: "sgd", loss: "mse", metrics: [wrapped] };
    const { metrics: read } = await compileFromKeras(settings, { custom: {}, seed: 1, note: () => {} });
    expect((read as unknown as [{ call?: unknown }])[0].call).toBeTypeOf("function");
  });

  it("keeps cells that are layers, with their outputs", async () => {
    const inputs = [input([4]), input([3]), input([3])] as const;
    const [h, c] = lstmCell(3).applyAll(inputs);
    const net = model({ inputs, outputs: [dense(2).apply(c as never), h as never] });
    const data = inputs.map(({ shape }) => ({
      data: x.data.subarray(0, 2 * (shape[1] as number)),
      shape: [2, shape[1] as number],
    }));
    const values = async (of: Model) =>
      Promise.all((await of.predictAll(data)).map(async (output) => [...(await output.data())]));
    const file = memory();
    await saveModel(net, file);
    const { config } = (await configIn(file)).config.layers.find((layer: { name: string }) => layer.name === "dense")
      .inbound_nodes[0].args[0];
    expect(config.keras_history).toEqual(["lstmCell", 0, 2]);
    expect(await values(await loadModel(file))).toEqual(await values(net));
  });

  it("keeps graphs: shared layers, nested models, states, frozen layers", async () => {
    const [a, b] = [input([5, 3], { name: "a" }), input([4], { name: "b" })];
    const body = sequential([dense(3, { inputShape: [4] }), dense(3)], { name: "body" });
    const [, h, c] = lstm(3, { returnState: true }).applyAll(a);
    const [, h2] = lstm(3, { returnState: true }).applyAll([a, h as never, c as never]);
    const shared = dense(3, { trainable: false });
    const ends = addLayer().apply([shared.apply(h2 as never), shared.apply(body.apply(b)), body.apply(b)]);
    const net = model({ inputs: [a, b], outputs: [dense(2).apply(ends), ends] });
    const again = await throughFile(net);
    const data = { a: { data: new Float32Array(120).fill(0.3), shape: [8, 5, 3] }, b: x };
    const values = async (of: Model) =>
      Promise.all((await of.predictAll(data)).map(async (output) => [...(await output.data())]));
    expect(await values(again)).toEqual(await values(net));
    expect(again.trainableVariables.length).toBe(net.trainableVariables.length);
  });
});

describe("what a file does not hold", () => {
  class Scale extends Layer {
    constructor(options: object = {}) {
      super("scale", options, {});
    }
    override call(inputs: Tensor | readonly Tensor[]): Tensor {
      return mul(inputs as Tensor, 2);
    }
  }
  const twice = (t: Tensor) => mul(tanh(t), 2);
  const net = () => sequential([dense(2, { inputShape: [4], activation: twice }), new Scale()]);

  it("is named when it is saved and loaded", async () => {
    const saved = net();
    const again = await throughFile(saved, { customObjects: { twice, Scale } });
    expect(await (await again.predict(x)).array()).toEqual(await (await saved.predict(x)).array());
  });

  it("may be a schedule", async () => {
    const rate = (step: number) => 0.1 / (1 + step);
    const scheduled = sequential([dense(2, { inputShape: [4] })]);
    scheduled.compile({ optimizer: adam({ learningRate: rate }), loss: "mse" });
    const file = memory();
    await saveModel(scheduled, file, { customObjects: { rate } });
    await expect(loadModel(file)).rejects.toThrow(/Keras's schedule rate is not supported.*customObjects: \{ rate \}/);
    const again = await loadModel(file, { customObjects: { rate } });
    expect(await train(again)).toEqual(await train(scheduled));
  });

  it("is refused where an option holds itself", async () => {
    class Own extends Layer<LayerOptions & { data: object }> {
      constructor(options: LayerOptions & { data: object }) {
        super("Own", options, { data: "object!" });
      }
      override call(inputs: Tensor | readonly Tensor[]): Tensor {
        return inputs as Tensor;
      }
    }
    const data: Record<string, unknown> = {};
    data.data = data;
    const file = memory();
    await expect(
      saveModel(sequential([new Own({ data, inputShape: [4] })]), file, { customObjects: { Own } }),
    ).rejects.toThrow(
      "saveModel: an option holds itself, or is nested too deep. Expected plain data, received endless levels of it.",
    );
    expect(file.read().length).toBe(0);
  });

  it("is refused by name where it has none", async () => {
    const file = memory();
    await expect(saveModel(net(), file)).rejects.toThrow(/activation is a function of your own.*customObjects/);
    expect(file.read().length).toBe(0);
    await saveModel(net(), file, { customObjects: { twice } });
    await expect(loadModel(file)).rejects.toThrow(/activation "twice"|Keras's layer Scale/);
    const wrong = async (Scale: unknown) => loadModel(file, { customObjects: { twice, Scale } });
    await expect(wrong(5)).rejects.toThrow(
      "loadModel: customObjects.Scale is made of options. Expected a class, or a function of options, received 5.",
    );
    await expect(wrong(class {})).rejects.toThrow(/customObjects.Scale makes a layer/);
    await expect(wrong(() => 5)).rejects.toThrow(/customObjects.Scale makes a layer.*received 5/);
    await expect(saveModel(sequential([lambda((t) => t as Tensor, { inputShape: [4] })]), file)).rejects.toThrow(
      /lambda: Keras has nothing/,
    );
    await expect(saveModel(sequential([dense(1)]), file)).rejects.toThrow(/is built/);
  });
});

describe("classes of a user's own", () => {
  class Own extends Layer {
    constructor(kind: string, options: object = {}) {
      super(kind, options, {});
    }
    override build(): void {
      this.addVariable("gain", [2], { initializer: "ones" });
    }
    override call(inputs: Tensor | readonly Tensor[], ctx: CallContext): Tensor {
      return mul(inputs as Tensor, ctx.value(this.weight("gain")));
    }
  }

  // Keras names the group of the weights after the class: to_snake_case(class.__name__).
  it.each([
    ["CustomScaleLayer", "CustomScaleLayer", "custom_scale_layer"],
    ["customScaleLayer", "CustomScaleLayer", "custom_scale_layer"],
    ["AddLayer", "AddLayer", "add_layer"],
    ["MyLstm", "MyLstm", "my_lstm"],
    // The rules for our kinds hold for whole words.
    ["myRelu", "MyRelu", "my_relu"],
    ["gruBlock", "GruBlock", "gru_block"],
    ["rmsNorm", "RmsNorm", "rms_norm"],
    ["condRnn", "CondRnn", "cond_rnn"],
    ["simpleRnnBlock", "SimpleRnnBlock", "simple_rnn_block"],
    ["selfAttention", "SelfAttention", "self_attention"],
    ["selfIou", "SelfIou", "self_iou"],
    ["Lstm", "Lstm", "lstm"],
    ["Head2d", "Head2d", "head2d"],
    ["LayerScale", "LayerScale", "layer_scale"],
  ])("%s is written as it is registered", async (kind, name, group) => {
    const file = memory();
    const saved = sequential([dense(2, { inputShape: [4] }), new Own(kind)]);
    saved.layers[1]?.variables[0]?.assign(Float32Array.of(2, 3));
    const customObjects = { [name]: (options: object) => new Own(kind, options) };
    await saveModel(saved, file, { customObjects });
    const archive = openZip(file.read(), "test");
    const config = JSON.parse(new TextDecoder().decode(await archive.get("config.json")?.read()));
    expect(config.class_name).toBe("Sequential");
    expect(config.config.layers.at(-1)).toMatchObject({ class_name: name, registered_name: name });
    const weights = await openWeights((await archive.get("model.weights.h5")?.read()) as Uint8Array, "weights");
    expect([...(weights.children.get("layers") as Hdf5Group).children.keys()].sort()).toEqual(["dense", group].sort());
    const again = await loadModel(file, { customObjects });
    expect(await (await again.predict(x)).array()).toEqual(await (await saved.predict(x)).array());
  });
});
