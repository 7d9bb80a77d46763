import { describe, expect, it, vi } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { dense } from "../../src/nn/layers/index.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { sqrt as root } from "../../src/tensor/ops/elementwise.ts";
import type { Callback, Hook, Run } from "../../src/train/callback.ts";
import type { MonitorOptions } from "../../src/train/callbacks/monitor.ts";
import {
  csvLogger,
  earlyStopping,
  lambdaCallback,
  learningRateScheduler,
  modelCheckpoint,
  reduceLrOnPlateau,
  swapEmaWeights,
  terminateOnNaN,
} from "../../src/train/index.ts";
import type { Model } from "../../src/train/model.ts";
import type { FitOptions } from "../../src/train/options.ts";
import { Progress } from "../../src/train/progress.ts";
import { learningRateRangeTest } from "../../src/train/range-test.ts";
import { sequential } from "../../src/train/sequential.ts";
import { classifier, points, runBegun, weightsOf } from "./train-support.ts";

const backend = js();
const quiet = { verbose: 0 } as const;

function compiled(options = {}, model: Model = classifier()): Model {
  model.compile({
    optimizer: sgd({ learningRate: 0.1, ...options }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
    backend,
  });
  return model;
}

const allHooks: Record<Hook, true> = {
  onTrainBegin: true,
  onTrainEnd: true,
  onEpochBegin: true,
  onEpochEnd: true,
  onTrainBatchBegin: true,
  onTrainBatchEnd: true,
  onTestBegin: true,
  onTestEnd: true,
  onTestBatchBegin: true,
  onTestBatchEnd: true,
  onPredictBegin: true,
  onPredictEnd: true,
  onPredictBatchBegin: true,
  onPredictBatchEnd: true,
};

describe("options are checked, at both ends of every range", () => {
  const refused: [() => unknown, string][] = [
    [
      () => earlyStopping({ patience: -1 }),
      "earlyStopping: patience must be an integer ≥ 0. Expected an integer ≥ 0, received -1.",
    ],
    [
      () => earlyStopping({ mode: "up" as never }),
      'earlyStopping: unknown mode. Expected one of auto, min, max, received "up".',
    ],
    [() => earlyStopping({ minDelta: Number.NaN }), "earlyStopping: minDelta must be finite"],
    [() => earlyStopping({ baseline: Number.NaN }), "earlyStopping: baseline must be a finite number"],
    [
      () => reduceLrOnPlateau({ factor: 1 }),
      "reduceLrOnPlateau: factor must be a number in (0, 1). Expected a number in (0, 1), received 1.",
    ],
    [() => reduceLrOnPlateau({ factor: 0 }), "reduceLrOnPlateau: factor must be a number in (0, 1)"],
    [() => reduceLrOnPlateau({ cooldown: -1 }), "reduceLrOnPlateau: cooldown must be an integer ≥ 0"],
    [
      () => reduceLrOnPlateau({ minLearningRate: -1 }),
      "reduceLrOnPlateau: minLearningRate must be a finite number ≥ 0",
    ],
    [() => modelCheckpoint({ saveFreq: 0 }), "modelCheckpoint: saveFreq must be an integer ≥ 1"],
    [() => modelCheckpoint({ save: "file" as never }), "modelCheckpoint: save is of the wrong kind. Expected function"],
    [() => learningRateScheduler(3 as never), "learningRateScheduler: the schedule must be a function"],
    [
      () => csvLogger("log.csv" as never),
      "csvLogger: there must be somewhere to write to. Expected a function or a stream, received log.csv.",
    ],
    [
      () => lambdaCallback({ onEpochEnds: () => {} } as never),
      'lambdaCallback: unknown hook. Expected one of 18 names, received "onEpochEnds". Did you mean "onEpochEnd"',
    ],
    [
      () => lambdaCallback({ onEpochEnd: 3 } as never),
      "lambdaCallback: onEpochEnd must be a function. Expected a function, received 3.",
    ],
  ];
  it.each(refused)("%s", (make, text) => {
    expect(make).toThrow(text);
  });
});

describe("csvLogger", () => {
  it("writes a line per epoch, with NA for what is not there", async () => {
    const written: string[] = [];
    const { x, y } = points(8);
    await compiled().fit(x, y, {
      ...quiet,
      epochs: 2,
      validationData: [x, y],
      validationFreq: 2,
      callbacks: [csvLogger((line) => void written.push(line))],
    });
    const lines = written.join("").trimEnd().split("\n");
    expect(lines[0]).toBe("epoch,loss,accuracy,val_loss,val_accuracy");
    expect(lines[1]).toMatch(/^0,[\d.]+,[\d.]+,NA,NA$/);
    expect(lines[2]).toMatch(/^1,[\d.]+,[\d.]+,[\d.]+,[\d.]+$/);
  });

  it("writes to streams, with another separator, without the names", async () => {
    const stream = {
      text: "",
      write(part: string) {
        this.text += part;
      },
    };
    const { x, y } = points(8);
    await compiled().fit(x, y, { ...quiet, callbacks: [csvLogger(stream, { separator: ";", append: true })] });
    expect(stream.text).toMatch(/^0;[\d.]+;[\d.]+\n$/);
  });
});

describe("modelCheckpoint", () => {
  it("keeps the last snapshot in memory", async () => {
    const { x, y } = points(8);
    const model = compiled();
    const checkpoint = modelCheckpoint({ monitor: "loss", saveBestOnly: true, mode: "max" });
    await model.fit(x, y, { ...quiet, epochs: 3, callbacks: [checkpoint] });
    expect(checkpoint.last).toMatchObject({ epoch: 0, batch: undefined, logs: { loss: checkpoint.best } });
    model.setWeights(checkpoint.last?.weights ?? []);
  });
});

describe("reduceLrOnPlateau and learningRateScheduler", () => {
  it("write the learning rate to the history", async () => {
    const { x, y } = points(8);
    const model = compiled({ learningRate: 0.8 });
    const { history } = await model.fit(x, y, {
      ...quiet,
      epochs: 3,
      callbacks: [learningRateScheduler((_, rate) => rate / 2)],
    });
    expect(history.learning_rate).toEqual([0.4, 0.2, 0.1]);
    expect(model.optimizer.learningRate).toBe(0.1);
  });

  it("need an optimizer made with a number", async () => {
    const { x, y } = points(8);
    await expect(
      compiled({ learningRate: () => 0.1 }).fit(x, y, { ...quiet, callbacks: [learningRateScheduler(() => 0.1)] }),
    ).rejects.toThrow("a learning rate that follows a schedule cannot be set");
    await expect(
      compiled().fit(x, y, { ...quiet, callbacks: [learningRateScheduler(() => Number.NaN)] }),
    ).rejects.toThrow(
      "learningRateScheduler: the schedule must give a learning rate. Expected a finite number ≥ 0, received NaN (epoch 0).",
    );
  });
});

describe("monitors", () => {
  const makers = {
    earlyStopping,
    reduceLrOnPlateau,
    modelCheckpoint: (options: MonitorOptions) => modelCheckpoint({ ...options, saveBestOnly: true }),
  };
  describe.each(Object.entries(makers))("%s", (name, make) => {
    const { x, y } = points(8);
    const train = (monitor: string | undefined, options: FitOptions = {}, before: Callback[] = []) =>
      compiled().fit(x, y, {
        ...quiet,
        epochs: 2,
        ...options,
        callbacks: [...before, make(monitor ? { monitor, mode: "min" } : {})],
      });

    it("refuses a value that nothing reports, with the nearest", async () => {
      await expect(train("acuracy")).rejects.toThrow(
        `${name}: unknown value to monitor. Expected one of loss, accuracy`,
      );
      await expect(train("acuracy")).rejects.toThrow('Did you mean "accuracy"?');
      await expect(train("val_acuracy", { validationData: [x, y] })).rejects.toThrow('Did you mean "val_accuracy"');
      await expect(train("val_acuracy", { validationData: [x, y], validationFreq: 2 })).rejects.toThrow(
        'Did you mean "val_accuracy"',
      );
    });

    it("refuses values of validation where there is none", async () => {
      await expect(train(undefined)).rejects.toThrow(
        `${name}: there are no data to validate with at this point. Expected one of loss, accuracy`,
      );
      await expect(train(undefined)).rejects.toThrow(
        'received monitor "val_loss". Give fit validationData or validationSplit.',
      );
    });

    it("waits for epochs that validate, and takes what a callback before it adds", async () => {
      await train("val_loss", { validationData: [x, y], validationFreq: 2 });
      await train("score", {}, [
        { onEpochEnd: (epoch, logs) => void (epoch === 0 && Object.assign(logs, { score: 1 })) },
      ]);
    });
  });

  it("of batches know no values of validation", async () => {
    const { x, y } = points(8);
    const callbacks = [modelCheckpoint({ saveBestOnly: true, saveFreq: 1 })];
    await expect(compiled().fit(x, y, { ...quiet, validationData: [x, y], callbacks })).rejects.toThrow(
      'received monitor "val_loss"',
    );
  });

  it("take any number for better than NaN, and look for values anew in each fit", async () => {
    const { x, y } = points(8);
    const losses = [Number.NaN, 3, 2, 4];
    const script: Callback = { onEpochEnd: (epoch, logs) => void Object.assign(logs, { score: losses[epoch] }) };
    const stop = earlyStopping({ monitor: "score", mode: "min", patience: 3 });
    const save = modelCheckpoint({ monitor: "score", mode: "min", saveBestOnly: true });
    await compiled().fit(x, y, { ...quiet, epochs: 4, callbacks: [script, stop, save] });
    expect([stop.best, stop.bestEpoch, save.best, save.last?.epoch]).toEqual([2, 2, 2, 2]);
    await expect(compiled().fit(x, y, { ...quiet, callbacks: [stop] })).rejects.toThrow("unknown value to monitor");
  });
});

describe("terminateOnNaN", () => {
  it("tfjs mistake 11: names the layer whose output was not finite first, and stops", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const model = sequential(
      [dense(3, { inputShape: [4], name: "fine" }), dense(3, { name: "broken" }), dense(2, { name: "after" })],
      { seed: 1 },
    );
    const weights = await model.getWeights();
    model.setWeights(
      weights.map(({ data, shape }, index) =>
        index === 2 ? { data: data.map(() => Number.POSITIVE_INFINITY) as Float32Array, shape } : { data, shape },
      ),
    );
    model.compile({ optimizer: "sgd", loss: "mse", backend });
    const watch = terminateOnNaN();
    let epochs = 0;
    await model.fit(
      points(8).x,
      { data: new Float32Array(16), shape: [8, 2] },
      { ...quiet, epochs: 3, batchSize: 4, callbacks: [watch, { onEpochEnd: () => void epochs++ }] },
    );
    expect(watch.found).toBe('the output of dense "broken" was not finite in batch 0');
    expect(epochs).toBe(1);
    expect(warn.mock.calls[0]?.[0]).toContain("training stops");
    warn.mockRestore();
  });

  it("names the gradient where all outputs were finite", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const model = sequential(
      [dense(1, { inputShape: [1], name: "only", kernelInitializer: "zeros", useBias: false })],
      { seed: 1 },
    );
    model.compile({ optimizer: "sgd", loss: (_, yPred) => (yPred.shape.length > 0 ? root(yPred) : yPred), backend });
    const watch = terminateOnNaN();
    await model.fit([[1]], [[0]], { ...quiet, callbacks: [watch] });
    expect(watch.found).toBe('the gradient of "only/kernel" in dense "only" was not finite in batch 0');
    warn.mockRestore();
  });

  it("does not disturb a run in which all is well", async () => {
    const { x, y } = points(8);
    const [watched, free] = [compiled(), compiled()];
    const watch = terminateOnNaN();
    await watched.fit(x, y, { ...quiet, epochs: 2, callbacks: [watch] });
    await free.fit(x, y, { ...quiet, epochs: 2 });
    expect(watch.found).toBeUndefined();
    expect(await weightsOf(watched)).toEqual(await weightsOf(free));
  });
});

describe("swapEmaWeights", () => {
  it("validates with the averages and trains on with the weights", async () => {
    const { x, y } = points(8);
    const seen: Record<string, number[]> = {};
    const look = (name: string, model: Model) => async () => {
      seen[name] = await weightsOf(model);
    };
    const model = compiled({ useEma: true, emaMomentum: 0.9 });
    const watcher: Callback = {
      onTrainBatchEnd: look("trained", model),
      onTestBegin: look("validated", model),
      onEpochEnd: look("ended", model),
    };
    await model.fit(x, y, { ...quiet, batchSize: 4, validationData: [x, y], callbacks: [swapEmaWeights(), watcher] });
    expect(seen.validated).not.toEqual(seen.trained);
    expect(seen.ended).toEqual(seen.trained);
    // fit itself ends with the averages.
    expect(await weightsOf(model)).toEqual(seen.validated);
  });

  it("shows callbacks behind it the averages after the last epoch, also where training was stopped", async () => {
    const { x, y } = points(8);
    const model = compiled({ useEma: true, emaMomentum: 0.9 });
    const saved = modelCheckpoint();
    const stop: Callback = {
      onEpochEnd(epoch, _logs, training) {
        training.model.stopTraining = epoch === 1;
      },
    };
    await model.fit(x, y, {
      ...quiet,
      batchSize: 2,
      epochs: 5,
      callbacks: [swapEmaWeights({ swapOnEpoch: true }), saved, stop],
    });
    expect(saved.last?.epoch).toBe(1);
    expect(saved.last?.weights.flatMap(({ data }) => [...data])).toEqual(await weightsOf(model));
  });

  it("swaps in evaluate and predict, and gives the weights back", async () => {
    const { x, y } = points(8);
    const model = compiled({ useEma: true, emaMomentum: 0.9 });
    for (let i = 0; i < 5; i++) await model.trainOnBatch(x, y);
    const plain = await weightsOf(model);
    const swap = swapEmaWeights();
    const [{ loss }, { loss: swapped }] = [
      await model.evaluate(x, y),
      await model.evaluate(x, y, { callbacks: [swap] }),
    ];
    expect(await weightsOf(model)).toEqual(plain);
    const predicted = await (await model.predict(x, { callbacks: [swap] })).data();
    expect(await weightsOf(model)).toEqual(plain);
    for (const variable of model.trainableVariables)
      variable.assign((await model.optimizer.averageOf(variable)?.read()) as Float32Array);
    expect(swapped).not.toBe(loss);
    expect((await model.evaluate(x, y)).loss).toBe(swapped);
    expect(await (await model.predict(x)).data()).toEqual(predicted);
  });

  it("refuses an optimizer without averages", async () => {
    const { x, y } = points(8);
    const expected =
      "swapEmaWeights: the optimizer must keep averages of the weights. Expected sgd({ useEma: true }), received sgd without useEma.";
    await expect(compiled().fit(x, y, { ...quiet, callbacks: [swapEmaWeights()] })).rejects.toThrow(expected);
    await expect(compiled().evaluate(x, y, { callbacks: [swapEmaWeights()] })).rejects.toThrow(expected);
  });
});

describe("lists of callbacks", () => {
  const { x, y } = points(8);

  it("hold each callback once", async () => {
    const stop = earlyStopping({ monitor: "loss" });
    const model = compiled();
    await expect(model.fit(x, y, { ...quiet, callbacks: [stop, stop] })).rejects.toThrow(
      "callbacks: each callback may be listed once",
    );
    expect(model.optimizer.rawSteps).toBe(0);
  });

  it("tell every hook of the model", async () => {
    const hooks = Object.keys(allHooks) as Hook[];
    const told: [Hook, unknown][] = [];
    const callback = Object.fromEntries(
      hooks.map((hook) => [hook, (...args: unknown[]) => void told.push([hook, (args.at(-1) as Run).model])]),
    );
    const model = compiled();
    await model.fit(x, y, { ...quiet, validationData: [x, y], callbacks: [callback] });
    await model.predict(x, { callbacks: [callback] });
    expect([...new Set(told.map(([hook]) => hook))].sort()).toEqual(hooks.sort());
    expect(told.every(([, each]) => each === model)).toBe(true);
  });

  it("leave the model usable where a hook throws", async () => {
    const hooks = Object.keys(allHooks).filter((hook) => !hook.startsWith("onPredict"));
    for (const hook of hooks) {
      const model = compiled();
      const fails = {
        [hook]: () => {
          throw new Error("by hook");
        },
      };
      await expect(
        model.fit(x, y, { ...quiet, epochs: 2, validationData: [x, y], callbacks: [fails] }),
      ).rejects.toThrow("by hook");
      expect((await model.fit(x, y, { ...quiet, epochs: 2 })).epoch).toEqual([0, 1]);
      expect(Number.isFinite((await model.evaluate(x, y)).loss)).toBe(true);
    }
  });

  it("begin anew in a second fit", async () => {
    const stop = earlyStopping({ monitor: "score", mode: "max" });
    const worse: Callback = { onEpochEnd: (epoch, logs) => void Object.assign(logs, { score: -epoch }) };
    for (let i = 0; i < 2; i++) {
      const { epoch } = await compiled().fit(x, y, { ...quiet, epochs: 9, callbacks: [worse, stop] });
      expect([epoch.length, stop.stoppedEpoch, stop.wait]).toEqual([2, 1, 1]);
    }
  });
});

describe("learningRateRangeTest", () => {
  it("gives the curve and a suggestion, and leaves everything as it was", async () => {
    const { x, y } = points(64);
    const model = compiled({ learningRate: 0.1, momentum: 0.9 });
    await model.fit(x, y, quiet);
    const before = {
      weights: await weightsOf(model),
      steps: model.optimizer.rawSteps,
      slots: await Promise.all(model.optimizer.variables.map((slot) => slot.read())),
    };
    const found = await learningRateRangeTest(model, x, y, {
      minLearningRate: 1e-4,
      maxLearningRate: 100,
      steps: 40,
      batchSize: 16,
    });
    expect(found.learningRates[0]).toBeCloseTo(1e-4, 10);
    expect(found.learningRates.length).toBe(found.losses.length);
    const lowest = found.smoothed.indexOf(Math.min(...found.smoothed));
    expect(found.suggestion).toBe((found.learningRates[lowest] as number) / 10);
    expect(found.suggestion).toBeGreaterThan(1e-4);
    expect(found.suggestion).toBeLessThanOrEqual(10);
    expect(found.chart.split("\n")).toHaveLength(14);
    expect(found.chart).toContain(Math.max(...found.smoothed).toPrecision(4));
    expect(found.chart.split("\n").at(-1)?.trim()).toMatch(/^1\.0e-4 +\d\.\de/);
    expect(await weightsOf(model)).toEqual(before.weights);
    expect(await Promise.all(model.optimizer.variables.map((slot) => slot.read()))).toEqual(before.slots);
    expect([model.optimizer.rawSteps, model.optimizer.learningRate]).toEqual([before.steps, 0.1]);
  });

  it("ends where the loss climbs, and suggests a rate that is safe", async () => {
    // Mean squared error of a line through points with x² = 1: plain descent diverges from rate 1 on.
    const model = sequential([dense(1, { useBias: false, kernelInitializer: "zeros", inputShape: [1] })], { seed: 1 });
    model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: "mse", backend });
    const [x, y] = [
      [[1], [-1], [1], [-1]],
      [[2], [-2], [2], [-2]],
    ];
    const found = await learningRateRangeTest(model, x, y, {
      minLearningRate: 1e-3,
      maxLearningRate: 100,
      steps: 60,
      batchSize: 4,
    });
    expect(found.losses.length).toBeLessThan(60);
    expect(found.suggestion).toBeGreaterThan(0.01);
    expect(found.suggestion).toBeLessThan(1);
  });

  it("checks what it is given", async () => {
    const { x, y } = points(8);
    await expect(learningRateRangeTest(compiled({ learningRate: () => 0.1 }), x, y)).rejects.toThrow(
      "the test sets the learning rate. Expected an optimizer made with a number, received a schedule.",
    );
    await expect(learningRateRangeTest(compiled(), x, y, { minLearningRate: 1, maxLearningRate: 1 })).rejects.toThrow(
      "the rates must rise. Expected maxLearningRate > 1, received 1.",
    );
    await expect(learningRateRangeTest(classifier(), x, y)).rejects.toThrow("needs a compiled model");
  });
});

describe("progress", () => {
  const training = {
    model: classifier(),
    epochs: 2,
    steps: 4,
    validates: false,
    diagnosis: undefined,
    measures: undefined,
    ...runBegun(),
  };
  const run = (isTTY: boolean, verbose: 1 | 2 = 1) => {
    const written: string[] = [];
    const progress = new Progress(verbose, { isTTY, write: (part) => void written.push(part) });
    progress.onEpochBegin(0, training);
    if (isTTY) progress.show(2, { loss: 0.5 });
    progress.onEpochEnd(0, { loss: 0.25, val_loss: 1e-7 });
    return written.join("");
  };

  it("is a plain line per epoch where there is no terminal, or verbose is 2", () => {
    const line = /^Epoch 1\/2 - 0s - [\d.]+ms\/step - loss: 0\.2500 - val_loss: 1\.000e-7\n$/;
    expect(run(false)).toMatch(line);
  });

  it("is a bar that moves on a terminal", () => {
    expect(run(true)).toMatch(
      /^\rEpoch 1\/2 ━{10}─{10} 2\/4 {2}0s left {2}loss 0\.5000\rEpoch 1\/2 - 0s .*val_loss: 1\.000e-7 *\n$/,
    );
  });

  it("is nothing with verbose 0", async () => {
    const write = vi.spyOn(process.stdout, "write");
    const { x, y } = points(8);
    await compiled().fit(x, y, quiet);
    expect(write).not.toHaveBeenCalled();
    await compiled().fit(x, y, { verbose: 2 });
    expect(write.mock.calls[0]?.[0]).toMatch(/^Epoch 1\/1 - /);
    write.mockRestore();
  });
});
