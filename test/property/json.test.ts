import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { type ArrayInput, storableArray, toHostArray } from "../../src/data/array.ts";
import { batchNormalization, dense } from "../../src/nn/layers/index.ts";
import { layerFromConfig } from "../../src/nn/registry.ts";
import { adam } from "../../src/optim/adam.ts";
import type { HostData } from "../../src/tensor/nested.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import type { Model } from "../../src/train/model.ts";
import { getNamedWeights, setNamedWeights } from "../../src/train/named-weights.ts";
import { getOptimizerState, setOptimizerState } from "../../src/train/optimizer-state.ts";
import { sequential } from "../../src/train/sequential.ts";

const backend = js();

function network(): Model {
  const model = sequential([dense(3, { inputShape: [2], name: "one" }), batchNormalization({ name: "norm" })], {
    seed: 1,
  });
  model.compile({ optimizer: adam({ learningRate: 0.01 }), loss: "mse", backend });
  return model;
}

/** Any float32: NaN, infinities, −0 and subnormals come often. */
const float32 = fc.oneof(
  fc.float(),
  fc.constantFrom(
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    -0,
    1e-45,
    -1e-40,
    3.4028234663852886e38,
  ),
);
const values = (size: number) =>
  fc.array(float32, { minLength: size, maxLength: size }).map((list) => Float32Array.from(list));

const bitsOf = (data: HostData) => [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
const allBits = (arrays: readonly { readonly data: HostData }[]) => arrays.map(({ data }) => bitsOf(data));

/** The ways by which weights are kept or sent. */
const ways: [string, <T>(given: T) => T][] = [
  ["JSON", (given) => JSON.parse(JSON.stringify(given))],
  ["structuredClone", (given) => structuredClone(given)],
];

describe.each(ways)("what comes back by way of %s", (_, copied) => {
  const model = network();
  const sizes = model.variables.map(({ shape }) => shape.reduce((a, b) => a * b, 1));
  const weights = fc.tuple(...sizes.map(values));

  it("has equal bits: getWeights and setWeights", async () => {
    await fc.assert(
      fc.asyncProperty(weights, async (data) => {
        model.setWeights(data.map((array, index) => ({ data: array, shape: model.variables[index]?.shape ?? [] })));
        const kept = copied(await model.getWeights());
        model.setWeights(
          sizes.map((size, index) => ({ data: new Float32Array(size), shape: model.variables[index]?.shape ?? [] })),
        );
        model.setWeights(kept);
        expect(allBits(await model.getWeights())).toEqual(data.map(bitsOf));
      }),
      { numRuns: 40 },
    );
  });

  it("has equal bits: getNamedWeights and setNamedWeights", async () => {
    await fc.assert(
      fc.asyncProperty(weights, async (data) => {
        const given = data.map(
          (array, index) =>
            [model.variables[index]?.name ?? "", { data: array, shape: model.variables[index]?.shape ?? [] }] as const,
        );
        setNamedWeights(model, Object.fromEntries(given));
        const kept = copied(await getNamedWeights(model));
        const fresh = network();
        setNamedWeights(fresh, kept);
        expect(allBits(await fresh.getWeights())).toEqual(data.map(bitsOf));
      }),
      { numRuns: 40 },
    );
  });

  it("has equal bits: getOptimizerState and setOptimizerState, with the learning rate and the steps in full", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.infiniteStream(float32),
        fc.double({ min: 0, max: 10, noNaN: true }),
        fc.nat(),
        async (stream, rate, step) => {
          const state = await getOptimizerState(model);
          const { steps, learningRate, ...slots } = state;
          expect([steps, learningRate].every((array) => array?.data instanceof Float64Array)).toBe(true);
          for (const { data } of Object.values(slots))
            for (let i = 0; i < data.length; i++) data[i] = stream.next().value;
          const one = (value: number) => ({ data: Float64Array.of(value), shape: [] });
          setOptimizerState(model, { ...slots, steps: one(step * 1e6), learningRate: one(rate) });
          const given = await getOptimizerState(model);
          const fresh = network();
          setOptimizerState(fresh, copied(given));
          const back = await getOptimizerState(fresh);
          expect(Object.keys(back)).toEqual(Object.keys(given));
          expect(allBits(Object.values(back))).toEqual(allBits(Object.values(given)));
          expect([fresh.optimizer.learningRate, fresh.optimizer.rawSteps]).toEqual([rate, step * 1e6]);
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe("an array through JSON", () => {
  it("keeps its type, its shape and its bits", () => {
    const double = fc.oneof(
      fc.double(),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0),
    );
    const data = fc.oneof(
      fc.array(float32).map((list) => Float32Array.from(list)),
      fc.array(double).map((list) => Float64Array.from(list)),
      fc.array(fc.integer()).map((list) => Int32Array.from(list)),
    );
    fc.assert(
      fc.property(data, (array) => {
        const shape = [1, array.length];
        for (const given of [storableArray(array, shape), tensor(array, shape)]) {
          const back = toHostArray("x", JSON.parse(JSON.stringify(given)) as ArrayInput);
          expect([back.data.constructor, back.shape]).toEqual([array.constructor, shape]);
          expect(bitsOf(back.data)).toEqual(bitsOf(array));
        }
      }),
    );
  });

  it("that JSON has made an object of is refused, with what to do", async () => {
    const model = network();
    const before = allBits(await model.getWeights());
    const lost = JSON.parse(JSON.stringify((await model.getWeights()).map(({ data, shape }) => ({ data, shape }))));
    expect(() => model.setWeights(lost)).toThrow(
      /weights\[0\]: data are .* Expected numbers, received \{ data: \{ 0: .* JSON\.stringify makes objects of typed arrays/,
    );
    expect(() => setNamedWeights(model, { "one/kernel": { 0: 1, 1: 2 } as never }, { strict: false })).toThrow(
      "JSON.stringify makes objects of typed arrays",
    );
    expect(() => toHostArray("x", { data: [1, null], shape: [2] } as never)).toThrow(
      "Expected numbers, received { data: [1, null], shape: [2] }",
    );
    expect(() => toHostArray("x", { dtype: "float16", data: [1], shape: [1] })).toThrow(
      'x: unknown dtype. Expected one of float32, float64, int32, received "float16"',
    );
    expect(allBits(await model.getWeights())).toEqual(before);
  });

  it("is not set in part: a learning rate that is none leaves the slots as they are", async () => {
    const model = network();
    const state = await getOptimizerState(model);
    const changed = Object.fromEntries(
      Object.entries(state).map(([name, { data, shape }]) => [name, { data: data.map(() => 7), shape }]),
    );
    expect(() => setOptimizerState(model, { ...changed, learningRate: { data: [-1], shape: [] } })).toThrow(
      /learningRate must be a finite number ≥ 0/,
    );
    expect(await getOptimizerState(model)).toEqual(state);
  });
});

describe("layers, models and optimizers as JSON", () => {
  it("are what they are made again from", () => {
    const model = network();
    const { kind, config } = JSON.parse(JSON.stringify(model.layers[0]));
    expect(layerFromConfig(kind, config).getConfig()).toEqual(model.layers[0]?.getConfig());
    expect(JSON.parse(JSON.stringify(model)).config.layers.map(({ kind }: { kind: string }) => kind)).toEqual([
      "dense",
      "batchNormalization",
    ]);
    expect(JSON.parse(JSON.stringify(model.optimizer))).toEqual({ kind: "adam", learningRate: 0.01 });
  });
});
