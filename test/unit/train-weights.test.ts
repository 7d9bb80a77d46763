import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { datasetFrom } from "../../src/data/dataset.ts";
import type { Shape } from "../../src/ir/shape.ts";
import { dense, reshape } from "../../src/nn/layers/index.ts";
import { computeLoss, type Loss } from "../../src/nn/loss.ts";
import { type LossName, lossNames } from "../../src/nn/losses/names.ts";
import { binaryCrossentropy, categoricalCrossentropy, sparseCategoricalCrossentropy } from "../../src/nn/losses.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { placeholder, tensor } from "../../src/tensor/ops/leaf.ts";
import type { ClassWeight } from "../../src/train/class-weight.ts";
import type { Model } from "../../src/train/model.ts";
import { sequential } from "../../src/train/sequential.ts";

const backend = js();
const quiet = { verbose: 0 } as const;

/** y = x, one number per sample. */
function identity(loss: LossName | Loss = "mse"): Model {
  const made = sequential([dense(1, { inputShape: [1], kernelInitializer: "ones" })]);
  made.compile({ optimizer: sgd({ learningRate: 0 }), loss, weightedMetrics: ["mae"], backend });
  return made;
}

const x = [[1], [2], [3], [4]];
const zeros = [[0], [0], [0], [0]];
// Squares 1, 4, 9, 16 with these weights: 55/4.
const weights = [1, 1, 2, 2];
const weighted = 13.75;

describe("weights of samples", () => {
  const forms: [string, object | number, number][] = [
    ["[n]", weights, weighted],
    ["[n, 1]", weights.map((weight) => [weight]), weighted],
    ["[n, 1] of float64", { data: Float64Array.from(weights), shape: [4, 1] }, weighted],
    ["one number", 2, 15],
    ["a scalar tensor", tensor(2), 15],
  ];
  it.each(forms)("may be %s, wherever they are given", async (_, sampleWeight, expected) => {
    const made = identity();
    const given = { sampleWeight: sampleWeight as never };
    const { loss } = (await made.fit(x, zeros, { ...quiet, ...given, shuffle: false })).history as { loss: number[] };
    expect(loss).toEqual([expected]);
    expect((await made.evaluate(x, zeros, given)).loss).toBe(expected);
    expect((await made.trainOnBatch(x, zeros, given)).loss).toBe(expected);
    expect((await made.testOnBatch(x, zeros, given)).loss).toBe(expected);
    const { history } = await made.fit(x, zeros, { ...quiet, validationData: [x, zeros, given.sampleWeight] });
    expect(history.val_loss).toEqual([expected]);
    expect((await made.evaluate(datasetFrom(() => [{ x, y: zeros, ...given }]))).loss).toBe(expected);
    expect((await made.evaluate(datasetFrom(() => [[x, zeros, given.sampleWeight]]))).loss).toBe(expected);
  });

  it("must fit the loss's values", async () => {
    const text =
      /meanSquaredError|mse: sampleWeight has a weight per sample, or per value of the loss\. Expected \[4\], received \[4, 2\]/;
    await expect(
      identity().fit(x, zeros, { ...quiet, sampleWeight: weights.map((weight) => [weight, weight]) }),
    ).rejects.toThrow(text);
    await expect(identity().fit(x, zeros, { ...quiet, sampleWeight: [1, 2] })).rejects.toThrow(
      "all arrays must have the same number of samples",
    );
  });

  // What each loss takes: predictions, labels.
  const shapes: Partial<Record<LossName, [Shape, Shape]>> = {
    sparseCategoricalCrossentropy: [[4, 3], [4]],
    categoricalGeneralizedCrossEntropy: [[4, 3], [4]],
    circle: [[4, 3], [4]],
    ctc: [
      [4, 5, 3],
      [4, 2],
    ],
  };
  const perSample = Object.keys(lossNames.known).filter((name) => name !== "dice" && name !== "tversky") as LossName[];
  it.each(perSample)("[n, 1] weigh as [n] for %s", async (name) => {
    const loss = (await lossNames.find(name))({});
    const [predictions, labels] = shapes[name] ?? [
      [4, 3],
      [4, 3],
    ];
    const values = (shape: Shape, step: number) =>
      tensor(
        Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
          step === 0 ? i % 2 : 0.1 + 0.15 * ((i * step) % 5),
        ),
        shape,
      );
    const of = (shape: Shape) => computeLoss(loss, values(labels, 0), values(predictions, 3), tensor(weights, shape));
    const [flat, column] = await evaluate([of([4]), of([4, 1])], backend);
    expect(Number.isFinite(flat?.[0])).toBe(true);
    expect(column).toEqual(flat);
    expect(() =>
      computeLoss(loss, placeholder("y", labels), placeholder("p", predictions), placeholder("w", [4, 2])),
    ).toThrow("sampleWeight has a weight per sample");
  });
});

describe("weights of classes", () => {
  /** Even odds at each step: each label costs log(classes), times its weight. */
  function even(shape: readonly number[], loss: Loss): Model {
    const size = shape.reduce((a, b) => a * b, 1);
    const made = sequential([dense(size, { inputShape: [1], kernelInitializer: "zeros" }), reshape(shape)]);
    made.compile({ optimizer: sgd({ learningRate: 0 }), loss, backend });
    return made;
  }
  const lossOf = async (made: Model, y: unknown, classWeight: ClassWeight) => {
    const { history } = await made.fit([[1], [1]], y as never, { ...quiet, classWeight });
    const inBatch = await made.trainOnBatch([[1], [1]], y as never, { classWeight });
    expect(inBatch.loss).toBeCloseTo(history.loss?.[0] as number, 5);
    const stream = await made.fit(
      datasetFrom(() => [{ x: [[1], [1]], y: y as never }]),
      { ...quiet, classWeight },
    );
    expect(stream.history.loss?.[0]).toBeCloseTo(history.loss?.[0] as number, 5);
    return (history.loss?.[0] as number) / Math.LN2;
  };
  const logits = { fromLogits: true };
  // Labels 0, 1 and 1, 1 with weights 1 and 5: (1 + 5 + 5 + 5)/4.
  const steps = [
    [0, 1],
    [1, 1],
  ];
  const cases: [string, readonly number[], Loss, unknown][] = [
    ["sparse [n, t]", [2, 2], sparseCategoricalCrossentropy({ ...logits, name: "ce" }), steps],
    [
      "sparse [n, t, 1]",
      [2, 2],
      sparseCategoricalCrossentropy(logits),
      steps.map((row) => row.map((label) => [label])),
    ],
    [
      "one-hot [n, t, k]",
      [2, 2],
      categoricalCrossentropy(logits),
      steps.map((row) => row.map((label) => [1 - label, label])),
    ],
    [
      "one-hot [n, k, t]",
      [2, 2],
      categoricalCrossentropy({ axis: 1 }),
      steps.map((row) => [row.map((label) => 1 - label), row]),
    ],
    ["sparse [n, t] with the classes before the steps", [2, 2], sparseCategoricalCrossentropy({ axis: 1 }), steps],
    ["binary [n, t, 1]", [2, 1], binaryCrossentropy(logits), steps.map((row) => row.map((label) => [label]))],
  ];
  it.each(cases)("weigh each step of labels that are %s", async (_, shape, loss, y) => {
    // Where probabilities are wanted, these all are 1/2: equal, made to sum to 1.
    const made = even(shape, loss);
    if ("axis" in (loss.labels ?? {}) && loss.labels?.axis === 1)
      made.setWeights(
        [new Float32Array(4), new Float32Array(4).fill(0.5)].map((data, i) => ({
          data,
          shape: i === 0 ? [1, 4] : [4],
        })),
      );
    expect(await lossOf(made, y, { 0: 1, 1: 5 })).toBeCloseTo(4, 5);
  });

  it("may come as a record, a Map or a list", async () => {
    const made = even([2], sparseCategoricalCrossentropy(logits));
    for (const given of [{ 1: 5 }, new Map([[1, 5]]), [1, 5], Float32Array.of(1, 5)])
      expect(await lossOf(made, [0, 1], given)).toBeCloseTo(3, 5);
    expect(await lossOf(made, [0, 1], {})).toBeCloseTo(1, 5);
    // Keras's rule for any other loss: rounded labels, such as −1 and 1 of hinge.
    const signs = identity("hinge");
    const { history } = await signs.fit([[0], [0]], [[-1], [1]], { ...quiet, classWeight: { [-1]: 3 } });
    expect(history.loss).toEqual([2]);
  });

  const refused: [unknown, string][] = [
    [{ cat: 2 }, 'classWeight names a class that does not exist. Expected whole numbers from 0 to 1, received "cat"'],
    [{ 2: 1 }, 'Expected whole numbers from 0 to 1, received "2"'],
    [new Map([["", 1]]), 'received ""'],
    [new Map([[0.5, 1]]), "received 0.5"],
    [[1, 1, 1], 'received "2"'],
    [{ 0: -1 }, "the weight of class 0 must be a finite number ≥ 0. Expected a finite number ≥ 0, received -1"],
    [
      { 1: Number.NaN },
      "the weight of class 1 must be a finite number ≥ 0. Expected a finite number ≥ 0, received NaN",
    ],
    [{ 1: 1e300 }, "the weight of class 1 must be a finite number ≥ 0"],
    [{ 1: "5" }, "the weight of class 1 must be a finite number ≥ 0"],
    [new Set([1]), "classWeight has a weight for each class. Expected such as { 0: 1, 1: 5 }, or a Map"],
    [5, "classWeight is of the wrong kind. Expected object or list, received 5"],
    ["balanced", 'classWeight is of the wrong kind. Expected object or list, received the string "balanced"'],
  ];
  it.each(refused)("are refused as %o", async (given, text) => {
    await expect(
      even([2], sparseCategoricalCrossentropy(logits)).fit([[1], [1]], [0, 1], {
        ...quiet,
        classWeight: given as never,
      }),
    ).rejects.toThrow(text);
  });
});
