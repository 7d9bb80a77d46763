import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { dataset } from "../../src/data/dataset.ts";
import { fillName } from "../../src/io/checkpoint/fill-name.ts";
import { loadWeights, modelCheckpoint, resume, type Source } from "../../src/io/index.ts";
import { batchNormalization, dense, dropout, lstm } from "../../src/nn/layers/index.ts";
import { adam, cosineDecay, sgd } from "../../src/optim/index.ts";
import type { Optimizer } from "../../src/optim/optimizer.ts";
import { optimizerNames } from "../../src/optim/optimizers.ts";
import { Variable } from "../../src/tensor/variable.ts";
import type { Callback } from "../../src/train/callback.ts";
import { earlyStopping } from "../../src/train/callbacks/early-stopping.ts";
import { reduceLrOnPlateau } from "../../src/train/callbacks/reduce-lr-on-plateau.ts";
import { swapEmaWeights } from "../../src/train/callbacks/swap-ema-weights.ts";
import type { Model } from "../../src/train/model.ts";
import { getOptimizerState } from "../../src/train/optimizer-state.ts";
import type { FitOptions } from "../../src/train/options.ts";
import { sequential } from "../../src/train/sequential.ts";

const directory = mkdtempSync(join(tmpdir(), "aretejs-checkpoint-"));
afterAll(() => rmSync(directory, { recursive: true }));
const backend = js();

const x = Array.from({ length: 22 }, (_, i) => [Math.sin(i), Math.cos(3 * i), (i % 5) / 5]);
const y = x.map(([a = 0, b = 0]) => (a + b > 0 ? 1 : 0));

/** A network with all that has state besides weights: dropout, moving averages, a metric with labels' shape. */
function makeModel(optimizer: Optimizer): Model {
  const model = sequential(
    [
      dense(4, { activation: "tanh", inputShape: [3] }),
      batchNormalization(),
      dropout(0.3),
      dense(2, { activation: "softmax" }),
    ],
    { seed: 5 },
  );
  model.compile({ optimizer, loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"], backend });
  return model;
}

/** Everything that a run ends with. */
async function endOf(model: Model, history: { epoch: number[]; history: object }) {
  return {
    weights: (await model.getWeights()).map(({ data }) => [...data]),
    optimizer: JSON.stringify(await getOptimizerState(model)),
    history: JSON.stringify({ ...history.history, epoch: history.epoch }),
  };
}

interface Run {
  readonly make: () => Model;
  readonly options?: FitOptions;
  readonly callbacks?: () => Callback[];
  readonly train?: (model: Model, options: FitOptions) => ReturnType<Model["fit"]>;
}

const trainOnArrays = (model: Model, options: FitOptions) => model.fit(x, y, options);

/** Stops a run with an error behind its checkpoint of a batch or epoch, and goes on in a new model. */
async function interrupted(
  { make, options, callbacks = () => [], train = trainOnArrays }: Run,
  saveFreq: number | "epoch",
  crashAt: number,
) {
  const store = new Map<string, Uint8Array<ArrayBuffer>>();
  const target = {
    read: (name: string) => store.get(name),
    write: (bytes: Uint8Array<ArrayBuffer>, name: string) => {
      store.set(name, bytes);
      if (++writes === crashAt) throw new Error("killed");
    },
  };
  let writes = 0;
  const all = () => [...callbacks(), modelCheckpoint({ target, saveFreq })];
  const begun = make();
  await expect(train(begun, { verbose: 0, ...options, callbacks: all() })).rejects.toThrow("killed");
  const resumed = make();
  const history = await train(resumed, {
    ...(await resume(resumed, target, { verbose: 0, ...options, callbacks: all() })),
  });
  return endOf(resumed, history);
}

async function uninterrupted({ make, options, callbacks = () => [], train = trainOnArrays }: Run) {
  const model = make();
  return endOf(model, await train(model, { verbose: 0, ...options, callbacks: callbacks() }));
}

const sequences = x.map((row) => row.map((value) => [value]));
const pairs = x.map((row) => row.slice(1));

describe("a run that is resumed ends in the bits of one that was not interrupted", () => {
  it.each(Object.keys(optimizerNames.known))("%s, within an epoch", async (name) => {
    const factory = await optimizerNames.find(name);
    const make = () => {
      const model = sequential([dense(2, { activation: "softmax", inputShape: [3] })], { seed: 5 });
      model.compile({ optimizer: factory(), loss: "sparseCategoricalCrossentropy", backend });
      return model;
    };
    const run = { make, options: { epochs: 2, batchSize: 6 } };
    expect(await interrupted(run, 1, 6)).toEqual(await uninterrupted(run));
  });

  const decay = () => cosineDecay({ initialLearningRate: 0.1, decaySteps: 20 });
  const runs: Readonly<Record<string, Run>> = {
    "a schedule, averages and accumulated gradients": {
      make: () => makeModel(adam({ learningRate: decay(), useEma: true, gradientAccumulationSteps: 4, clipNorm: 1 })),
      options: { epochs: 3, batchSize: 4 },
    },
    "callbacks that count": {
      make: () => makeModel(sgd(0.5)),
      callbacks: () => [reduceLrOnPlateau({ patience: 1 }), earlyStopping({ patience: 3, restoreBestWeights: true })],
      options: { epochs: 12, batchSize: 5, validationSplit: 0.3 },
    },
    "averages that are swapped in between epochs": {
      make: () => makeModel(adam({ useEma: true, emaMomentum: 0.5 })),
      callbacks: () => [swapEmaWeights({ swapOnEpoch: true })],
      options: { epochs: 4, batchSize: 5, validationSplit: 0.3 },
    },
    "epochs of a few steps": {
      make: () => makeModel(adam()),
      options: { epochs: 5, batchSize: 3, stepsPerEpoch: 4, seed: 11 },
    },
    "batches in another order": {
      make: () => makeModel(adam()),
      options: { epochs: 3, batchSize: 5, shuffle: "batch" },
    },
    "a shuffled data set": {
      make: () => makeModel(adam()),
      options: { epochs: 3 },
      train: (model, options) => model.fit(dataset({ x, y }).shuffle({ seed: 3 }).batch(4), options),
    },
    "recurrent layers that go on from batch to batch": {
      make() {
        const model = sequential([lstm(3, { stateful: true, inputShape: [3, 1] }), dense(1)], { seed: 2 });
        model.compile({ optimizer: adam(), loss: "mse", backend });
        return model;
      },
      options: { epochs: 3, batchSize: 11, shuffle: false },
      train: (model, options) => model.fit(sequences, y, options),
    },
    "a metric that makes its state for the first batch": {
      make() {
        const model = sequential([dense(2, { inputShape: [3] })], { seed: 2 });
        model.compile({ optimizer: adam(), loss: "mse", metrics: ["r2Score"], backend });
        return model;
      },
      options: { epochs: 2, batchSize: 4 },
      train: (model, options) => model.fit(x, pairs, options),
    },
  };
  it.each(Object.entries(runs))("%s", async (_, run) => {
    const expected = await uninterrupted(run);
    expect(await interrupted(run, "epoch", 2)).toEqual(expected);
    expect(await interrupted(run, 1, 3)).toEqual(expected);
  });

  it("where it had ended, too", async () => {
    const run = {
      make: () => makeModel(sgd(0.5)),
      callbacks: () => [earlyStopping({ monitor: "loss", patience: 0, minDelta: 10, restoreBestWeights: true })],
      options: { epochs: 9, batchSize: 5 },
    };
    // The second epoch stops it.
    expect(await interrupted(run, "epoch", 2)).toEqual(await uninterrupted(run));
  });
});

describe("checkpoint files", () => {
  it("have the names that targets say, and are begun anew where there is none", async () => {
    const target = join(directory, "run-{epoch:02d}-{valLoss:.1f}-{loss}.safetensors");
    const model = makeModel(adam());
    const none = join(directory, "none.safetensors");
    const options = await resume(model, none, { epochs: 2, verbose: 0, validationSplit: 0.5 });
    expect(options).toEqual({ epochs: 2, verbose: 0, validationSplit: 0.5 });
    await model.fit(x, y, { ...options, callbacks: modelCheckpoint({ target }) });
    const files = readdirSync(directory).sort();
    expect(files).toHaveLength(2);
    for (const [index, file] of files.entries())
      expect(file).toMatch(new RegExp(`^run-0${index + 1}-\\d\\.\\d-\\d\\.\\d{4}\\.safetensors$`));
    const other = makeModel(adam());
    const report = await loadWeights(other, join(directory, files[1] as string));
    expect(report.set).toHaveLength(8);
    expect((await endOf(other, { epoch: [], history: {} })).weights).toEqual(
      (await endOf(model, { epoch: [], history: {} })).weights,
    );
  });

  it("are refused where something does not fit, and nothing changes", async () => {
    let file: Uint8Array<ArrayBuffer> | undefined;
    const target = {
      read: () => file,
      write: (bytes: Uint8Array<ArrayBuffer>) => {
        file = bytes;
      },
    };
    const model = makeModel(adam());
    await model.fit(x, y, { verbose: 0, callbacks: [earlyStopping({ monitor: "loss" }), modelCheckpoint({ target })] });
    const source = file as unknown as Source;
    const untouched = makeModel(adam());
    const before = await endOf(untouched, { epoch: [], history: {} });
    const refused = (given: FitOptions, from: Model, message: string) =>
      expect(resume(from, source, given)).rejects.toThrow(message);
    const two = () => [earlyStopping({ monitor: "loss" }), modelCheckpoint({ target })];
    await refused(
      {},
      untouched,
      "resume: the callbacks must be those of the run, in their order. Expected 2 callbacks, received 0",
    );
    await refused(
      { callbacks: two(), seed: 9 },
      untouched,
      "resume: the seed must be that of the run. Expected 5, received 9",
    );
    await refused({ callbacks: two(), initialEpoch: 1 }, untouched, "the checkpoint says where to go on");
    await refused(
      { callbacks: two() },
      makeModel(sgd()),
      "the optimizer must be that of the run. Expected adam, received sgd",
    );
    const wider = sequential([dense(2, { inputShape: [3] })]);
    wider.compile({ optimizer: adam(), loss: "mse", backend });
    await refused({ callbacks: two() }, wider, "the arrays must be the weights of the model");
    await expect(resume(sequential([dense(2, { inputShape: [3] })]), source)).rejects.toThrow("needs a compiled model");
    expect(await endOf(untouched, { epoch: [], history: {} })).toEqual(before);
    const options = await resume(untouched, source, { callbacks: two(), verbose: 0 });
    await expect(untouched.fit(x.slice(1), y.slice(1), { ...options, batchSize: 7 })).rejects.toThrow(
      "resume: the data of the run must be the same. Expected 1 batches in an epoch, received 3",
    );
  });

  it.each([
    ["{epoch}-{valLoss}.safetensors", {}, /unknown value in target.* received "val_loss"/, 0],
    ["{batch}.safetensors", {}, /received "batch"/, 0],
    ["{batch}-{valLoss}.safetensors", { saveFreq: 3, validationSplit: 0.3 }, /received "val_loss"/, 0],
    ["{epoch}-{accurac}.keras", {}, /Did you mean "accuracy"/, 1],
  ])("%s is refused as training begins", async (name, given, message, steps) => {
    const { saveFreq = "epoch", ...options }: { saveFreq?: number | "epoch"; validationSplit?: number } = given;
    const model = makeModel(sgd());
    const callbacks = modelCheckpoint({ target: join(directory, name), saveFreq });
    await expect(model.fit(x, y, { verbose: 0, batchSize: 4, ...options, callbacks })).rejects.toThrow(message);
    expect(model.optimizer.rawSteps).toBe(steps);
  });

  it("may have values in their names that callbacks before add to the logs", async () => {
    const adds: Callback = {
      onEpochEnd(_, logs) {
        logs.extra = 7;
      },
    };
    const callbacks = [adds, modelCheckpoint({ target: join(directory, "with-{extra}-{valLoss:.0f}.keras") })];
    await makeModel(sgd()).fit(x, y, { epochs: 1, verbose: 0, validationSplit: 0.3, callbacks });
    expect(readdirSync(directory).filter((name) => name.startsWith("with-"))).toEqual(["with-7-1.keras"]);
  });

  it.each(["keras", "safetensors"])("read each weight once for a .%s file", async (format) => {
    const model = makeModel(sgd());
    const read = vi.spyOn(Variable.prototype, "read");
    const callbacks = modelCheckpoint({ target: join(directory, `once.${format}`) });
    await model.fit(x, y, { epochs: 1, batchSize: 22, verbose: 0, callbacks });
    const variables = read.mock.contexts as Variable[];
    read.mockRestore();
    for (const variable of model.variables) expect(variables.filter((each) => each === variable)).toHaveLength(1);
  });

  it("are read with a limit and with progress", async () => {
    const target = join(directory, "limited.safetensors");
    const callbacks = modelCheckpoint({ target });
    await makeModel(sgd()).fit(x, y, { epochs: 1, verbose: 0, callbacks });
    const model = makeModel(sgd());
    await expect(resume(model, target, { callbacks }, { maxBytes: 100 })).rejects.toThrow("at most 100 bytes");
    const done: number[] = [];
    await resume(model, target, { callbacks }, { onProgress: (count) => done.push(count) });
    expect(done.at(-1)).toBe(statSync(target).size);
  });

  it("are not written with what they cannot hold", async () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = [cyclic];
    let deep: unknown = [];
    for (let i = 0; i < 300; i++) deep = [deep];
    for (const state of [cyclic, { deep }]) {
      const callbacks: Callback[] = [
        { getState: () => state, setState: () => {} },
        modelCheckpoint({ target: join(directory, "cyclic.safetensors") }),
      ];
      await expect(makeModel(sgd()).fit(x, y, { epochs: 1, verbose: 0, callbacks })).rejects.toThrow(
        /cannot be kept in a file\. Expected numbers, .*received more than 200 levels/,
      );
    }
    expect(readdirSync(directory)).not.toContain("cyclic.safetensors");
  });

  it("need the callback last, a format, and a target", async () => {
    const target = { read: () => undefined, write: () => {} };
    const callbacks = [modelCheckpoint({ target }), earlyStopping({ monitor: "loss" })];
    await expect(makeModel(adam()).fit(x, y, { verbose: 0, callbacks })).rejects.toThrow("modelCheckpoint last");
    expect(() => modelCheckpoint({ target: "run.h5" })).toThrow(
      'modelCheckpoint: the name of a checkpoint says its format. Expected a target that ends in .safetensors or .keras, received the string "run.h5".',
    );
    expect(() => modelCheckpoint({} as { target: string })).toThrow("modelCheckpoint: target must be given");
    expect(() => fillName("{accuracy}-{los}", { accuracy: 1, loss: 2 })).toThrow('Did you mean "loss"');
  });
});

/** A file in memory. */
function memoryFile() {
  let bytes: Uint8Array | undefined;
  return {
    read: () => bytes,
    write: (given: Uint8Array) => {
      bytes = given.slice();
    },
  };
}

/** One weight and one bias, to be trained on `[[0], [1], [2], [3]]`. */
function line(): Model {
  const model = sequential([dense(1, { inputShape: [1] })], { seed: 1 });
  model.compile({ optimizer: "adam", loss: "meanSquaredError" });
  return model;
}
const points = [[0], [1], [2], [3]];

it("a run is resumed with callbacks of its kinds alone", async () => {
  const target = memoryFile();
  const stop = earlyStopping({ monitor: "loss", patience: 5 });
  await line().fit(points, points, { epochs: 1, verbose: 0, callbacks: [stop, modelCheckpoint({ target })] });
  const model = line();
  const before = await model.getWeights();
  for (const other of [reduceLrOnPlateau({ monitor: "loss" }), { onEpochEnd: () => {} }])
    await expect(resume(model, target, { callbacks: [other, modelCheckpoint({ target })] })).rejects.toThrow(
      "resume: the callbacks must be those of the run, in their order. Expected as callback 0 one that keeps best, bestEpoch",
    );
  expect(await model.getWeights()).toEqual(before);
});

it("a run that was resumed is resumed again", async () => {
  const target = memoryFile();
  const lengths = [];
  for (const epochs of [1, 2, 3]) {
    const model = line();
    const callbacks = [modelCheckpoint({ target })];
    const { history } = await model.fit(points, points, await resume(model, target, { epochs, verbose: 0, callbacks }));
    lengths.push(history.loss?.length);
  }
  expect(lengths).toEqual([1, 2, 3]);
});
