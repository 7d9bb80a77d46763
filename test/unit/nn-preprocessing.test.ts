import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { dataset } from "../../src/data/dataset.ts";
import { input } from "../../src/nn/input.ts";
import type { Layer } from "../../src/nn/layer.ts";
import * as layers from "../../src/nn/layers/index.ts";
import { Recording } from "../../src/nn/recording.ts";
import * as ops from "../../src/tensor/ops/index.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import { sequential } from "../../src/train/index.ts";

const x = [
  [1, 10],
  [2, 20],
  [6, 30],
];
const inference = (layer: Layer) => new Recording(layer, { training: false, key: tensor(randomKey(1)) });
const meanAndVariance = async (layer: layers.Normalization) =>
  Promise.all(layer.variables.map(async (variable) => Array.from(await variable.read())));

describe("normalization", () => {
  it("takes means of features for windows of them, as Keras does, whichever it sees first", async () => {
    const windows = [x, x];
    const same = sequential([layers.normalization({ mean: [3, 20], variance: [14 / 3, 200 / 3] })]);
    const values = (await (await same.predict(x)).array<number[][]>()).flat();
    const rows = layers.normalization();
    await rows.adapt(x);
    const built = layers.normalization();
    built.ensureBuilt([null, 3, 2]);
    await built.adapt(x);
    for (const layer of [rows, built]) {
      const model = sequential([layer, layers.flatten()]);
      const all = await (await model.predict(windows)).array();
      expect(all).toEqual([values, values]);
    }
    const narrow = layers.normalization({ name: "n", axis: [1, 2] });
    narrow.ensureBuilt([null, 3, 2]);
    await expect(narrow.adapt([1, 2])).rejects.toThrow(
      'normalization "n": data must fit the layer. Expected [3, 2] at axes [-2, -1], received [2].',
    );
  });

  it("adapts to nested and typed arrays, tensors, datasets and batches", async () => {
    const expected = [
      [3, 20],
      [14 / 3, 200 / 3],
    ].map((list) => list.map(Math.fround));
    const given = [
      x,
      tensor(x),
      { data: Float32Array.from(x.flat()), shape: [3, 2] },
      dataset({ x, y: [0, 1, 1] }).batch(2),
      [tensor([[1, 10]]), { data: [2, 20, 6, 30], shape: [2, 2] }],
      dataset({ x })
        .batch(1)
        .map(({ x: rows }) => [rows, 0] as const),
    ];
    for (const data of given) {
      const layer = layers.normalization();
      await layer.adapt(data);
      const found = await meanAndVariance(layer);
      found.flat().forEach((value, index) => {
        expect(value).toBeCloseTo(expected.flat()[index] as number, 4);
      });
    }
  });

  it("is adapted before training, keeps what it found, and is not trained", async () => {
    const adapted = layers.normalization({ inputShape: [2] });
    await adapted.adapt(x);
    const network = sequential([adapted, layers.dense(1)], { seed: 1 });
    network.compile({ loss: "mse", optimizer: "sgd", backend: js() });
    const before = await meanAndVariance(adapted);
    await network.fit(x, [[1], [2], [3]], { epochs: 2, verbose: 0 });
    expect(await meanAndVariance(adapted)).toEqual(before);
    expect(before[0]).toEqual([3, 20]);
    expect(network.trainableVariables).toHaveLength(2);
  });

  it("takes known values in every form, and as few as broadcast", async () => {
    const [mean, variance] = [
      [1, 2, 3],
      [1, 4, 16],
    ];
    const forms: [layers.NormalizationOptions["mean"], layers.NormalizationOptions["variance"]][] = [
      [mean, variance],
      [Float32Array.from(mean), Float64Array.from(variance)],
      [[mean], [[variance]]],
      [tensor(mean), tensor(variance, [1, 1, 3])],
      [
        { data: mean, shape: [1, 3] },
        { data: Int32Array.from(variance), shape: [3] },
      ],
    ];
    const given = tensor([[2, 4, 7]]);
    for (const [m, v] of forms) {
      const layer = layers.normalization({ mean: m as never, variance: v as never });
      const copy = layers.normalization(JSON.parse(JSON.stringify(layer.getConfig())));
      for (const each of [layer, copy]) {
        each.ensureBuilt([null, 3]);
        expect(Array.from((await evaluate([each.apply(given, inference(each))], js()))[0] as Float32Array)).toEqual([
          1, 1, 1,
        ]);
      }
    }
    const ranks: [object, readonly number[]][] = [
      [{ axis: [1, 2], mean: [1, 2], variance: 1 }, [0, 0, 2, 2]],
      [{ axis: [1, 2], mean: [[1], [3]], variance: [1, 4] }, [0, 0.5, 0, 0.5]],
      [{ axis: 1, mean: Float32Array.of(1, 3), variance: tensor(1) }, [0, 1, 0, 1]],
      [{ axis: null, mean: [[2]], variance: [4] }, [-0.5, 0, 0.5, 1]],
    ];
    for (const [options, expected] of ranks) {
      const layer = layers.normalization(options);
      layer.ensureBuilt([null, 2, 2]);
      const [y] = await evaluate(
        [
          layer.apply(
            tensor([
              [
                [1, 2],
                [3, 4],
              ],
            ]),
            inference(layer),
          ),
        ],
        js(),
      );
      expect(Array.from(y as Float32Array)).toEqual(expected);
    }
  });

  it("says what is missing or does not fit", async () => {
    expect(() => layers.normalization({ mean: 1 })).toThrow("mean and variance are given together");
    expect(() => layers.normalization({ mean: 1, variance: -1 })).toThrow(
      "Expected numbers, variances ≥ 0, received a variance below 0",
    );
    expect(() => layers.normalization({ mean: [1, Number.NaN], variance: 1 })).toThrow(
      "mean of normalization: must be known, finite numbers",
    );
    expect(() => layers.normalization({ mean: ops.add(tensor([1, 2]), 1), variance: 1 })).toThrow(
      "Expected finite numbers, or a constant tensor, received elementwise",
    );
    expect(() =>
      layers.normalization({ name: "n", axis: [1, 2], mean: [[1, 2]], variance: [1, 2, 3] }).apply(input([2, 2])),
    ).toThrow('normalization "n": a variance for each place along the axis. Expected [2, 2], received [3].');
    expect(() => layers.normalization({ name: "n", mean: [1, 2], variance: [1, 2] }).apply(input([3]))).toThrow(
      'normalization "n": a mean for each place along the axis. Expected [3], received [2].',
    );
    expect(() => layers.normalization({ mean: "1" as never, variance: 1 })).toThrow(
      "mean of normalization: arrays hold numbers only",
    );
    expect(() => layers.normalization({ mean: null as never, variance: 1 })).toThrow(
      "mean and variance are given together",
    );
    expect(() => layers.normalization({ axis: 5 }).apply(input([3]))).toThrow("axis must be within the rank");
    await expect(layers.normalization({ mean: 1, variance: 1 }).adapt(x)).rejects.toThrow(
      "mean and variance were given",
    );
    await expect(layers.normalization().adapt([])).rejects.toThrow("adapt needs data");
    const layer = layers.normalization({ name: "n" });
    await layer.adapt(x);
    await expect(layer.adapt([[1, 2, 3]])).rejects.toThrow(
      'normalization "n": data must fit the layer. Expected [2] at axes [-1], received [1, 3].',
    );
  });
});

describe("preprocessing layers", () => {
  it("categoryEncoding passes over what is out of range", async () => {
    const layer = layers.categoryEncoding(3, { outputMode: "count" });
    const [y] = await evaluate(
      [layer.call(tensor(Int32Array.of(0, 2, 2, 3, -1, 1), [2, 3]), {} as never) as ReturnType<typeof tensor>],
      js(),
    );
    expect([...(y as Float32Array)]).toEqual([1, 0, 2, 0, 1, 0]);
    expect(layer.apply(input([4], { dtype: "int32" })).shape).toEqual([null, 3]);
    expect(layers.categoryEncoding(3, { outputMode: "oneHot" }).apply(input([1], { dtype: "int32" })).shape).toEqual([
      null,
      3,
    ]);
  });

  it("refuse options that mean nothing", () => {
    expect(() => layers.rescaling(Number.NaN)).toThrow("rescaling: scale and offset must be numbers.");
    expect(() => layers.categoryEncoding(0)).toThrow(
      "categoryEncoding: numTokens must be a whole number. Expected an integer ≥ 1, received 0.",
    );
    expect(() => layers.categoryEncoding(3, { outputMode: "tfIdf" as "count" })).toThrow(
      "categoryEncoding: unknown outputMode. Expected one of oneHot, multiHot, count, received tfIdf.",
    );
    const tokens = input([2], { dtype: "int32" });
    expect(() => layers.categoryEncoding(3, { name: "c" }).apply([tokens, input([2])])).toThrow(
      'categoryEncoding "c": weights are for outputMode "count"',
    );
    expect(() => layers.categoryEncoding(3, { name: "c", outputMode: "count" }).apply([tokens, input([3])])).toThrow(
      "Expected [null, 2], received [null, 3]",
    );
    expect(() => layers.discretization([0, 0])).toThrow("discretization: binBoundaries must rise.");
    expect(() => layers.discretization([])).toThrow("binBoundaries must rise");
    expect(() => layers.randomFlip("diagonal" as "vertical")).toThrow("randomFlip: unknown mode.");
    expect(() => layers.randomTranslation(1.1, 0)).toThrow(
      "randomTranslation: heightFactor is out of range. Expected a number or a pair of numbers in [-1, 1], received 1.1.",
    );
    expect(() => layers.randomTranslation(0, [0, 0.5, 1] as never)).toThrow("widthFactor is out of range");
    expect(() => layers.randomTranslation(-1, [1, -1])).not.toThrow();
    expect(() => layers.randomRotation(-1.1)).toThrow("factor is out of range");
    expect(() => layers.randomZoom([-1, 0])).toThrow("heightFactor is out of range");
    expect(() => layers.randomContrast(-0.1)).toThrow("randomContrast: factor is out of range");
    expect(() => layers.randomContrast(0.5, { valueRange: [1, 1] })).toThrow(
      "valueRange is the least and the largest value",
    );
    expect(() => layers.randomBrightness(1.5)).toThrow("factor is out of range");
    expect(() => layers.randomRotation(0.1, { interpolation: "cubic" as "nearest" })).toThrow(
      'unknown interpolation. Expected "nearest" or "bilinear"',
    );
    expect(() => layers.resizing(0, 3)).toThrow(
      "resizing: height and width must be whole numbers. Expected integers ≥ 1, received [0, 3].",
    );
    expect(() => layers.centerCrop(2, 1.5)).toThrow("centerCrop: height and width");
    expect(() => layers.randomCrop(2, 0)).toThrow("randomCrop: height and width");
    expect(() => layers.resizing(2, 2, { interpolation: "cubic" as "nearest" })).toThrow("unknown interpolation");
    expect(() => layers.randomFlip("vertical", { name: "f" }).apply(input([4, 3]))).toThrow(
      'randomFlip "f": the input has another number of axes. Expected [batch, height, width, channels]',
    );
    expect(() => ops.gatherPixels(ops.zeros([1025, 128, 128, 1]), ops.zeros([1, 1, 1]), ops.zeros([1, 1, 1]))).toThrow(
      "pixels are counted up to 2^24",
    );
  });
});

describe("merging layers", () => {
  it("say what does not fit", () => {
    const pair =
      (layer: ReturnType<typeof layers.addLayer>, ...shapes: number[][]) =>
      () =>
        layer.apply(shapes.map((shape) => input(shape)));
    expect(pair(layers.subtractLayer({ name: "s" }), [3], [3], [3])).toThrow(
      'subtractLayer "s": merges two inputs. Expected a list of two, received 3.',
    );
    expect(pair(layers.averageLayer(), [3])).toThrow("merges several inputs");
    expect(pair(layers.maximumLayer(), [3], [4])).toThrow("[null, 3] with [null, 4]");
    expect(pair(layers.dotLayer([1, 2], { name: "d" }), [3, 4], [3, 5])).toThrow(
      'dotLayer "d": the two axes are equally long. Expected 3 at axis 2, received 5 (inputs [null, 3, 4] and [null, 3, 5]).',
    );
    expect(pair(layers.dotLayer(0), [3], [3])).toThrow("axis 0 is the batch");
    expect(pair(layers.dotLayer(3), [3], [3])).toThrow("axis must be within the rank");
    expect(() => layers.dotLayer([1, 2, 3] as never)).toThrow("dotLayer: axes are whole numbers.");
  });
});
