import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { input } from "../../src/nn/input.ts";
import type { Layer } from "../../src/nn/layer.ts";
import {
  bidirectional,
  concatenate,
  dense,
  dropout,
  flatten,
  lstm,
  rnn,
  simpleRnnCell,
  timeDistributed,
} from "../../src/nn/layers/index.ts";
import { adam } from "../../src/optim/adam.ts";
import type { Model } from "../../src/train/model.ts";
import { getNamedWeights, setNamedWeights } from "../../src/train/named-weights.ts";
import { getOptimizerState, setOptimizerState } from "../../src/train/optimizer-state.ts";
import { cloneModel, model, sequential } from "../../src/train/sequential.ts";

const backend = js();

/** Ways to make a model; each makes equal ones. */
const makers: Record<string, () => Model> = {
  chain: () => sequential([dense(3, { inputShape: [4, 2] }), dropout(0.5), dense(2), flatten(), dense(1)], { seed: 1 }),
  wrappers: () =>
    sequential(
      [
        timeDistributed(dense(3), { inputShape: [4, 2] }),
        bidirectional(lstm(2, { returnSequences: true })),
        bidirectional(lstm(2)),
        dense(1),
      ],
      {
        seed: 1,
      },
    ),
  cells: () =>
    sequential(
      [rnn([simpleRnnCell(2), simpleRnnCell(3)], { inputShape: [4, 2], returnSequences: true }), lstm(2), dense(1)],
      { seed: 1 },
    ),
  nested: () => {
    const part = () => sequential([dense(3, { inputShape: [4, 2] }), dense(2)], { seed: 2 });
    return sequential([part(), part(), flatten(), dense(1)], { seed: 1 });
  },
  branches: () => {
    const [a, b] = [input([4, 2]), input([4, 2])];
    const shared = dense(3);
    const joined = concatenate().apply([shared.apply(a), dense(2).apply(b), shared.apply(b)]);
    return model({
      inputs: [a, b],
      outputs: [dense(1).apply(joined), dense(1, { name: "dense" }).apply(joined)],
      seed: 1,
    });
  },
  head: () => {
    const base = sequential([dense(3, { inputShape: [4, 2] }), flatten(), dense(2)], { seed: 2 });
    return sequential([...base.layers.slice(0, -1), dense(1)], { seed: 1 });
  },
};
const names = fc.constantFrom(...Object.keys(makers));
const make = (name: string) => (makers[name] as () => Model)();

const describeNames = (made: Model) => ({
  layers: made.layers.map((layer) => made.nameOf(layer)),
  inputs: made.inputs.map((each) => made.nameOf(each)),
  variables: made.variables.map(({ name }) => name),
  config: made.getConfig(),
  summary: made.summary({ print: false }),
});

describe("automatic names count within a model", () => {
  const first = new Map(Object.keys(makers).map((name) => [name, describeNames(make(name))]));

  it("so that equal models have equal names, whatever was built before", () => {
    fc.assert(
      fc.property(fc.array(names, { minLength: 1, maxLength: 8 }), (order) => {
        const together = order.map(make);
        together.forEach((made, index) => {
          expect(describeNames(made)).toEqual(first.get(order[index] as string));
        });
      }),
      { numRuns: 30 },
    );
  });

  it("and differ within it", () => {
    for (const { layers, inputs } of first.values()) {
      expect(new Set(layers).size).toBe(layers.length);
      expect(new Set(inputs).size).toBe(inputs.length);
    }
    expect(first.get("chain")?.layers).toEqual(["dense", "dropout", "dense_1", "flatten", "dense_2"]);
    expect(first.get("chain")?.variables).toEqual([
      "dense/kernel",
      "dense/bias",
      "dense_1/kernel",
      "dense_1/bias",
      "dense_2/kernel",
      "dense_2/bias",
    ]);
    expect(first.get("branches")?.inputs).toEqual(["input", "input_1"]);
    expect(first.get("nested")?.layers).toEqual(["sequential", "sequential_1", "flatten", "dense_2"]);
    expect(first.get("head")?.layers).toEqual(["dense", "flatten", "dense_1"]);
    const cells = first.get("cells")?.variables as string[];
    expect(cells.filter((name) => name.endsWith("/kernel"))).toEqual([
      "simpleRnnCell/kernel",
      "simpleRnnCell_1/kernel",
      "lstm/kernel",
      "dense/kernel",
    ]);
    const wrapped = first.get("wrappers")?.variables as string[];
    expect(wrapped.filter((name) => name.endsWith("/kernel"))).toEqual([
      "dense/kernel",
      "forward_lstm/kernel",
      "backward_lstm/kernel",
      "forward_lstm_1/kernel",
      "backward_lstm_1/kernel",
      "dense_1/kernel",
    ]);
  });

  it("so that named weights and the optimizer's state of one fit the other", async () => {
    const [x, y] = [{ data: Float32Array.from({ length: 16 }, (_, i) => Math.sin(i)), shape: [2, 4, 2] }, [[1], [0]]];
    for (const name of ["chain", "wrappers", "cells", "nested", "head"]) {
      const [one, other] = [make(name), make(name)];
      for (const each of [one, other]) each.compile({ optimizer: adam(), loss: "mse", backend });
      await one.trainOnBatch(x, y);
      const [weights, state] = [await getNamedWeights(one), await getOptimizerState(one)];
      const { missing, unexpected } = setNamedWeights(other, weights);
      expect([missing, unexpected]).toEqual([[], []]);
      setOptimizerState(other, state);
      for (const each of [one, other]) await each.trainOnBatch(x, y);
      expect(await other.getWeights()).toEqual(await one.getWeights());
    }
  });

  it("and stay in clones", () => {
    for (const [name, expected] of first) expect(describeNames(cloneModel(make(name)))).toEqual(expected);
  });
});

describe("layers of several models", () => {
  const old = () => sequential([dense(3, { inputShape: [2] }), dense(2)], { seed: 1 });

  it("keep the names that the first one gave; a name of the user's goes before them", () => {
    const base = old();
    const [a, b] = base.layers as [Layer, Layer];
    const next = sequential([a, dense(3, { name: "dense" }), dense(2), b].slice(0, 3), { seed: 1 });
    expect(next.layers.map((layer) => next.nameOf(layer))).toEqual(["dense_1", "dense", "dense_2"]);
    expect(base.layers.map(({ name }) => name)).toEqual(["dense", "dense_1"]);
    expect(base.getLayer("dense")).toBe(a);
    expect(next.getLayer("dense_1")).toBe(a);
    expect(next.summary({ print: false })).toContain("dense_1 (dense)");
    expect(() => sequential([dense(2, { name: "a", inputShape: [2] }), dense(2, { name: "a" })])).toThrow(
      'layer names must be unique. Expected different names, received "a" twice (dense and dense).',
    );
  });

  it("of two models with equal names go together", async () => {
    const [one, other] = [old(), old()];
    const both = sequential([one.layers[0] as Layer, dense(2), other.layers[0] as Layer], { seed: 1 });
    expect(both.layers.map((layer) => both.nameOf(layer))).toEqual(["dense", "dense_1", "dense_2"]);
    const weights = await getNamedWeights(both);
    expect(new Set(Object.keys(weights)).size).toBe(6);
    setNamedWeights(both, weights);
    expect(cloneModel(both).layers).toHaveLength(3);
  });

  it("are told apart in messages while a model is made", () => {
    expect(() => sequential([dense(2, { inputShape: [4] }), lstm(2, { name: "first" }), lstm(2)])).toThrow(
      'lstm "first"',
    );
    expect(() => sequential([lstm(2, { inputShape: [4, 1], returnSequences: true }), lstm(2), lstm(2)])).toThrow(
      'lstm "lstm_2"',
    );
  });
});
