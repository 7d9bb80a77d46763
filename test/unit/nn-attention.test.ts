import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { input } from "../../src/nn/input.ts";
import type { Layer } from "../../src/nn/layer.ts";
import * as layers from "../../src/nn/layers/index.ts";
import { Recording } from "../../src/nn/recording.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import { broadcastTo, ones, reshape } from "../../src/tensor/ops/shaping.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Variable } from "../../src/tensor/variable.ts";
import { sequential } from "../../src/train/index.ts";

const wave = (shape: readonly number[], phase: number) =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(phase + 12.9898 * i)),
    shape,
  );
const contextOf = (layer: Layer) => new Recording(layer, { training: false, key: tensor(randomKey(1)) });

describe("attention layers", () => {
  it("take query and value, a key besides, or one tensor for all", () => {
    const [query, value, key] = [input([3, 4]), input([5, 6]), input([5, 4])];
    expect(layers.attention().apply([query, value, key]).shape).toEqual([null, 3, 6]);
    expect(layers.additiveAttention().apply(query).shape).toEqual([null, 3, 4]);
    expect(layers.multiHeadAttention(2, 3).apply([query, value]).shape).toEqual([null, 3, 4]);
    expect(layers.multiHeadAttention(2, 3, { outputShape: [7, 2] }).apply(query).shape).toEqual([null, 3, 7, 2]);
    const both = layers.multiHeadAttention(2, 3, { returnAttentionScores: true }).applyAll([query, value, key]);
    expect(both.map(({ shape }) => shape)).toEqual([
      [null, 3, 4],
      [null, 2, 3, 5],
    ]);
  });

  it("start as the matrices that their kernels are: fans are those of all heads together, as in Keras", async () => {
    const layer = layers.multiHeadAttention(4, 25);
    layer.ensureBuilt([null, 3, 100]);
    layer.initialize(1);
    expect(layer.variables.map(({ name, shape }) => [name.split("/").slice(1).join("/"), shape])).toEqual([
      ["query/kernel", [100, 4, 25]],
      ["query/bias", [4, 25]],
      ["key/kernel", [100, 4, 25]],
      ["key/bias", [4, 25]],
      ["value/kernel", [100, 4, 25]],
      ["value/bias", [4, 25]],
      ["attentionOutput/kernel", [4, 25, 100]],
      ["attentionOutput/bias", [100]],
    ]);
    const limit = Math.sqrt(6 / 200);
    const values = await (layer.variables[0] as Variable).read();
    expect(Math.max(...values)).toBeGreaterThan(0.99 * limit);
    expect(Math.max(...values)).toBeLessThanOrEqual(limit);
  });

  it("broadcast masks of pairs over batch, heads and steps", async () => {
    const layer = layers.multiHeadAttention(2, 3);
    layer.ensureBuilt([null, 3, 4]);
    layer.initialize(1);
    const [query, value] = [wave([2, 3, 4], 1), wave([2, 5, 4], 2)];
    const run = async (mask: Tensor) =>
      (await evaluate([layer.call([query, value, value, mask], contextOf(layer)) as Tensor], js()))[0];
    const pairs = tensor([
      [1, 0, 1, 0, 1],
      [0, 0, 1, 1, 0],
      [1, 1, 1, 1, 0],
    ]);
    const full = await run(broadcastTo(pairs, [2, 2, 3, 5]));
    for (const shape of [
      [3, 5],
      [1, 3, 5],
      [2, 3, 5],
      [1, 1, 3, 5],
      [2, 1, 3, 5],
      [1, 2, 3, 5],
    ])
      expect(await run(broadcastTo(pairs, shape))).toEqual(full);
    const columns = tensor([[1, 0, 1, 0, 1]]);
    expect(await run(columns)).toEqual(await run(broadcastTo(columns, [2, 2, 3, 5])));
    expect(await run(ones([3, 5]))).not.toEqual(full);
  });

  it("take axes before the steps as more batch", async () => {
    const [query, value] = [wave([2, 2, 3, 4], 1), wave([2, 2, 5, 4], 2)];
    const mask = tensor([1, 0, 1, 1, 1, 1, 1, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0, 1], [2, 2, 5]);
    const fold = (x: Tensor) => reshape(x, [4, ...x.shape.slice(2)]);
    for (const make of [
      () => layers.attention({ useScale: true, useCausalMask: true }),
      () => layers.attention({ scoreMode: "concat" }),
      () => layers.additiveAttention(),
    ]) {
      const layer = make();
      layer.ensureBuilt([null, 3, 4]);
      layer.initialize(1);
      const run = async (q: Tensor, v: Tensor, m: Tensor) => {
        const ctx = contextOf(layer);
        ctx.setMask(v, m);
        const output = layer.call([q, v], ctx) as Tensor;
        return { shape: output.shape, data: (await evaluate([output], js()))[0] };
      };
      const whole = await run(query, value, mask);
      expect(whole.shape).toEqual([2, 2, 3, 4]);
      expect(whole.data).toEqual((await run(fold(query), fold(value), fold(mask))).data);
      await expect(run(query, value, ones([2, 2]))).rejects.toThrow(
        "a mask has all axes of its tensor but the features. Expected [2, 2, 5], received [2, 2].",
      );
      // Keys of one sample for all.
      expect((layer.call([query, wave([2, 1, 5, 4], 3)], contextOf(layer)) as Tensor).shape).toEqual([2, 2, 3, 4]);
    }
    expect(layers.attention().apply(input([8, 6, 4])).shape).toEqual([null, 8, 6, 4]);
  });

  it("name both shapes where inputs do not fit each other", () => {
    const call = (layer: Layer, ...shapes: number[][]) => {
      layer.ensureBuilt(shapes);
      return () => layer.call(shapes.map(ones), contextOf(layer));
    };
    const heads = () => layers.multiHeadAttention(2, 3, { name: "m" });
    expect(call(heads(), [2, 3, 4], [2, 5, 4], [2, 6, 4])).toThrow(
      'multiHeadAttention "m": takes query, value and key, of one batch; value and key have the same steps. Expected [batch, steps, features], [batch, values, …] and, if given, [batch, values, …], received [2, 3, 4], [2, 5, 4], [2, 6, 4].',
    );
    expect(call(heads(), [2, 3, 4], [1, 5, 4])).toThrow("received [2, 3, 4], [1, 5, 4].");
    expect(call(heads(), [2, 4])).toThrow("received [2, 4].");
    expect(call(heads(), [2, 3, 4], [2, 5, 4], [2, 5, 4], [2, 3, 4])).toThrow(
      'multiHeadAttention "m": the attention mask says which pairs of steps count. Expected [3, 5], [batch, 3, 5] or [batch, 2, 3, 5], received [2, 3, 4] (query [2, 3, 4]).',
    );
    expect(call(layers.attention({ name: "a" }), [2, 3, 4], [2, 5, 6])).toThrow(
      'attention "a": query and key have the same features. Expected query [batch, …, steps, features], key [batch, …, values, 4], received query [2, 3, 4], key [2, 5, 6].',
    );
    const layer = heads();
    const x = ones([2, 3, 4]);
    const ctx = contextOf(layer);
    expect(() => ctx.setMask(x, ones([2, 5]), layer.label)).toThrow(
      "Expected [2, 3], received [2, 5] (masked [2, 3, 4]).",
    );
    ctx.setMask(x, ones([2]));
    layer.ensureBuilt([null, 3, 4]);
    expect(() => layer.call(x, ctx)).toThrow(
      'multiHeadAttention "m": a mask has all axes of its tensor but the features. Expected [2, 3], received [2].',
    );
  });

  it("refuse options out of range when they are made", () => {
    expect(() => layers.multiHeadAttention(0, 3)).toThrow(
      "multiHeadAttention: numHeads must be a whole number. Expected an integer ≥ 1, received 0.",
    );
    expect(() => layers.multiHeadAttention(2, 1.5)).toThrow("keyDim must be a whole number");
    expect(() => layers.multiHeadAttention(2, 3, { valueDim: 0 })).toThrow("valueDim must be a whole number");
    expect(() => layers.multiHeadAttention(2, 3, { dropout: 1.1 })).toThrow("dropout must be a number in [0, 1]");
    expect(() => layers.multiHeadAttention(2, 3, { outputShape: 0 })).toThrow(
      "outputShape and slidingWindow must be whole numbers",
    );
    expect(() => layers.multiHeadAttention(2, 3, { slidingWindow: 0 })).toThrow(
      "outputShape and slidingWindow must be whole numbers",
    );
    expect(() => layers.multiHeadAttention(2, 3, { attentionAxes: 3 }).apply(input([4, 5, 6]))).toThrow(
      "attentionAxes are axes between batch and features, each once. Expected some of [1, 2], received 3.",
    );
    expect(() => layers.groupQueryAttention(3, 4, 3)).toThrow(
      "groupQueryAttention: numKeyValueHeads must divide numQueryHeads. Expected a divisor of 4, received 3.",
    );
    expect(() => layers.attention({ scoreMode: "cosine" as "dot" })).toThrow(
      'unknown scoreMode. Expected "dot" or "concat", received cosine.',
    );
    expect(() => layers.additiveAttention({ dropout: -0.1 })).toThrow("dropout must be a number in [0, 1]");
  });

  it("pass the query's mask on, in a model with padded sequences", async () => {
    const network = sequential(
      [
        layers.embedding(5, 4, { maskZero: true, inputShape: [3] }),
        layers.multiHeadAttention(2, 2),
        layers.globalAveragePooling1d(),
      ],
      {
        seed: 1,
      },
    );
    const tokens = { data: Int32Array.of(3, 1, 0), shape: [1, 3] };
    const before = await (await network.predict(tokens)).array();
    // What stands for padding changes nothing.
    const [embeddings, ...others] = await network.getWeights();
    const spoilt = Float32Array.from(embeddings?.data ?? [], (value, index) => (index < 4 ? 9 : value));
    network.setWeights([tensor(spoilt, [5, 4]), ...others]);
    expect(await (await network.predict(tokens)).array()).toEqual(before);
    const ctx = contextOf(network);
    const output = network.layers
      .slice(0, 2)
      .reduce((value, layer) => layer.apply(value, ctx), tensor(Int32Array.of(3, 1, 0), [1, 3]));
    expect([...((await ctx.maskOf(output)?.data()) ?? [])]).toEqual([1, 1, 0]);
  });
});
