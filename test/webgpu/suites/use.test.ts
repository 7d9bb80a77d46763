// What a user does with a model, on WebGPU against WASM.
import { describe, expect, it } from "vitest";
import {
  adam,
  type Backend,
  conv2d,
  dense,
  dropout,
  earlyStopping,
  embedding,
  exponentialDecay,
  flatten,
  getOptimizerState,
  jit,
  type LoopContext,
  lstm,
  type Model,
  mcPredict,
  modelCheckpoint,
  multiHeadAttention,
  type Optimizer,
  ops,
  profile,
  reduceLrOnPlateau,
  sequential,
  sgd,
  swapEmaWeights,
  type Tensor,
  trainStep,
} from "../../../src/index.ts";
import { backend, distance, images, reference, weightsOf } from "./support.ts";

const { x, labels } = images(96);
const both: Readonly<Record<"ours" | "theirs", Backend>> = { ours: backend, theirs: reference };

function network(on: Backend, optimizer: Optimizer = adam()): Model {
  const model = sequential(
    [
      conv2d(4, 3, { activation: "elu", inputShape: [12, 12, 1] }),
      flatten(),
      dense(16, { activation: "tanh" }),
      dense(4, { activation: "softmax" }),
    ],
    { seed: 3 },
  );
  model.compile({ optimizer, loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"], backend: on });
  return model;
}

/** The same on both backends. */
async function onBoth<T>(act: (on: Backend) => Promise<T>): Promise<{ ours: T; theirs: T }> {
  return { ours: await act(both.ours), theirs: await act(both.theirs) };
}

const near = (actual: ArrayLike<number>, expected: ArrayLike<number>, limit = 2e-5) =>
  expect(distance([actual], [expected])).toBeLessThan(limit);

describe("training and asking", () => {
  it("fit with shuffling, validation, weights of samples and classes reports what wasm reports", async () => {
    const { ours, theirs } = await onBoth(async (on) => {
      const { history } = await network(on).fit(x, labels, {
        epochs: 3,
        batchSize: 20,
        validationSplit: 0.25,
        classWeight: { 0: 2, 1: 1, 2: 0.5, 3: 1 },
        verbose: 0,
      });
      return history;
    });
    expect(Object.keys(ours)).toEqual(Object.keys(theirs));
    for (const [name, values] of Object.entries(theirs)) near(ours[name] ?? [], values);
  });

  it("evaluate, predict, predictAll and predictOnBatch", async () => {
    const { ours, theirs } = await onBoth(async (on) => {
      const model = network(on);
      const { loss, accuracy } = await model.evaluate(x, labels, { batchSize: 40 });
      const predicted = await model.predict(x, { batchSize: 40 });
      const all = await model.predictAll(x, { batchSize: 40 });
      const few = await model.predictOnBatch({ data: x.data.subarray(0, 2 * 144), shape: [2, 12, 12, 1] });
      const arrays = [predicted, all, few].flat();
      return { loss, accuracy, outputs: await Promise.all(arrays.map((array) => array.data())) };
    });
    near([ours.loss as number, ours.accuracy as number], [theirs.loss as number, theirs.accuracy as number]);
    expect(distance(ours.outputs, theirs.outputs)).toBeLessThan(2e-5);
  });

  it("predictions may run while it trains", async () => {
    const model = network(backend);
    const training = model.fit(x, labels, { epochs: 4, batchSize: 16, verbose: 0 });
    const answers = await Promise.all([1, 2, 3].map(async () => (await model.predict(x)).data()));
    await training;
    for (const answer of answers) expect(Array.from(answer).every((p) => p >= 0 && p <= 1)).toBe(true);
  });

  it("mcPredict draws the same masks", async () => {
    const { ours, theirs } = await onBoth(async (on) => {
      const model = sequential(
        [flatten({ inputShape: [12, 12, 1] }), dense(16, { activation: "elu" }), dropout(0.5), dense(2)],
        { seed: 4 },
      );
      model.compile({ optimizer: "sgd", loss: "meanSquaredError", backend: on });
      const { mean, stddev } = await mcPredict(model, x, { passes: 10 });
      return [await mean.data(), await stddev.data()];
    });
    expect(distance(ours, theirs)).toBeLessThan(2e-5);
    expect(Math.min(...(ours[1] as Float32Array))).toBeGreaterThan(0);
  });

  it("recurrent and attention layers", async () => {
    const tokens = { data: Int32Array.from({ length: 24 * 6 }, (_, i) => (i * i) % 10), shape: [24, 6] };
    const target = { data: Int32Array.from({ length: 24 }, (_, i) => i % 3), shape: [24] };
    const { ours, theirs } = await onBoth(async (on) => {
      const model = sequential(
        [embedding(10, 8, { inputShape: [6] }), multiHeadAttention(2, 4), lstm(8), dense(3, { activation: "softmax" })],
        { seed: 5 },
      );
      // Adam would make steps of the rounding errors that are the gradient of the keys' biases.
      const optimizer = sgd({ learningRate: 0.05, momentum: 0.9 });
      model.compile({ optimizer, loss: "sparseCategoricalCrossentropy", backend: on });
      await model.fit(tokens, target, { epochs: 4, batchSize: 8, verbose: 0 });
      return weightsOf(model);
    });
    expect(distance(ours, theirs)).toBeLessThan(1e-4);
  });
});

describe("what an optimizer does beside its rule", () => {
  const cases: Readonly<Record<string, () => Optimizer>> = {
    "gradient accumulation": () => adam({ gradientAccumulationSteps: 3 }),
    averages: () => adam({ useEma: true, emaMomentum: 0.9 }),
    "clipping, decay and a schedule": () =>
      sgd({
        learningRate: exponentialDecay({ initialLearningRate: 0.05, decaySteps: 5, decayRate: 0.5 }),
        momentum: 0.9,
        nesterov: true,
        globalClipNorm: 0.5,
        weightDecay: 0.01,
      }),
  };
  for (const [name, optimizer] of Object.entries(cases)) {
    it(name, async () => {
      const { ours, theirs } = await onBoth(async (on) => {
        const model = network(on, optimizer());
        await model.fit(x, labels, { epochs: 2, batchSize: 16, verbose: 0 });
        const state = Object.values(await getOptimizerState(model));
        return { weights: await weightsOf(model), state: JSON.stringify(state).length };
      });
      expect(distance(ours.weights, theirs.weights)).toBeLessThan(5e-5);
      expect(ours.state).toBeGreaterThan(10);
    });
  }
});

describe("callbacks", () => {
  it("stop, restore, save, swap averages and change the rate as on wasm", async () => {
    const { ours, theirs } = await onBoth(async (on) => {
      const model = network(on, adam({ learningRate: 0.01, useEma: true, emaMomentum: 0.5 }));
      const saved: number[] = [];
      const { history } = await model.fit(x, labels, {
        epochs: 8,
        batchSize: 16,
        validationData: [x, labels],
        verbose: 0,
        callbacks: [
          swapEmaWeights(),
          reduceLrOnPlateau({ monitor: "loss", patience: 1, minDelta: 1 }),
          modelCheckpoint({ save: ({ epoch }) => void saved.push(epoch), saveBestOnly: true }),
          earlyStopping({ patience: 2, minDelta: 1, restoreBestWeights: true }),
        ],
      });
      return { history, saved, weights: await weightsOf(model) };
    });
    expect(ours.saved).toEqual(theirs.saved);
    expect(ours.history.loss).toHaveLength(theirs.history.loss?.length ?? 0);
    near(ours.history.val_loss ?? [], theirs.history.val_loss ?? [], 1e-4);
    expect(distance(ours.weights, theirs.weights)).toBeLessThan(1e-4);
  });
});

describe("loops of one's own", () => {
  it("jit computes, draws random numbers and updates variables", async () => {
    const { ours, theirs } = await onBoth(async (on) => {
      const f = jit(
        (a: Tensor, ctx: LoopContext) => ({
          gram: ops.matmul(a, a, { transposeB: true }),
          noise: ops.randomNormal([64], { ...ctx.random() }),
        }),
        { seed: 2, backend: on },
      );
      const results = await f([
        [1, 2],
        [3, 4],
      ]);
      return [await results.gram.data(), await results.noise.data()];
    });
    expect(Array.from(ours[0] as Float32Array)).toEqual([5, 11, 11, 25]);
    near(ours[1] as Float32Array, theirs[1] as Float32Array, 2e-6);
  });

  it("trainStep trains", async () => {
    const { ours, theirs } = await onBoth(async (on) => {
      const model = sequential([dense(8, { activation: "tanh", inputShape: [4] }), dropout(0.1), dense(1)], {
        seed: 1,
      });
      const step = trainStep({
        variables: model,
        optimizer: adam({ learningRate: 0.01, clipNorm: 1 }),
        seed: 2,
        backend: on,
        loss: (batch: { x: Tensor; y: Tensor }, ctx) => ({
          loss: ops.mean(ops.square(ops.sub(batch.y, model.apply(batch.x, ctx)))),
        }),
      });
      const rows = Array.from({ length: 16 }, (_, i) => [0, 1, 2, 3].map((j) => Math.sin(i + 2 * j)));
      const targets = rows.map(([a = 0, b = 0]) => [a * b]);
      const losses: number[] = [];
      for (let i = 0; i < 20; i++) losses.push((await step({ x: rows, y: targets })).loss);
      return { losses, weights: await weightsOf(model) };
    });
    near(ours.losses, theirs.losses);
    expect(distance(ours.weights, theirs.weights)).toBeLessThan(5e-5);
    expect(ours.losses.at(-1)).toBeLessThan(ours.losses[0] as number);
  });

  it("profile times each instruction and leaves no trace", async () => {
    const [profiled, plain] = [network(backend), network(backend)];
    const { instructions, groups, milliseconds } = await profile(profiled, x, { y: labels, repeats: 2, print: false });
    expect(milliseconds).toBeGreaterThan(0);
    expect(instructions.length).toBeGreaterThan(10);
    expect(groups.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
    expect(await weightsOf(profiled)).toEqual(await weightsOf(plain));
    expect(await profiled.trainOnBatch(x, labels)).toEqual(await plain.trainOnBatch(x, labels));
  });
});
