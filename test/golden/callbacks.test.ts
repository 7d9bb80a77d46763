import { describe, expect, it, vi } from "vitest";
import { dense } from "../../src/nn/layers/index.ts";
import { sgd } from "../../src/optim/sgd.ts";
import type { Callback, Training } from "../../src/train/callback.ts";
import { type EarlyStoppingOptions, earlyStopping } from "../../src/train/callbacks/early-stopping.ts";
import { learningRateScheduler } from "../../src/train/callbacks/learning-rate-scheduler.ts";
import { type ModelCheckpointOptions, modelCheckpoint } from "../../src/train/callbacks/model-checkpoint.ts";
import { type ReduceLrOnPlateauOptions, reduceLrOnPlateau } from "../../src/train/callbacks/reduce-lr-on-plateau.ts";
import { History } from "../../src/train/history.ts";
import type { Model } from "../../src/train/model.ts";
import { sequential } from "../../src/train/sequential.ts";
import type { Logs } from "../../src/train/step-runner.ts";
import { backend, expectClose, type GoldenValue, golden, titleOf } from "./nn-support.ts";

interface Case {
  callback: string;
  config: Record<string, unknown>;
  logs: Record<string, GoldenValue>[];
  epochs?: number;
  batchesPerEpoch?: number;
  expected: Record<string, unknown>;
}

/** One weight, which is set to the epoch's number. */
async function makeModel(learningRate = 0.5): Promise<Model> {
  const model = sequential([dense(1, { useBias: false, inputShape: [1] })]);
  model.compile({ optimizer: sgd({ learningRate }), loss: "mse", metrics: ["accuracy", "mae"], backend });
  await model.trainOnBatch([[0]], [[0]]);
  return model;
}

const trainingOf = (model: Model): Training => ({
  model,
  epochs: 100,
  steps: 1,
  validates: true,
  diagnosis: undefined,
  measures: undefined,
  callbacks: [],
  history: new History(0),
  position: { epoch: 0, batch: 0, pass: 0, dataPass: 0, dataBatch: 0 },
  lastBatch: undefined,
});

/** Feeds the logs to a callback as fit would; gives the model and what was seen after each epoch. */
async function run<T>(
  callback: Callback,
  logs: Case["logs"],
  afterEpoch: (model: Model) => T,
  rate?: number,
): Promise<{ model: Model; seen: T[] }> {
  const model = await makeModel(rate);
  const training = trainingOf(model);
  const seen: T[] = [];
  await callback.onTrainBegin?.(training);
  for (const [epoch, given] of logs.entries()) {
    await callback.onEpochBegin?.(epoch, training);
    model.setWeights([[[epoch]]]);
    await callback.onEpochEnd?.(
      epoch,
      Object.fromEntries(Object.entries(given).map(([name, value]) => [name, Number(value)])) as Logs,
      training,
    );
    seen.push(afterEpoch(model));
    if (model.stopTraining) break;
  }
  await callback.onTrainEnd?.({}, training);
  return { model, seen };
}

const numbers = (series: unknown) => ({ shape: [(series as number[]).length], data: series as number[] });

const checks: Record<string, (c: Case) => Promise<void>> = {
  async earlyStopping({ config, logs, expected }) {
    const callback = earlyStopping(config as EarlyStoppingOptions);
    if (expected.error) {
      await expect(run(callback, logs, () => 0)).rejects.toThrow('Pass mode: "min" or "max".');
      return;
    }
    const { model, seen } = await run(callback, logs, () => callback.wait);
    const [weight] = await model.getWeights();
    expect({
      epochs: seen.length,
      stopped: model.stopTraining,
      stoppedEpoch: callback.stoppedEpoch,
      best: callback.best === undefined ? null : Number.isNaN(callback.best) ? "NaN" : callback.best,
      bestEpoch: callback.bestEpoch,
      waits: seen,
      finalWeightsOfEpoch: weight?.data[0],
    }).toEqual(expected);
  },

  async reduceLrOnPlateau({ config, logs, expected }) {
    const { initialLearningRate, minLr, ...rest } = config as Partial<ReduceLrOnPlateauOptions> & {
      initialLearningRate?: number;
      minLr?: number;
    };
    const callback = reduceLrOnPlateau({ ...rest, ...(minLr !== undefined && { minLearningRate: minLr }) });
    const { seen } = await run(callback, logs, (model) => model.optimizer.learningRate, initialLearningRate);
    expectClose(seen, numbers(expected.learningRates), 1e-6);
  },

  async learningRateScheduler({ config, logs, expected }) {
    const callback = learningRateScheduler((epoch, rate) => (epoch < 3 ? rate : rate * 0.5));
    const { seen } = await run(
      callback,
      logs,
      (model) => model.optimizer.learningRate,
      config.initialLearningRate as number,
    );
    expectClose(seen, numbers(expected.learningRates), 1e-6);
  },

  async modelCheckpoint(c) {
    if (c.batchesPerEpoch !== undefined) return countBatches(c);
    const saved: number[] = [];
    const callback = modelCheckpoint({
      ...(c.config as ModelCheckpointOptions),
      save: ({ epoch }) => void saved.push(epoch),
    });
    await run(callback, c.logs, () => 0);
    expect(saved).toEqual(c.expected.savedEpochs);
    expect(callback.best ?? null).toEqual(c.expected.best);
  },
};

async function countBatches({ config, epochs = 0, batchesPerEpoch = 0, expected }: Case): Promise<void> {
  const saved: unknown[] = [];
  const callback: Callback = modelCheckpoint({
    ...(config as ModelCheckpointOptions),
    save: ({ epoch, batch }) => void saved.push([epoch, batch]),
  });
  const training = trainingOf(await makeModel());
  const logs: Logs = { loss: 1 };
  await callback.onTrainBegin?.(training);
  for (let epoch = 0; epoch < epochs; epoch++) {
    await callback.onEpochBegin?.(epoch, training);
    for (let batch = 0; batch < batchesPerEpoch; batch++) await callback.onTrainBatchEnd?.(batch, logs, training);
    await callback.onEpochEnd?.(epoch, logs, training);
  }
  expect(saved).toEqual(expected.savedBatches);
}

describe("callbacks decide as Keras's do", () => {
  it.each(golden<Case>("callbacks").map((c, index) => [`${index} ${titleOf(c.callback, c.config)}`, c] as const))(
    "%s",
    async (_, c) => {
      const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
      try {
        await checks[c.callback]?.(c);
      } finally {
        warn.mockRestore();
      }
      expect(Object.keys(checks)).toContain(c.callback);
    },
  );
});
