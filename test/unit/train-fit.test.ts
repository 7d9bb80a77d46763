import { describe, expect, it, vi } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { sliceRows } from "../../src/data/array.ts";
import { dataset, datasetFrom } from "../../src/data/dataset.ts";
import { input } from "../../src/nn/input.ts";
import { addLayer, dense, dropout, flatten } from "../../src/nn/layers/index.ts";
import { adam } from "../../src/optim/adam.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import type { Callback } from "../../src/train/callback.ts";
import type { Model } from "../../src/train/model.ts";
import { model as functional, sequential } from "../../src/train/sequential.ts";
import type { Logs } from "../../src/train/step-runner.ts";
import { classifier, countingBackend, points, weightsOf } from "./train-support.ts";

const backend = js();
const quiet = { verbose: 0 } as const;

function compiled(model: Model = classifier(), options = {}): Model {
  model.compile({
    optimizer: sgd({ learningRate: 0.1 }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
    backend,
    ...options,
  });
  return model;
}

describe("one run of the backend per train step", () => {
  it("holds for full and ragged batches; two programs serve all steps", async () => {
    const { backend: counting, counts } = countingBackend();
    const model = compiled(classifier(), { backend: counting });
    const { x, y } = points(20);
    await model.fit(x, y, { ...quiet, epochs: 1, batchSize: 8 });
    const before = { ...counts };
    await model.fit(x, y, { ...quiet, epochs: 10, batchSize: 8 });
    // Three steps an epoch, and one run to work out what is reported.
    expect(counts.runs - before.runs).toBe(10 * (3 + 1));
    expect(counts.loads).toBe(before.loads);
  });

  it("keeps a bounded number of programs", async () => {
    const { backend: counting, counts } = countingBackend();
    const model = compiled(classifier(), { backend: counting });
    for (let rows = 1; rows <= 60; rows++) await model.predict(points(rows).x, { batchSize: 100 });
    expect(counts.loads).toBeGreaterThanOrEqual(60);
    const loads = counts.loads;
    await model.predict(points(60).x, { batchSize: 100 });
    expect(counts.loads).toBe(loads);
    await model.predict(points(1).x);
    expect(counts.loads).toBe(loads + 1);
  });
});

describe("same seed, same weights", () => {
  const run = async (seed: number, fitSeed?: number) => {
    const model = compiled(
      sequential(
        [dense(8, { activation: "relu", inputShape: [4] }), dropout(0.3), dense(2, { activation: "softmax" })],
        { seed },
      ),
    );
    const { x, y } = points(30);
    const history = await model.fit(x, y, {
      ...quiet,
      epochs: 3,
      batchSize: 8,
      ...(fitSeed !== undefined && { seed: fitSeed }),
    });
    return { weights: await weightsOf(model), history };
  };

  it("bit for bit, shuffling and dropout included; another seed gives others", async () => {
    const [first, again, other] = [await run(7), await run(7), await run(8)];
    expect(again.weights).toEqual(first.weights);
    expect(other.weights).not.toEqual(first.weights);
    expect(again.history.history).toEqual(first.history.history);
  });

  it("tfjs mistake 7: the shuffle of fit can be seeded", async () => {
    const [first, again, other] = [await run(7, 1), await run(7, 1), await run(7, 2)];
    expect(again.weights).toEqual(first.weights);
    expect(other.weights).not.toEqual(first.weights);
  });

  it("tells a seed that it drew, so that the run can be repeated", async () => {
    const model = compiled(classifier());
    const drawn = sequential([dense(2, { inputShape: [4] })]);
    expect(Number.isSafeInteger(drawn.seed)).toBe(true);
    const history = await model.fit(points(8).x, points(8).y, quiet);
    expect(history.seed).toBe(model.seed);
  });

  it("goes on where a run stopped: 2 epochs and 2 more are 4", async () => {
    const { x, y } = points(20);
    const options = { ...quiet, batchSize: 8 };
    const [whole, parts] = [
      compiled(classifier(3), { optimizer: adam() }),
      compiled(classifier(3), { optimizer: adam() }),
    ];
    await whole.fit(x, y, { ...options, epochs: 4 });
    await parts.fit(x, y, { ...options, epochs: 2 });
    const { epoch } = await parts.fit(x, y, { ...options, epochs: 4, initialEpoch: 2 });
    expect(epoch).toEqual([2, 3]);
    expect(await weightsOf(parts)).toEqual(await weightsOf(whole));
  });
});

describe("data", () => {
  it("may be tensors, nested arrays, host arrays, datasets or generators of batches: all train alike", async () => {
    const { x, y } = points(12);
    const nested = Array.from({ length: 12 }, (_, row) => Array.from(x.data.subarray(row * 4, row * 4 + 4)));
    const batches = function* () {
      for (let start = 0; start < 12; start += 4)
        yield { x: sliceRows(x, start, start + 4), y: y.slice(start, start + 4) };
    };
    const pairs = function* () {
      for (const batch of batches()) yield [batch.x, batch.y] as const;
    };
    const ways: ((model: Model) => Promise<unknown>)[] = [
      (model) => model.fit(x, y, { ...quiet, shuffle: false, batchSize: 4 }),
      (model) =>
        model.fit(tensor(x.data as Float32Array, x.shape), tensor(y), { ...quiet, shuffle: false, batchSize: 4 }),
      (model) => model.fit(nested, Array.from(y), { ...quiet, shuffle: false, batchSize: 4 }),
      (model) => model.fit(dataset({ x, y }).batch(4), quiet),
      (model) => model.fit(datasetFrom(batches), quiet),
      (model) => model.fit(batches(), quiet),
      (model) => model.fit(datasetFrom(pairs), quiet),
    ];
    const results: number[][] = [];
    for (const way of ways) {
      const model = compiled(classifier(5));
      await way(model);
      results.push(await weightsOf(model));
    }
    for (const weights of results) expect(weights).toEqual(results[0]);
  });

  it("may be bytes", async () => {
    const model = compiled();
    await model.fit(
      { data: Uint8Array.from({ length: 32 }, (_, i) => i), shape: [8, 4] },
      Uint8Array.from({ length: 8 }, (_, i) => i % 2),
      quiet,
    );
    expect((await weightsOf(model)).every(Number.isFinite)).toBe(true);
  });

  it("takes single numbers for an input of one feature, and labels [n] for an output [n, 1]", async () => {
    const model = sequential([dense(1, { inputShape: [1] })], { seed: 1 });
    model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: "meanSquaredError", backend });
    const history = await model.fit([1, 2, 3, 4], [2, 4, 6, 8], { ...quiet, epochs: 50 });
    expect(history.history.loss?.at(-1)).toBeLessThan(0.05);
    expect((await model.predict([1, 2])).shape).toEqual([2, 1]);
  });

  it("is split for validation at the end, unshuffled", async () => {
    const { x, y } = points(10);
    const by = async (split: object) => {
      const model = compiled(classifier(2));
      const { history } = await model.fit(x, y, { ...quiet, batchSize: 3, epochs: 2, seed: 4, ...split });
      return { history, weights: await weightsOf(model) };
    };
    const split = await by({ validationSplit: 0.25 });
    const model = compiled(classifier(2));
    const { history } = await model.fit(sliceRows(x, 0, 7), y.slice(0, 7), {
      ...quiet,
      batchSize: 3,
      epochs: 2,
      seed: 4,
      validationData: [sliceRows(x, 7, 10), y.slice(7)],
    });
    expect(split.history).toEqual(history);
    expect(split.weights).toEqual(await weightsOf(model));
    expect(Object.keys(history)).toEqual(["loss", "accuracy", "val_loss", "val_accuracy"]);
  });

  it("goes on across epochs with stepsPerEpoch", async () => {
    const { x, y } = points(16);
    const seen: number[] = [];
    const batches = async function* () {
      for (let start = 0; start < 16; start += 4) {
        seen.push(start);
        yield { x: sliceRows(x, start, start + 4), y: y.slice(start, start + 4) };
      }
    };
    await compiled().fit(datasetFrom(batches), { ...quiet, epochs: 2, stepsPerEpoch: 2 });
    expect(seen).toEqual([0, 4, 8, 12]);
  });

  it("that can be read only once end training with their end, with a warning; what was trained stays", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const { x, y } = points(16);
    const batches = function* () {
      for (let start = 0; start < 16; start += 4)
        yield { x: sliceRows(x, start, start + 4), y: y.slice(start, start + 4) };
    };
    for (const stepsPerEpoch of [2, undefined]) {
      for (const stream of [batches(), datasetFrom(batches())]) {
        const ended = vi.fn();
        const options = {
          ...quiet,
          epochs: 5,
          ...(stepsPerEpoch && { stepsPerEpoch }),
          callbacks: [{ onTrainEnd: ended }],
        };
        const { epoch, history } = await compiled().fit(stream, options);
        expect([epoch.length, history.loss?.length]).toEqual(stepsPerEpoch ? [2, 2] : [1, 1]);
        expect(ended).toHaveBeenCalledOnce();
        expect(warn).toHaveBeenLastCalledWith(
          expect.stringContaining("the data can be read only once and have ended; training stops"),
        );
      }
    }
    warn.mockRestore();
  });

  it("may end early: the epoch does, with a warning, and the next begins anew", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const { x, y } = points(8);
    const history = await compiled().fit(dataset({ x, y }).batch(4), { ...quiet, epochs: 2, stepsPerEpoch: 3 });
    expect(history.epoch).toEqual([0, 1]);
    expect(warn).toHaveBeenCalledWith(
      "fit: the data ended after 2 of 3 steps. Give more data, or a smaller stepsPerEpoch.",
    );
    warn.mockRestore();
  });
});

describe("callbacks", () => {
  it("are called in Keras's order", async () => {
    const seen: string[] = [];
    const recorder = Object.fromEntries(
      [
        "onTrainBegin",
        "onTrainEnd",
        "onEpochBegin",
        "onEpochEnd",
        "onTrainBatchBegin",
        "onTrainBatchEnd",
        "onTestBegin",
        "onTestEnd",
        "onTestBatchBegin",
        "onTestBatchEnd",
      ].map((hook) => [hook, () => void seen.push(hook.slice(2))]),
    ) as Callback;
    const { x, y } = points(8);
    await compiled().fit(x, y, { ...quiet, batchSize: 4, validationSplit: 0.5, callbacks: [recorder] });
    expect(seen).toEqual([
      "TrainBegin",
      "EpochBegin",
      "TrainBatchBegin",
      "TrainBatchEnd",
      "TestBegin",
      "TestBatchBegin",
      "TestBatchEnd",
      "TestEnd",
      "EpochEnd",
      "TrainEnd",
    ]);
  });

  it("stop training within an epoch or after it", async () => {
    const { x, y } = points(16);
    let batches = 0;
    const history = await compiled().fit(x, y, {
      ...quiet,
      batchSize: 4,
      epochs: 5,
      callbacks: [
        {
          onTrainBatchEnd(batch, _logs, { model }) {
            batches++;
            model.stopTraining = batch === 1;
          },
        },
      ],
    });
    expect(batches).toBe(2);
    expect(history.epoch).toEqual([0]);
  });

  it("may add to the logs, and evaluate or predict in between", async () => {
    const { x, y } = points(8);
    const model = compiled();
    const { history } = await model.fit(x, y, {
      ...quiet,
      epochs: 2,
      callbacks: [
        {
          async onEpochEnd(_epoch, logs) {
            logs.extra = (await model.evaluate(x, y)).accuracy as number;
          },
        },
      ],
    });
    expect(history.extra).toHaveLength(2);
  });

  it("validates only in the epochs of validationFreq", async () => {
    const { x, y } = points(8);
    const { history } = await compiled().fit(x, y, {
      ...quiet,
      epochs: 5,
      validationData: [x, y],
      validationFreq: [1, 4],
    });
    expect(history.loss).toHaveLength(5);
    expect(history.val_loss).toHaveLength(2);
  });

  it("leave others time to run", async () => {
    const { x, y } = points(4000);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    const model = compiled();
    // Trains until the timer has had its turn, however fast the machine; without pauses it never would.
    const untilTick: Callback = {
      onEpochEnd: () => {
        if (ticks > 0) model.stopTraining = true;
      },
    };
    await model.fit(x, y, { ...quiet, batchSize: 4, epochs: 300, callbacks: [untilTick] });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(0);
  });
});

describe("several inputs and outputs", () => {
  function twoByTwo(): Model {
    const [a, b] = [input([2], { name: "a" }), input([3], { name: "b" })];
    const both = addLayer().apply([dense(4, { name: "fromA" }).apply(a), dense(4, { name: "fromB" }).apply(b)]);
    return functional({
      inputs: [a, b],
      outputs: [dense(1, { name: "value" }).apply(both), dense(3, { name: "kind", activation: "softmax" }).apply(both)],
      seed: 1,
    });
  }
  const x = {
    a: { data: new Float32Array(12).fill(0.5), shape: [6, 2] },
    b: { data: new Float32Array(18).fill(0.25), shape: [6, 3] },
  };
  const y = { value: new Float32Array(6).fill(1), kind: Int32Array.from([0, 1, 2, 0, 1, 2]) };

  it("takes losses, weights and metrics by name or in lists, and reports each output's loss", async () => {
    const ways = [
      {
        loss: { value: "mse", kind: "sparseCategoricalCrossentropy" },
        lossWeights: { value: 2, kind: 0.5 },
        metrics: { kind: ["accuracy"], value: ["mae"] },
      },
      { loss: ["mse", "sparseCategoricalCrossentropy"], lossWeights: [2, 0.5], metrics: [["mae"], ["accuracy"]] },
    ] as const;
    const logs = [];
    for (const way of ways) {
      const model = twoByTwo();
      model.compile({ optimizer: "sgd", backend, ...way });
      await model.fit(x, y, quiet);
      logs.push(await model.evaluate([x.a, x.b], [y.value, y.kind]));
    }
    const [first, second] = logs as [Logs, Logs];
    expect(Object.keys(first)).toEqual(["loss", "value_loss", "kind_loss", "value_mae", "kind_accuracy"]);
    expect(first.loss).toBeCloseTo(2 * (first.value_loss as number) + 0.5 * (first.kind_loss as number), 5);
    expect(second).toEqual(first);
  });

  it("predicts a tensor for each output", async () => {
    const model = twoByTwo();
    model.compile({ optimizer: "sgd", loss: ["mse", "sparseCategoricalCrossentropy"], backend });
    expect((await model.predictAll(x)).map(({ shape }) => shape)).toEqual([
      [6, 1],
      [6, 3],
    ]);
    await expect(model.predict(x)).rejects.toThrow(
      "predict is for models of one output. Expected 1 output, received 2. Use predictAll.",
    );
  });

  it("joins batches of predictions, the ragged last one too", async () => {
    const model = compiled();
    const whole = await (await model.predict(points(10).x, { batchSize: 100 })).data();
    const parts = await (await model.predict(points(10).x, { batchSize: 4 })).data();
    expect(Array.from(parts)).toEqual(Array.from(whole));
    expect((await model.predictOnBatch(points(3).x)).shape).toEqual([3, 2]);
  });
});

describe("memory", () => {
  it("stays constant over many steps: tfjs mistake 9", async () => {
    const { backend: counting, counts } = countingBackend();
    const allocate = vi.spyOn(counting, "allocate");
    const model = compiled(
      sequential([flatten({ inputShape: [4] }), dropout(0.1), dense(2, { activation: "softmax" })], { seed: 1 }),
      { backend: counting },
    );
    const { x, y } = points(10);
    await model.fit(x, y, { ...quiet, batchSize: 4, epochs: 2, validationSplit: 0.2 });
    const [loads, allocations] = [counts.loads, allocate.mock.calls.length];
    await model.fit(x, y, { ...quiet, batchSize: 4, epochs: 300, validationSplit: 0.2 });
    expect([counts.loads, allocate.mock.calls.length]).toEqual([loads, allocations]);
  });
});
