import { describe, expect, it } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import type { HostArray } from "../../src/data/array.ts";
import { input } from "../../src/nn/input.ts";
import {
  addLayer,
  bidirectional,
  dense,
  lstm,
  lstmCell,
  rnn,
  spectralNormalization,
  timeDistributed,
} from "../../src/nn/layers/index.ts";
import type { SymbolicTensor } from "../../src/nn/symbolic.ts";
import type { Model } from "../../src/train/model.ts";
import { cloneModel, model, sequential } from "../../src/train/sequential.ts";

const backend = js();
const x: HostArray = {
  data: Float32Array.from({ length: 2 * 4 * 3 }, (_, i) => Math.sin(1 + 3 * i)),
  shape: [2, 4, 3],
};

const built = (make: (start: SymbolicTensor) => SymbolicTensor | SymbolicTensor[]): Model => {
  const start = input([4, 3]);
  return model({ inputs: start, outputs: make(start), seed: 1 });
};
const sum = (...tensors: SymbolicTensor[]) => addLayer().apply(tensors);

/** Models that use a layer in several places, some of them inside other layers. */
const makers: Record<string, () => Model> = {
  "directly, then in a wrapper": () => {
    const shared = dense(3);
    return built((start) => timeDistributed(shared).apply(shared.apply(start)));
  },
  "in a wrapper, then directly": () => {
    const shared = dense(3);
    return built((start) => shared.apply(timeDistributed(shared).apply(start)));
  },
  "in two wrappers": () => {
    const shared = dense(3);
    return built((start) => spectralNormalization(shared).apply(timeDistributed(shared).apply(start)));
  },
  "directly and in a nested model": () => {
    const shared = dense(3);
    const nested = sequential([dense(3, { inputShape: [4, 3] }), shared], { seed: 2 });
    return built((start) => shared.apply(nested.apply(start)));
  },
  "in two nested models and in a wrapper": () => {
    const shared = dense(3);
    const [one, two] = [0, 1].map(() => sequential([dense(3, { inputShape: [4, 3] }), shared], { seed: 2 })) as [
      Model,
      Model,
    ];
    return built((start) => timeDistributed(shared).apply(two.apply(one.apply(start))));
  },
  "in a model inside a model, and beside it": () => {
    const shared = dense(3);
    const inner = sequential([timeDistributed(shared, { inputShape: [4, 3] })]);
    const outer = sequential([inner, dense(3)]);
    return built((start) => sum(shared.apply(start), inner.apply(start), outer.apply(start)));
  },
  "as a cell of two layers": () => {
    const cell = lstmCell(3);
    return built((start) => rnn(cell).apply(rnn(cell, { returnSequences: true }).apply(start)));
  },
  "as one direction of a bidirectional layer": () => {
    const both = bidirectional(lstm(3, { returnSequences: true }), { mergeMode: "sum" });
    return built((start) => {
      const first = both.apply(start);
      return both.forward.apply(first);
    });
  },
};

describe.each(Object.entries(makers))("a layer that is used %s", (_, make) => {
  it("is one layer in a clone, which takes the model's weights and gives what it gives", async () => {
    const old = make();
    const clone = cloneModel(old);
    expect(clone.variables.map(({ name, shape }) => [name, shape])).toEqual(
      old.variables.map(({ name, shape }) => [name, shape]),
    );
    expect(clone.variables.some((variable) => old.variables.includes(variable))).toBe(false);
    for (const each of [old, clone]) each.compile({ loss: "mse", backend });
    const weights = await old.getWeights();
    old.setWeights(
      weights.map(({ data, shape }) => ({
        data: Float32Array.from(data, (value, index) => value + 0.1 * Math.sin(index)),
        shape,
      })),
    );
    clone.setWeights(await old.getWeights());
    expect(await (await clone.predict(x)).data()).toEqual(await (await old.predict(x)).data());
    expect(clone.getConfig()).toEqual(old.getConfig());
  });

  it("is one layer in a clone of a clone, and of a model around it", async () => {
    const around = () => sequential([make(), dense(1)], { seed: 1 });
    const old = around();
    for (const clone of [cloneModel(cloneModel(old)), cloneModel(old)]) {
      clone.setWeights(await old.getWeights());
      expect(clone.variables).toHaveLength(old.variables.length);
    }
  });
});
