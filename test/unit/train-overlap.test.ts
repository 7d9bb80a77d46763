import { describe, expect, it, vi } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { input } from "../../src/nn/input.ts";
import { dense, dropout } from "../../src/nn/layers/index.ts";
import { sgd } from "../../src/optim/sgd.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Callback } from "../../src/train/callback.ts";
import { swapEmaWeights } from "../../src/train/callbacks/swap-ema-weights.ts";
import { terminateOnNaN } from "../../src/train/callbacks/terminate-on-nan.ts";
import { mcPredict } from "../../src/train/mc-predict.ts";
import type { Model } from "../../src/train/model.ts";
import { getNamedWeights } from "../../src/train/named-weights.ts";
import { getOptimizerState } from "../../src/train/optimizer-state.ts";
import { learningRateRangeTest } from "../../src/train/range-test.ts";
import { model as functional, sequential } from "../../src/train/sequential.ts";
import { classifier, countingBackend, points, weightsOf } from "./train-support.ts";

const quiet = { verbose: 0 } as const;
const column = (rows: number, value: number) => ({ data: new Float32Array(rows).fill(value), shape: [rows, 1] });
const zeros = column(99, 0);

/** y = x at first; the loss of inputs v against labels 0 is v². */
function identity(backend: Backend, learningRate = 0): Model {
  const model = sequential([dense(1, { inputShape: [1], kernelInitializer: "ones" })], { seed: 1 });
  model.compile({ optimizer: sgd({ learningRate }), loss: "mse", backend });
  return model;
}

/** Outputs x + 0 and x + 100. */
function twoOutputs(): Model {
  const x = input([1]);
  const plus = (bias: number) =>
    dense(1, {
      kernelInitializer: "ones",
      biasInitializer: (shape) => new Float32Array(shape[0] as number).fill(bias),
    }).apply(x);
  return functional({ inputs: x, outputs: [plus(0), plus(100)] });
}

const dataOf = async (tensor: Tensor | undefined) => Array.from((await tensor?.data()) ?? []);

describe.each([
  ["js", async (): Promise<Backend> => js()],
  ["wasm", async (): Promise<Backend> => wasm({ threads: 1 })],
] as const)("calls that overlap on %s", (_, make) => {
  it("measure their own data: evaluate", async () => {
    const model = identity(await make());
    const found = await Promise.all([1, 9, 3].map((value) => model.evaluate(column(99, value), zeros)));
    expect(found.map(({ loss }) => loss)).toEqual([1, 81, 9]);
  });

  it("measure their own data: trainOnBatch and testOnBatch", async () => {
    const model = identity(await make());
    const found = await Promise.all([
      model.trainOnBatch(column(99, 1), zeros),
      model.trainOnBatch(column(99, 9), zeros),
      model.testOnBatch(column(99, 2), zeros),
    ]);
    expect(found.map(({ loss }) => loss)).toEqual([1, 81, 4]);
  });

  it("wait for a fit that nobody awaits, whose history stays its own", async () => {
    const backend = await make();
    const [model, reference] = [identity(backend, 0.01), identity(backend, 0.01)];
    const train = (it: Model) => it.fit(column(64, 1), column(64, 0), { ...quiet, epochs: 3, batchSize: 16 });
    const training = train(model);
    const measured = await model.evaluate(column(99, 5), zeros);
    const history = await train(reference);
    expect(measured).toEqual(await reference.evaluate(column(99, 5), zeros));
    expect((await training).history).toEqual(history.history);
  });

  it("train one after another", async () => {
    const backend = await make();
    const [model, reference] = [classifier(), classifier()];
    for (const each of [model, reference])
      each.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", backend });
    const { x, y } = points(40);
    const train = (it: Model) => it.fit(x, y, { ...quiet, batchSize: 8 });
    await Promise.all([train(model), train(model)]);
    await train(reference);
    await train(reference);
    expect(await weightsOf(model)).toEqual(await weightsOf(reference));
  });

  it("leave a range test alone, and it them: rates, steps and weights stay their own", async () => {
    const backend = await make();
    const [model, reference] = [identity(backend, 0.1), identity(backend, 0.1)];
    const train = (it: Model, rates: number[] = []) => {
      const callback: Callback = { onTrainBatchEnd: () => void rates.push(it.optimizer.learningRate) };
      return it.fit(column(64, 1), column(64, 0), { ...quiet, epochs: 3, batchSize: 16, callbacks: [callback] });
    };
    const test = (it: Model) => learningRateRangeTest(it, column(64, 1), column(64, 0), { steps: 5 });
    const rates: number[] = [];
    const [before, , between, , after] = await Promise.all([
      test(model),
      train(model, rates),
      test(model),
      train(model, rates),
      test(model),
    ]);
    expect(rates).toEqual(Array(24).fill(0.1));
    expect(model.optimizer.rawSteps).toBe(24);
    const alone: unknown[] = [(await test(reference)).losses];
    await train(reference);
    alone.push((await test(reference)).losses);
    await train(reference);
    alone.push((await test(reference)).losses);
    expect([before, between, after].map(({ losses }) => losses)).toEqual(alone);
    expect(await weightsOf(model)).toEqual(await weightsOf(reference));
  });

  it("read named weights and the optimizer's state of one moment, also before anything has run", async () => {
    const backend = await make();
    const momentum = () => {
      const it = sequential([dense(3, { inputShape: [1] }), dense(1)], { seed: 1 });
      it.compile({ optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }), loss: "mse", backend });
      return it;
    };
    const textOf = async (read: Promise<unknown>) => JSON.stringify(await read);
    const reference = momentum();
    const weights = [await textOf(getNamedWeights(reference))];
    const states = [await textOf(getOptimizerState(reference))];
    for (let step = 0; step < 20; step++) {
      await reference.trainOnBatch(column(8, 1), column(8, 0));
      weights.push(await textOf(getNamedWeights(reference)));
      states.push(await textOf(getOptimizerState(reference)));
    }
    for (let ticks = 0; ticks < 60; ticks++) {
      const model = momentum();
      const training = model.fit(column(8, 1), column(8, 0), { ...quiet, epochs: 20 });
      for (let tick = 0; tick < ticks; tick++) await undefined;
      const [named, state] = await Promise.all([textOf(getNamedWeights(model)), textOf(getOptimizerState(model))]);
      expect(weights).toContain(named);
      expect(states).toContain(state);
      await training;
    }
  });

  it("swap averages in and out one after another, whatever else trains or predicts", async () => {
    const backend = await make();
    const averaging = () => {
      const it = sequential([dense(1, { inputShape: [1], kernelInitializer: "ones" })], { seed: 1 });
      it.compile({ optimizer: sgd({ learningRate: 0.05, useEma: true }), loss: "mse", backend });
      return it;
    };
    const [model, reference] = [averaging(), averaging()];
    const step = (it: Model) => it.trainOnBatch(column(8, 1), column(8, 0));
    const predict = (it: Model) => it.predict(column(4, 1), { batchSize: 1, callbacks: [swapEmaWeights()] });
    const [, first, second] = await Promise.all([step(model), predict(model), predict(model), step(model)]);
    await step(reference);
    const expected = await dataOf(await predict(reference));
    await step(reference);
    expect([await dataOf(first), await dataOf(second)]).toEqual([expected, expected]);
    expect(await weightsOf(model)).toEqual(await weightsOf(reference));
  });

  it("wait for a step whose schedule makes them, in the order of the calls", async () => {
    const ended: string[] = [];
    const started: Promise<unknown>[] = [];
    const start = (name: string, call: () => Promise<unknown>) =>
      started.push(call().then(() => void ended.push(name)));
    const one = column(2, 1);
    let act: (() => void) | undefined;
    const schedule = () => {
      act?.();
      return 0;
    };
    const model = identity(await make());
    model.compile({ optimizer: sgd({ learningRate: schedule }), loss: "mse", backend: await make() });
    // From here on a call finds all that it needs.
    await model.trainOnBatch(one, one);
    await model.testOnBatch(one, one);
    act = () => {
      act = undefined;
      start("train", () => model.trainOnBatch(one, one));
      start("test", () => model.testOnBatch(one, one));
      expect(() => model.compile({ loss: "mse" })).toThrow("compile cannot run inside another call on the model.");
      expect(model.optimizer.iterations).toBe(1);
    };
    start("first", () => model.trainOnBatch(one, one));
    start("last", () => model.testOnBatch(one, one));
    for (let waited = 0; waited < started.length; waited++) await started[waited];
    expect(ended).toEqual(["first", "train", "test", "last"]);
    expect(model.optimizer.iterations).toBe(3);
  });

  it("go on after one that fails", async () => {
    const model = identity(await make());
    const failing = model.fit(column(3, 1), column(4, 0), quiet);
    const after = model.evaluate(column(99, 3), zeros);
    await expect(failing).rejects.toThrow("all arrays must have the same number of samples");
    expect(await after).toEqual({ loss: 9 });
  });

  it("give each predictAll the outputs of its own data, also across models", async () => {
    const backend = await make();
    const models = [twoOutputs(), twoOutputs()];
    for (const model of models) model.compile({ loss: "mse", backend });
    const calls = Array.from({ length: 50 }, (_, index) => ({ model: models[index % 2] as Model, value: index }));
    const found = await Promise.all(calls.map(({ model, value }) => model.predictAll(column(1 + (value % 3), value))));
    for (const [index, outputs] of found.entries()) {
      const of = (value: number) => Array.from({ length: 1 + (index % 3) }, () => value);
      expect([await dataOf(outputs[0]), await dataOf(outputs[1])]).toEqual([of(index), of(index + 100)]);
    }
  });

  it("predict while the model trains, without waiting for it", async () => {
    const model = identity(await make(), 0.01);
    let trained = false;
    const callback: Callback = { onEpochEnd: () => new Promise((resolve) => setImmediate(resolve)) };
    const training = model
      .fit(column(64, 1), column(64, 0), { ...quiet, epochs: 5, callbacks: [callback] })
      .then(() => {
        trained = true;
      });
    const [first, second] = await Promise.all([model.predict(column(2, 4)), model.predict(column(3, 7))]);
    expect(trained).toBe(false);
    const [a = 0, ...others] = await dataOf(first);
    expect(others).toEqual([a]);
    expect((await dataOf(second)).length).toBe(3);
    await training;
  });

  it("do not mix up what terminateOnNaN reads", async () => {
    const backend = await make();
    const [healthy, ill] = [identity(backend, 0.01), identity(backend, 0.01)];
    const train = (model: Model, value: number) =>
      model.fit(column(64, value), column(64, 0), {
        ...quiet,
        epochs: 4,
        batchSize: 4,
        checkData: false,
        callbacks: [terminateOnNaN()],
      });
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const [history] = await Promise.all([train(healthy, 1), train(ill, Number.NaN)]);
    warn.mockRestore();
    expect(history.history.loss).toHaveLength(4);
    expect(history.history.loss?.every(Number.isFinite)).toBe(true);
  });

  it("draw the same random numbers in mcPredict whatever else runs", async () => {
    const backend = await make();
    const noisy = () => {
      const model = sequential([dropout(0.5, { inputShape: [4] }), dense(2)], { seed: 3 });
      model.compile({ loss: "mse", backend });
      return model;
    };
    const { x } = points(6);
    const [model, reference] = [noisy(), noisy()];
    const expected = [await mcPredict(reference, x, { passes: 5 }), await mcPredict(reference, x, { passes: 5 })];
    const [first, , second] = await Promise.all([
      mcPredict(model, x, { passes: 5 }),
      model.predict(x),
      mcPredict(model, x, { passes: 5 }),
      model.predict(x),
    ]);
    expect(await Promise.all([first.mean, second.mean].map(dataOf))).toEqual(
      await Promise.all(expected.map(({ mean }) => dataOf(mean))),
    );
  });
});

describe("a callback may use the model that calls it", () => {
  const data = () => [column(64, 1), column(64, 0)] as const;

  it("evaluate sees the weights of the moment and leaves the epoch's figures alone", async () => {
    const backend = js();
    const [model, reference] = [identity(backend, 0.01), identity(backend, 0.01)];
    const seen: number[] = [];
    const expected: number[] = [];
    const callback: Callback = {
      onTrainBatchEnd: async (batch) => {
        if (batch !== 1) return;
        const [kernel = 0, bias = 0] = await weightsOf(model);
        expected.push((9 * kernel + bias) ** 2, (3 * kernel + bias) ** 2);
        for (const value of [9, 3]) seen.push((await model.evaluate(column(99, value), zeros)).loss as number);
      },
    };
    const history = await model.fit(...data(), { ...quiet, epochs: 2, batchSize: 16, callbacks: [callback] });
    expect(history.history).toEqual((await reference.fit(...data(), { ...quiet, epochs: 2, batchSize: 16 })).history);
    expect(seen).toHaveLength(4);
    for (const [index, loss] of seen.entries()) expect(loss).toBeCloseTo(expected[index] as number, 3);
  });

  it("training goes on only when what a callback started has ended", async () => {
    const model = identity(js(), 0.01);
    const order: string[] = [];
    const callback: Callback = {
      onEpochBegin: (epoch) => {
        order.push(`epoch ${epoch}`);
        if (epoch === 0) void model.evaluate(column(99, 9), zeros).then(() => order.push("evaluated"));
      },
      onTrainBatchBegin: () => {
        order.push("step");
      },
    };
    await model.fit(...data(), { ...quiet, epochs: 2, batchSize: 64, callbacks: [callback] });
    expect(order).toEqual(["epoch 0", "evaluated", "step", "epoch 1", "step"]);
  });

  it("a prediction waits for what its callbacks measure", async () => {
    const model = identity(js());
    const losses: unknown[] = [];
    const callback: Callback = {
      onPredictEnd: async () => void losses.push((await model.evaluate(column(4, 3), column(4, 0))).loss),
    };
    await model.predict(column(4, 1), { callbacks: [callback] });
    await mcPredict(model, column(4, 1), { passes: 2, callbacks: [callback] });
    expect(losses).toEqual([9, 9, 9]);
  });

  it("compile in it is refused, from the first callback on", async () => {
    const model = identity(js());
    const callback: Callback = { onPredictBegin: () => model.compile({ loss: "mse" }) };
    await expect(model.predict(column(4, 1), { callbacks: [callback] })).rejects.toThrow(
      "compile cannot run inside another call on the model.",
    );
  });

  it("fit in it is refused", async () => {
    const model = identity(js());
    const callback: Callback = { onEpochEnd: async () => void (await model.fit(...data(), quiet)) };
    await expect(model.fit(...data(), { ...quiet, callbacks: [callback] })).rejects.toThrow(
      "fit cannot run inside another call on the model. Expected all calls before it awaited, received a call from a callback of this model.",
    );
    expect((await model.fit(...data(), quiet)).history.loss).toHaveLength(1);
  });

  it("predictions of many sizes do not end training", async () => {
    const { backend } = countingBackend();
    const model = identity(backend, 0.01);
    let rows = 0;
    const callback: Callback = {
      onTrainBatchEnd: async () => {
        for (let i = 0; i < 30; i++) await model.predict(column(++rows, 1), { batchSize: 1000 });
      },
    };
    const history = await model.fit(...data(), { ...quiet, epochs: 2, batchSize: 16, callbacks: [callback] });
    expect(history.history.loss).toHaveLength(2);
    expect(rows).toBe(240);
  });
});

describe("programs", () => {
  it("are bound once for calls that need the same one at once", async () => {
    const { backend, counts } = countingBackend();
    const model = identity(backend);
    await model.getWeights();
    const before = counts.loads;
    await Promise.all(Array.from({ length: 100 }, () => model.predict(column(3, 1))));
    expect(counts.loads - before).toBe(1);
  });

  it("serve 10 000 overlapping predictions of 100 shapes; afterwards no more are kept than before", async () => {
    const backend = await wasm({ threads: 1 });
    const model = identity(backend);
    const burst = async (count: number) => {
      const calls = Array.from({ length: count }, (_, i) => ({ rows: 1 + ((i * 37) % 100), value: i % 1000 }));
      const found = await Promise.all(
        calls.map(async ({ rows, value }) => dataOf(await model.predict(column(rows, value), { batchSize: 100 }))),
      );
      expect(
        found.every((data, i) => data.length === calls[i]?.rows && data.every((value) => value === calls[i]?.value)),
      ).toBe(true);
    };
    await burst(200);
    const used = { ...Reflect.get(backend.heap, "used") };
    await burst(10_000);
    expect(Reflect.get(backend.heap, "used")).toEqual(used);
  });

  it("that fail to bind can be bound by the next call", async () => {
    const { backend } = countingBackend();
    const model = identity(backend);
    await model.getWeights();
    const load = backend.load;
    backend.load = () => {
      throw new Error("no room");
    };
    const failed = await Promise.allSettled([model.predict(column(2, 1)), model.predict(column(2, 1))]);
    expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    backend.load = load;
    expect(await dataOf(await model.predict(column(2, 5)))).toEqual([5, 5]);
  });

  it("run on the backend that has the weights, however they move", async () => {
    const backends = [js(), js(), await wasm({ threads: 1 })];
    const shared = dense(1, { inputShape: [1], kernelInitializer: "ones" });
    const models = backends.map((backend) => {
      const model = sequential([shared]);
      model.compile({ optimizer: sgd({ learningRate: 0 }), loss: "mse", backend });
      return model;
    });
    const calls = Array.from({ length: 60 }, (_, i) => ({ model: models[(i * i) % 3] as Model, value: i }));
    const found = await Promise.all(
      calls.map(async ({ model, value }) =>
        value % 2
          ? (await model.evaluate(column(2, value), column(2, 0))).loss
          : (await dataOf(await model.predict(column(2, value))))[0],
      ),
    );
    expect(found).toEqual(calls.map(({ value }) => (value % 2 ? value ** 2 : value)));
  });
});
