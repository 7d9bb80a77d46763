import { afterEach, describe, expect, it, vi } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { dataset, datasetFrom } from "../../src/data/dataset.ts";
import { input } from "../../src/nn/input.ts";
import type { Layer } from "../../src/nn/layer.ts";
import {
  dense,
  embedding,
  flatten,
  inputLayer,
  permute,
  reshape,
  softmaxLayer,
  spectralNormalization,
  timeDistributed,
} from "../../src/nn/layers/index.ts";
import type { Loss } from "../../src/nn/loss.ts";
import { categoricalGeneralizedCrossEntropy, ctc, sparseCategoricalCrossentropy } from "../../src/nn/losses.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { terminateOnNaN } from "../../src/train/callbacks/terminate-on-nan.ts";
import type { Model } from "../../src/train/model.ts";
import { model, sequential } from "../../src/train/sequential.ts";
import { weightsOf } from "./train-support.ts";

const backend = js();
const quiet = { verbose: 0 } as const;

/** Three classes from four numbers. */
function classifier(loss: Loss | "sparseCategoricalCrossentropy"): Model {
  const made = sequential([dense(3, { activation: "softmax", inputShape: [4] })], { seed: 1 });
  made.compile({ optimizer: sgd(), loss, backend });
  return made;
}

const x = () => ({ data: new Float32Array(8).fill(0.5), shape: [2, 4] });

describe("labels that number classes", () => {
  const plain = sparseCategoricalCrossentropy({ name: "ce" });
  const losses: [string, Loss | "sparseCategoricalCrossentropy"][] = [
    ["by name", "sparseCategoricalCrossentropy"],
    ["under another name", plain],
    ["in a wrapper", { ...plain, call: (y, p) => plain.call(y, p), name: "mine" }],
    ["of another loss", categoricalGeneralizedCrossEntropy()],
  ];
  it.each(losses)("are checked %s", async (_, loss) => {
    for (const [labels, value] of [
      [[0, 7], 7],
      [[0, -1], -1],
      [[0, 1.5], 1.5],
    ] as const) {
      const made = classifier(loss);
      const text = `y must hold class numbers. Expected whole numbers from 0 to 2, received ${value} (sample 1, index 1 of the data).`;
      await expect(made.fit(x(), labels, quiet)).rejects.toThrow(text);
      await expect(made.evaluate(x(), labels)).rejects.toThrow(text);
      await expect(made.trainOnBatch(x(), labels)).rejects.toThrow(text);
      await expect(made.fit(x(), [0, 1], { ...quiet, validationData: [x(), labels] })).rejects.toThrow(text);
    }
    await classifier(loss).fit(x(), [0, 2], quiet);
  });

  it("may be the class that is passed over, and no other", async () => {
    const made = classifier(sparseCategoricalCrossentropy({ ignoreClass: 255 }));
    await made.fit(x(), [255, 2], quiet);
    await expect(made.fit(x(), [254, 2], quiet)).rejects.toThrow(
      "Expected whole numbers from 0 to 2, or 255, received 254",
    );
  });

  it("are those of each output, along the axis of its classes", async () => {
    const start = input([4]);
    const pixels = softmaxLayer({ axis: 1 }).apply(reshape([3, 2]).apply(dense(6).apply(start)));
    const made = model({ inputs: start, outputs: [dense(5, { name: "five" }).apply(start), pixels] });
    made.compile({
      optimizer: sgd(),
      loss: [sparseCategoricalCrossentropy({ fromLogits: true }), sparseCategoricalCrossentropy({ axis: 1 })],
      backend,
    });
    const good = [
      [0, 4],
      [
        [0, 2],
        [1, 2],
      ],
    ];
    await made.fit(x(), good, quiet);
    await expect(made.fit(x(), [[0, 5], good[1] as number[][]], quiet)).rejects.toThrow(
      "y[0] must hold class numbers. Expected whole numbers from 0 to 4, received 5",
    );
    const bad = [
      [0, 2],
      [1, 3],
    ];
    await expect(made.fit(x(), [good[0] as number[], bad], quiet)).rejects.toThrow(
      "y[1] must hold class numbers. Expected whole numbers from 0 to 2, received 3 (sample 1, index 3 of the data)",
    );
  });

  it("of sequences are checked for ctc", async () => {
    const made = sequential([dense(3, { inputShape: [4, 2] })]);
    made.compile({ optimizer: sgd(), loss: ctc({ name: "spelling" }), backend });
    const steps = { data: new Float32Array(16), shape: [2, 4, 2] };
    await expect(
      made.fit(
        steps,
        [
          [1, 0],
          [1, 3],
        ],
        quiet,
      ),
    ).rejects.toThrow("received 3 (sample 1, index 3 of the data)");
  });
});

describe("numbers that choose a vector", () => {
  const text = (value: number, sample: number) =>
    new RegExp(
      `x feeds an embedding, so it must hold the numbers of its vectors\\. Expected whole numbers from 0 to 4, received ${value} \\(sample ${sample},`,
    );
  const graphs: [string, () => Layer[], (rows: number[][]) => object][] = [
    ["first", () => [embedding(5, 2, { inputShape: [2] }), flatten(), dense(1)], (rows) => rows],
    [
      "as floats",
      () => [inputLayer([2]), embedding(5, 2), flatten(), dense(1)],
      (rows) => ({ data: Float32Array.from(rows.flat()), shape: [2, 2] }),
    ],
    [
      "behind a reshape",
      () => [permute([1], { inputShape: [2] }), reshape([2, 1]), embedding(5, 2), flatten(), dense(1)],
      (rows) => rows,
    ],
    [
      "inside another model",
      () => [sequential([embedding(5, 2, { inputShape: [2] }), flatten()]), dense(1)],
      (rows) => rows,
    ],
    [
      "inside a wrapper",
      () => [timeDistributed(embedding(5, 2), { inputShape: [2, 1] }), flatten(), dense(1)],
      (rows) => rows.map((row) => row.map((n) => [n])),
    ],
    [
      "normalized",
      () => [spectralNormalization(embedding(5, 2), { inputShape: [2] }), flatten(), dense(1)],
      (rows) => rows,
    ],
  ];
  it.each(graphs)("must exist, and be whole: %s", async (_, layers, shaped) => {
    const made = sequential(layers(), { seed: 1 });
    made.compile({ optimizer: sgd(), loss: "mse", backend });
    const y = [[0], [0]];
    await made.fit(
      shaped([
        [0, 4],
        [1, 2],
      ]) as never,
      y,
      quiet,
    );
    for (const value of [5, -1, 0.5]) {
      const bad = shaped([
        [0, 4],
        [1, value],
      ]) as never;
      await expect(made.fit(bad, y, quiet)).rejects.toThrow(text(value, 1));
      await expect(made.evaluate(bad, y)).rejects.toThrow(text(value, 1));
      await expect(made.predict(bad)).rejects.toThrow(text(value, 1));
    }
    expect((await weightsOf(made)).every(Number.isFinite)).toBe(true);
  });

  it("are held to the smallest table that an input reaches", async () => {
    const [left, right] = [input([2], { dtype: "int32", name: "left" }), input([2], { dtype: "int32", name: "right" })];
    const shared = embedding(9, 2);
    const outputs = [shared.apply(left), shared.apply(right), embedding(4, 2).apply(flatten().apply(right))];
    const made = model({ inputs: [left, right], outputs });
    const rows = (value: number) => [[0, value]];
    await made.predictAll([rows(8), rows(3)]);
    await expect(made.predictAll([rows(9), rows(3)])).rejects.toThrow(
      "x[0] feeds an embedding, so it must hold the numbers of its vectors. Expected whole numbers from 0 to 8, received 9",
    );
    await expect(made.predictAll([rows(8), rows(4)])).rejects.toThrow(
      "x[1] feeds an embedding, so it must hold the numbers of its vectors. Expected whole numbers from 0 to 3, received 4",
    );
  });

  it("are not looked at without checkData", async () => {
    const made = sequential([embedding(5, 2, { inputShape: [1] })]);
    expect(Array.from(await (await made.predict([[5]], { checkData: false })).data())).toEqual([
      Number.NaN,
      Number.NaN,
    ]);
  });
});

describe("numbers", () => {
  it("too large for float32 are refused with their place, whatever holds them", async () => {
    const made = classifier("sparseCategoricalCrossentropy");
    const typed = { data: Float64Array.of(1, 2, 3, 4, 5, 6, 1e300, 8), shape: [2, 4] };
    const place = "(sample 1, index 6 of the data)";
    await expect(made.fit(typed, [0, 1], quiet)).rejects.toThrow(
      `x must hold finite numbers only. Expected finite numbers, of float32: up to 3.4e38, received 1e+300 ${place}.`,
    );
    await expect(
      made.predict([
        [1, 2, 3, 4],
        [5, 6, 1e300, 8],
      ]),
    ).rejects.toThrow(`received Infinity ${place}`);
    await expect(made.fit(x(), [0, 1], { ...quiet, sampleWeight: Float64Array.of(1, -1e39) })).rejects.toThrow(
      "sampleWeight must hold finite numbers only",
    );
    await made.fit({ ...typed, data: typed.data.map((value) => Math.min(value, 3.4e38)) }, [0, 1], {
      ...quiet,
      checkData: true,
      epochs: 1,
    });
  });

  it("that are not finite are found at every place, the first of several", async () => {
    for (let length = 1; length < 10; length++) {
      const made = sequential([dense(1, { inputShape: [length] })]);
      for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
        for (let place = 0; place < length; place++) {
          const data = new Float32Array(length).fill(3.4e38).fill(wrong, place);
          await expect(made.predict({ data, shape: [1, length] })).rejects.toThrow(
            `received ${wrong} (sample 0, index ${place} of the data)`,
          );
        }
    }
  });

  it("for whole-number inputs fit into 32 bits", async () => {
    const start = input([1], { dtype: "int32" });
    const made = model({ inputs: start, outputs: dense(1).apply(start) });
    await made.predict({ data: Int32Array.of(2 ** 31 - 1, -(2 ** 31)), shape: [2, 1] });
    await expect(made.predict({ data: Uint32Array.of(2 ** 31), shape: [1, 1] })).rejects.toThrow(
      "Expected whole numbers from −2³¹ to 2³¹ − 1, received 2147483648",
    );
    await expect(made.predict([[0.5]])).rejects.toThrow("x feeds an int32 input, so it must hold whole numbers");
  });
});

describe("streams", () => {
  /** The second epoch brings another label. */
  const changing = (label: number) => datasetFrom((epoch) => [{ x: x(), y: [0, epoch === 0 ? 1 : label] }]);

  it("are checked in every epoch", async () => {
    const made = classifier("sparseCategoricalCrossentropy");
    await made.fit(changing(2), { ...quiet, epochs: 2 });
    await expect(made.fit(changing(7), { ...quiet, epochs: 2 })).rejects.toThrow(
      "y must hold class numbers. Expected whole numbers from 0 to 2, received 7",
    );
    await expect(made.fit(changing(Number.NaN), { ...quiet, epochs: 2 })).rejects.toThrow(
      "y must hold finite numbers only",
    );
    await expect(made.evaluate(dataset({ x: x(), y: [0, 7] }).batch(2))).rejects.toThrow("received 7");
  });

  it("are not, without checkData", async () => {
    await classifier("sparseCategoricalCrossentropy").fit(changing(7), { ...quiet, epochs: 2, checkData: false });
  });
});

describe("a loss that is no number", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  async function diverging(options: object): Promise<string[]> {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const made = sequential([dense(1, { inputShape: [1] })], { seed: 1 });
    made.compile({ optimizer: sgd({ learningRate: 1e30 }), loss: "mse", backend });
    await made.fit([[1], [2]], [[0], [1]], { ...quiet, epochs: 8, batchSize: 1, ...options });
    return warn.mock.calls.map(([text]) => String(text));
  }

  it("is mentioned once per fit, with what to do", async () => {
    const said = await diverging({});
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^fit: the loss of epoch \d is (NaN|Infinity)\. .*terminateOnNaN/);
  });

  it("is mentioned by terminateOnNaN alone where that is there", async () => {
    const said = await diverging({ callbacks: [terminateOnNaN()] });
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^terminateOnNaN: /);
  });
});
