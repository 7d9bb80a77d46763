import { describe, expect, it } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { dataset } from "../../src/data/dataset.ts";
import { dense, flatten } from "../../src/nn/layers/index.ts";
import { sparseCategoricalCrossentropy } from "../../src/nn/losses.ts";
import type { Model } from "../../src/train/model.ts";
import type { FitOptions } from "../../src/train/options.ts";
import { cloneModel, sequential } from "../../src/train/sequential.ts";
import { classifier, points, weightsOf } from "./train-support.ts";

const backend = js();

function compiled(): Model {
  const model = classifier();
  model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"], backend });
  return model;
}

const x = () => points(8).x;
const y = () => points(8).y;

/** Message as a pattern in which numbers at the end of names do not matter. */
const named = (text: string) =>
  new RegExp(
    text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll("sequential_N", String.raw`sequential_?\d*`),
  );

describe("fit refuses what cannot be trained, before anything changes", () => {
  const nan = () => {
    const array = x();
    array.data[9] = Number.NaN;
    return array;
  };
  const refused: [string, (model: Model) => Promise<unknown>, string][] = [
    [
      "another shape",
      (m) => m.fit({ data: new Float32Array(24), shape: [8, 3] }, y()),
      'fit of sequential "sequential_N": x must have the model\'s input shape. Expected [null, 4], received [8, 3]. Check inputShape; the first axis counts the samples.',
    ],
    [
      "another rank",
      (m) => m.fit({ data: new Float32Array(32), shape: [8, 2, 2] }, y()),
      "Expected [null, 4], received [8, 2, 2]. Reshape it, or begin the model with flatten or reshape.",
    ],
    [
      "different numbers of samples",
      (m) => m.fit(x(), y().slice(1)),
      "all arrays must have the same number of samples. Expected 8 samples as in x, received 7 (x [8, 4], y [7]).",
    ],
    [
      "no samples",
      (m) => m.fit({ data: new Float32Array(0), shape: [0, 4] }, []),
      "there must be data. Expected at least one sample, received none.",
    ],
    ["no labels", (m) => m.fit(x(), undefined as never), "labels are needed. Expected x and y, received x alone."],
    [
      "NaN in x",
      (m) => m.fit(nan(), y()),
      "x must hold finite numbers only. Expected finite numbers, of float32: up to 3.4e38, received NaN (sample 2, index 9 of the data). Clean the data first, or set checkData to false.",
    ],
    [
      "labels beyond the classes",
      (m) => m.fit(x(), Int32Array.of(0, 1, 2, 0, 0, 0, 0, 0)),
      "y must hold class numbers. Expected whole numbers from 0 to 1, received 2 (sample 2, index 2 of the data). The last layer needs a unit for each class; classes are numbered from 0.",
    ],
    [
      "labels below 0",
      (m) => m.fit(x(), Int32Array.of(-1, 1, 0, 0, 0, 0, 0, 0)),
      "Expected whole numbers from 0 to 1, received -1 (sample 0, index 0 of the data).",
    ],
    [
      "labels with fractions",
      (m) => m.fit(x(), Float32Array.of(0.5, 1, 0, 0, 0, 0, 0, 0)),
      "Expected whole numbers from 0 to 1, received 0.5 (sample 0, index 0 of the data).",
    ],
    [
      "one-hot labels for a sparse loss",
      (m) =>
        m.fit(
          x(),
          Array.from(y(), (label) => [1 - label, label]),
        ),
      "One-hot labels go with categoricalCrossentropy",
    ],
    [
      "text",
      (m) => m.fit("x" as never, y()),
      'x: data are a tensor, a typed array, nested arrays of numbers, or { data, shape }. Expected numbers, received the string "x".',
    ],
    [
      "weights with NaN",
      (m) => m.fit(x(), y(), { sampleWeight: new Float32Array(8).fill(Number.NaN) }),
      "sampleWeight must hold finite numbers only",
    ],
    [
      "validation data of another shape",
      (m) => m.fit(x(), y(), { validationData: [[[1]], [1]] }),
      'validationData of sequential "sequential_N": x must have the model\'s input shape. Expected [null, 4], received [1, 1].',
    ],
    [
      "both kinds of weights",
      (m) => m.fit(x(), y(), { classWeight: { 0: 1 }, sampleWeight: new Float32Array(8) }),
      "classWeight and sampleWeight exclude each other. Expected one of them, received both.",
    ],
    [
      "a negative class weight",
      (m) => m.fit(x(), y(), { classWeight: { 0: -1 } }),
      "the weight of class 0 must be a finite number ≥ 0",
    ],
    [
      "a stream of something else",
      (m) => m.fit(dataset([1, 2, 3]).batch(3)),
      "a stream gives batches. Expected { x, y } or [x, y]",
    ],
    [
      "batchSize beside a dataset",
      (m) => m.fit(dataset({ x: x(), y: y() }).batch(2), { batchSize: 2 }),
      "batchSize is for arrays. Expected arrays x and y, received a dataset. Use dataset.batch(…).",
    ],
    [
      "validationSplit of a dataset",
      (m) => m.fit(dataset({ x: x(), y: y() }).batch(2), { validationSplit: 0.5 }),
      "validationSplit is for arrays. Expected arrays x and y, received a dataset. Use dataset.split(…) and validationData.",
    ],
    [
      "a dataset of single examples",
      (m) => m.fit(dataset({ x: x(), y: y() })),
      "a stream gives batches. Expected x [null, 4], received [4]. Use dataset.batch(32).",
    ],
  ];
  it.each(refused)("%s", async (_, act, text) => {
    const model = compiled();
    const before = await weightsOf(model);
    await expect(act(model)).rejects.toThrow(named(text));
    expect(await weightsOf(model)).toEqual(before);
    expect(model.optimizer.rawSteps).toBe(0);
    await model.fit(x(), y(), { verbose: 0 });
  });

  const outOfRange: [FitOptions, string][] = [
    [{ batchSize: 0 }, "batchSize must be an integer ≥ 1. Expected an integer ≥ 1, received 0."],
    [{ batchSize: 1.5 }, "batchSize must be an integer ≥ 1. Expected an integer ≥ 1, received 1.5."],
    [{ epochs: 0 }, "epochs must be an integer ≥ 1. Expected an integer ≥ 1, received 0."],
    [{ initialEpoch: -1 }, "initialEpoch must be an integer ≥ 0"],
    [
      { epochs: 2, initialEpoch: 3 },
      "epochs (where training ends, not how many are added to initialEpoch) must be an integer ≥ 3. Expected an integer ≥ 3, received 2.",
    ],
    [{ stepsPerEpoch: 0 }, "stepsPerEpoch must be an integer ≥ 1"],
    [{ validationSteps: 0 }, "validationSteps must be an integer ≥ 1"],
    [{ validationBatchSize: 0 }, "validationBatchSize must be an integer ≥ 1"],
    [{ validationFreq: 0 }, "validationFreq must be an integer ≥ 1"],
    [{ validationFreq: [1, 0] }, "validationFreq must be an integer ≥ 1"],
    [{ validationSplit: 0 }, "validationSplit must be a number in (0, 1). Expected a number in (0, 1), received 0."],
    [{ validationSplit: 1 }, "validationSplit must be a number in (0, 1). Expected a number in (0, 1), received 1."],
    [
      { validationSplit: 0.99 },
      "validationSplit leaves no samples on one side. Expected at least one sample to train and one to validate with, received 0 and 8 (8 samples, validationSplit 0.99).",
    ],
    [{ seed: -1 }, "seed must be an integer in [0, 2^53)"],
    [{ seed: 0.5 }, "seed must be an integer in [0, 2^53)"],
    [{ verbose: 3 as never }, 'unknown verbose. Expected "auto", 0, 1 or 2, received 3.'],
    [{ shuffle: "rows" as never }, 'unknown shuffle. Expected true, false or "batch", received rows.'],
  ];
  it.each(outOfRange)("%o", async (options, text) => {
    await expect(compiled().fit(x(), y(), { verbose: 0, ...options })).rejects.toThrow(text);
  });

  it("looks at the numbers unless told not to", async () => {
    await expect(compiled().fit(nan(), y(), { verbose: 0, checkData: false })).resolves.toBeDefined();
    const model = classifier();
    model.compile({ optimizer: "sgd", loss: sparseCategoricalCrossentropy({ ignoreClass: 255 }), backend });
    await model.fit(x(), Int32Array.of(255, 1, 0, 0, 0, 0, 0, 0), { verbose: 0 });
  });

  it("refuses to compile, pop or dispose while it runs", async () => {
    const model = compiled();
    const running = model.fit(x(), y(), { verbose: 0 });
    const rule =
      "cannot run inside another call on the model. Expected all calls before it awaited, received a model that trains or is evaluated.";
    expect(() => model.compile({ loss: "mse" })).toThrow(`sequential "${model.name}": compile ${rule}`);
    expect(() => model.pop()).toThrow(`pop ${rule}`);
    await expect(model.dispose()).rejects.toThrow(`dispose ${rule}`);
    await running;
    model.compile({ loss: "mse" });
  });
});

describe("compile", () => {
  it("must have been called", async () => {
    const model = classifier();
    const text =
      "needs a compiled model. Expected compile({ optimizer, loss }) first, received a model that was not compiled.";
    await expect(model.fit(x(), y())).rejects.toThrow(`fit ${text}`);
    await expect(model.evaluate(x(), y())).rejects.toThrow(`evaluate ${text}`);
    await expect(model.trainOnBatch(x(), y())).rejects.toThrow(`trainOnBatch ${text}`);
    expect(() => model.optimizer).toThrow(`optimizer ${text}`);
  });

  const refused: [string, object, string][] = [
    [
      "an unknown optimizer",
      { optimizer: "addam", loss: "mse" },
      'unknown optimizer. Expected one of 14 names, received "addam". Did you mean "adam"',
    ],
    ["an unknown loss", { loss: "sparseCategoricalCrossEntropie" }, 'Did you mean "sparseCategoricalCrossentropy"'],
    ["an unknown metric", { loss: "mse", metrics: ["acuracy"] }, "unknown metric. Expected one of"],
    ["too many losses", { loss: ["mse", "mse"] }, "a list of loss has one entry per output. Expected 1, received 2."],
    ["a loss for an output that is not there", { loss: { nowhere: "mse" } }, "unknown output in loss"],
    [
      "a reduction that is none",
      { loss: sparseCategoricalCrossentropy({ reduction: "none" }) },
      "training needs one number per loss",
    ],
  ];
  it.each(refused)("refuses %s", (_, options, text) => {
    expect(() => classifier().compile(options as never)).toThrow(text);
  });

  it("leaves a model as it was when it refuses", async () => {
    const model = compiled();
    expect(() => model.compile({ loss: "nothing" as never })).toThrow("unknown loss");
    await model.fit(x(), y(), { verbose: 0 });
  });
});

describe("models", () => {
  it("are made of layers", () => {
    expect(() => sequential([])).toThrow(
      "sequential: a model is a list of layers. Expected sequential([dense(…), …]), received an empty list.",
    );
    expect(() => sequential(["dense" as never])).toThrow(
      'sequential: a model is a list of layers. Expected sequential([dense(…), …]), received the string "dense".',
    );
    expect(() => sequential([flatten({ inputShape: [2] })], { seed: -1 })).toThrow(
      "seed must be an integer in [0, 2^53)",
    );
    expect(() => cloneModel({} as never)).toThrow(
      "cloneModel: only models can be cloned. Expected a model, received {}.",
    );
  });

  it("find layers by name, with the nearest when there is none", () => {
    const model = sequential([dense(2, { inputShape: [2], name: "hidden" })]);
    expect(model.getLayer("hidden").kind).toBe("dense");
    expect(() => model.getLayer("hiden")).toThrow(
      'unknown layer. Expected one of hidden, received "hiden". Did you mean "hidden"?',
    );
  });
});
