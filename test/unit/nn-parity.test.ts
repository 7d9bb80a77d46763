import { afterEach, describe, expect, it, vi } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { input } from "../../src/nn/input.ts";
import * as layers from "../../src/nn/layers/index.ts";
import { computeLoss } from "../../src/nn/loss.ts";
import {
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  sparseCategoricalCrossentropy,
  tversky,
} from "../../src/nn/losses.ts";
import { r2Score } from "../../src/nn/metrics.ts";
import { Recording } from "../../src/nn/recording.ts";
import * as ops from "../../src/tensor/ops/index.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { Model, model, sequential } from "../../src/train/index.ts";
import { weightsOf } from "./train-support.ts";

const backend = js();
const values = async (x: Tensor): Promise<number[]> => Array.from((await evaluate([x], backend))[0] as Float32Array);
const expectClose = (got: readonly number[], expected: readonly number[], digits = 4) => {
  expect(got).toHaveLength(expected.length);
  got.forEach((value, index) => {
    expect(value).toBeCloseTo(expected[index] as number, digits);
  });
};

afterEach(() => {
  vi.restoreAllMocks();
});

describe("losses as in Keras 3.16, where 3.15 was wrong", () => {
  // Two pixels of three classes, which stand along axis 1.
  const y = tensor([
    [
      [1, 0],
      [0, 1],
      [0, 0],
    ],
  ]);
  const p = tensor([
    [
      [0.8, 0.1],
      [0.1, 0.8],
      [0.1, 0.1],
    ],
  ]);

  it("label smoothing goes by the number of classes, wherever they stand", async () => {
    expectClose(await values(categoricalCrossentropy({ labelSmoothing: 0.1, axis: 1 }).call(y, p)), [0.3618, 0.3618]);
    expectClose(
      await values(categoricalFocalCrossentropy({ labelSmoothing: 0.1, axis: 1 }).call(y, p)),
      [0.03317, 0.03317],
      5,
    );
  });

  it("tversky's alpha weighs false positives, beta false negatives", async () => {
    const [labels, predictions] = [
      tensor([
        [1, 2],
        [1, 2],
      ]),
      tensor([
        [4, 1],
        [6, 1],
      ]),
    ];
    expectClose(await values(tversky({ alpha: 0.2, beta: 0.8 }).call(labels, predictions)), [-0.9444]);
    // All false positives, then all false negatives.
    expectClose(await values(tversky({ alpha: 0.9, beta: 0.1 }).call(tensor([[1, 0]]), tensor([[1, 1]]))), [
      1 - 1 / 1.9,
    ]);
    expectClose(await values(tversky({ alpha: 0.9, beta: 0.1 }).call(tensor([[1, 1]]), tensor([[1, 0]]))), [
      1 - 1 / 1.1,
    ]);
  });

  it("the adjusted r2Score counts samples, by their weights, not outputs", async () => {
    const labels = tensor([
      [0, 1, 2],
      [1, 3, 1],
      [2, 2, 0],
    ]);
    const predictions = tensor([
      [1, 1, 2],
      [1, 2, 2],
      [2, 3, 1],
    ]);
    // Residuals 1, 2, 2 of spreads 2, 2, 2: a mean score of 1 − 5/6; three samples, one regressor.
    const scored = async (weights?: Tensor) => {
      const metric = r2Score({ numRegressors: 1 });
      for (const [variable, value] of metric.update(labels, predictions, weights))
        variable.assign((await evaluate([value], backend))[0] as Float32Array);
      return values(metric.result());
    };
    expectClose(await scored(), [1 - (5 / 6) * 2]);
    expectClose(await scored(tensor([2, 2, 2])), [1 - (5 / 6) * (5 / 4)]);
  });

  it("sparse labels of pixels, with the classes first", async () => {
    const labels = tensor(Int32Array.of(0, 1, 2, 0, 1, 0), [1, 2, 3]);
    const predictions = tensor(
      Float32Array.from({ length: 18 }, (_, i) => 1 + (i % 5)),
      [1, 3, 2, 3],
    );
    const expected = [0, 1, 2, 0, 1, 0].map((label, pixel) => {
      const odds = [0, 1, 2].map((place) => 1 + ((place * 6 + pixel) % 5));
      return -Math.log((odds[label] as number) / odds.reduce((a, b) => a + b, 0));
    });
    const loss = sparseCategoricalCrossentropy({ axis: 1 });
    const result = loss.call(labels, predictions);
    expect(result.shape).toEqual([1, 2, 3]);
    expectClose(await values(result), expected, 5);
    expectClose(await values(computeLoss(loss, labels, predictions)), [expected.reduce((a, b) => a + b, 0) / 6], 5);
  });
});

describe("categorical losses of one class", () => {
  it("are warned of, once", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const losses = [
      categoricalCrossentropy(),
      categoricalFocalCrossentropy({ fromLogits: true }),
      categoricalCrossentropy({ axis: 1 }),
    ];
    for (const loss of losses) for (let time = 0; time < 2; time++) loss.call(ops.ones([4, 1]), ops.ones([4, 1]));
    expect(warn).toHaveBeenCalledTimes(3);
    expect(warn.mock.calls[0]?.[0]).toBe(
      "categoricalCrossentropy: predictions [4, 1] have one class, so nothing is learned. Use binaryCrossentropy.",
    );
    categoricalCrossentropy().call(ops.ones([4, 2]), ops.ones([4, 2]));
    categoricalCrossentropy({ axis: 1 }).call(ops.ones([4, 2, 1]), ops.ones([4, 2, 1]));
    expect(warn).toHaveBeenCalledTimes(3);
  });
});

describe("matmul with vectors, as in NumPy", () => {
  const matrix = tensor([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  const cases: [string, () => Tensor, readonly number[], readonly number[]][] = [
    ["vector · vector", () => ops.matmul(tensor([1, 2, 3]), tensor([4, 5, 6])), [], [32]],
    ["matrix · vector", () => ops.matmul(matrix, tensor([1, -1])), [3], [-1, -1, -1]],
    ["vector · matrix", () => ops.matmul(tensor([1, 0, -1]), matrix), [2], [-4, -4]],
    ["vector · matrixᵀ", () => ops.matmul(tensor([1, -1]), matrix, { transposeB: true }), [3], [-1, -1, -1]],
    ["batch · vector", () => ops.matmul(ops.ones([2, 4, 3]), tensor([1, 2, 3])), [2, 4], new Array(8).fill(6)],
    ["vector · batch", () => ops.matmul(tensor([1, 2, 3]), ops.ones([2, 3, 4])), [2, 4], new Array(8).fill(6)],
  ];
  it.each(cases)("%s", async (_, of, shape, expected) => {
    const product = of();
    expect(product.shape).toEqual(shape);
    expect(await values(product)).toEqual(expected);
  });

  it("refuses what does not fit", () => {
    expect(() => ops.matmul(tensor([1, 2]), matrix)).toThrow(
      "matmul: the last axis of a is the last but one of b (the last of a vector). Expected b [..., 2, n]",
    );
    expect(() => ops.matmul(tensor([1, 2]), tensor([1, 2, 3]))).toThrow("a [1, 2], b [3, 1]");
    expect(() => ops.matmul(1, matrix)).toThrow("matmul: the last axis of a");
  });
});

describe("models", () => {
  it("grow by layers that are added, as if they had been there from the start", async () => {
    const grown = sequential([layers.dense(3, { inputShape: [2], name: "a" })], { seed: 7 });
    grown.compile({ loss: "mse", backend });
    grown.add(layers.batchNormalization({ name: "b" }));
    grown.add(layers.dense(1, { name: "c" }));
    const whole = sequential(
      [
        layers.dense(3, { inputShape: [2], name: "a" }),
        layers.batchNormalization({ name: "b" }),
        layers.dense(1, { name: "c" }),
      ],
      {
        seed: 7,
      },
    );
    expect(grown.layers.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    expect(grown.outputs[0]?.shape).toEqual([null, 1]);
    expect(await weightsOf(grown)).toEqual(await weightsOf(whole));
    await expect(grown.fit([[1, 2]], [[1]])).rejects.toThrow("fit needs a compiled model");
    grown.compile({ loss: "mse", backend });
    await grown.fit([[1, 2]], [[1]], { verbose: 0 });
    expect(grown.pop().name).toBe("c");
  });

  it("refuse what is no layer, a name that is taken, and models of several outputs", () => {
    const made = sequential([layers.dense(3, { inputShape: [2], name: "a" })]);
    expect(() => made.add("dense" as never)).toThrow("takes a layer. Expected such as dense(10)");
    expect(() => made.add(layers.dense(1, { name: "a" }))).toThrow("layer names must be unique");
    expect(made.layers).toHaveLength(1);
    const start = input([2]);
    const two = model({ inputs: start, outputs: [layers.dense(1).apply(start), layers.dense(1).apply(start)] });
    expect(() => two.add(layers.dense(1))).toThrow("add is for models of one output");
    expect(made).toBeInstanceOf(Model);
  });
});

describe("options as in Keras", () => {
  it("prelu shares slopes along one axis", () => {
    const shape = (options: object) => {
      const layer = layers.prelu(options);
      layer.ensureBuilt([null, 4, 5]);
      return layer.variables[0]?.shape;
    };
    expect(shape({ sharedAxes: 1 })).toEqual(shape({ sharedAxes: [1] }));
    expect(shape({ sharedAxes: 1 })).toEqual([1, 5]);
  });

  it("reluLayer has no largest output with null", async () => {
    const layer = layers.reluLayer({ maxValue: null });
    expect(await values(layer.call(tensor([-1, 1e6]), {} as never) as Tensor)).toEqual([0, 1e6]);
    expect(layer.getConfig()).toMatchObject({ maxValue: null });
  });

  it("swish is silu, hardSwish hardSilu", async () => {
    for (const [other, name] of [
      ["swish", "silu"],
      ["hardSwish", "hardSilu"],
    ] as const) {
      const [a, b] = [layers.activation(other), layers.activation(name)].map(
        (layer) => layer.call(tensor([-2, 0.5, 3]), {} as never) as Tensor,
      ) as [Tensor, Tensor];
      expect(await values(a)).toEqual(await values(b));
    }
  });

  it("alphaDropout shares its noise along the axes of noiseShape", async () => {
    const layer = layers.alphaDropout(0.5, { noiseShape: [null, 1, 8] });
    const pass = (x: Tensor) =>
      layer.call(x, new Recording(layer, { training: true, key: tensor(randomKey(3)) })) as Tensor;
    const [rows, steps, features] = [4, 6, 8];
    const y = await values(pass(ops.ones([rows, steps, features])));
    const noise = new Set(y);
    expect(noise.size).toBe(2);
    for (let row = 0; row < rows; row++) {
      const first = y.slice(row * steps * features, row * steps * features + features);
      for (let step = 1; step < steps; step++)
        expect(y.slice((row * steps + step) * features, (row * steps + step + 1) * features)).toEqual(first);
    }
    expect(() => pass(ops.ones([2, 3, 4]))).toThrow(
      "noiseShape has 1 or the input's extent for each axis. Expected [2, 3, 4], received [null, 1, 8]",
    );
  });

  it("resizing crops or pads, not both", () => {
    expect(() => layers.resizing(2, 2, { cropToAspectRatio: true, padToAspectRatio: true })).toThrow(
      "resizing: images are cropped or padded to the wanted proportions",
    );
  });

  it("resizing with antialias looks at all pixels, and is for bilinear alone", async () => {
    const image = tensor([0, 0, 9, 0, 0, 0, 0, 0, 0], [1, 1, 9, 1]);
    const shrunk = async (options: object) => values(layers.resizing(1, 3, options).call(image, {} as never) as Tensor);
    // Results look at 1, 4 and 7, three pixels each way: 9·2/3 of 3 in all, 9·1/3 of 3.
    expectClose(await shrunk({ antialias: true }), [(9 * (2 / 3)) / (2 / 3 + 1 + 2 / 3 + 1 / 3), 1, 0], 5);
    expect(await shrunk({})).toEqual([0, 0, 0]);
    expect(() => layers.resizing(1, 3, { antialias: true, interpolation: "nearest" })).toThrow(
      'resizing: antialias is not for interpolation "nearest"',
    );
    expect(() => layers.resizing(1, 3, { antialias: 1 as never })).toThrow("Expected boolean, received 1");
  });

  it("margins along one axis are a number or a pair", () => {
    for (const make of [layers.cropping1d, layers.zeroPadding1d]) {
      expect(() => make([1])).toThrow("Expected an integer ≥ 0, or a pair [before, after], received [1]");
      expect(() => make([1, 2])).not.toThrow();
    }
    expect(() => layers.zeroPadding2d([1, 2])).not.toThrow();
  });
});
