import { afterEach, describe, expect, it, vi } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { input } from "../../src/nn/input.ts";
import type { Layer } from "../../src/nn/layer.ts";
import {
  activation,
  addLayer,
  dense,
  dropout,
  embedding,
  flatten,
  lambda,
  layerNormalization,
  masking,
} from "../../src/nn/layers/index.ts";
import { computeLoss } from "../../src/nn/loss.ts";
import { meanSquaredError } from "../../src/nn/losses.ts";
import { Recording } from "../../src/nn/recording.ts";
import { mul } from "../../src/tensor/ops/elementwise.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import { ones } from "../../src/tensor/ops/shaping.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { model, sequential } from "../../src/train/index.ts";

const backend = js();
const contextOf = (layer: Layer) => new Recording(layer, { training: false, key: tensor(randomKey(1)) });
const read = async (x: Tensor | undefined) => x && Array.from((await evaluate([x], backend))[0] as ArrayLike<number>);

/** Two sequences of three steps; the second step of the first and the last two of the second are all 0. */
const steps = [
  [
    [1, 2],
    [0, 0],
    [0, 3],
  ],
  [
    [4, 0],
    [0, 0],
    [0, 0],
  ],
];
const x = tensor(steps);
const counts = [1, 0, 1, 1, 0, 0];

/** The mask behind a chain of layers. */
async function maskAfter(start: Tensor, ...layers: Layer[]): Promise<number[] | undefined> {
  const ctx = contextOf(layers[0] as Layer);
  let value = start;
  for (const layer of layers) {
    layer.ensureBuilt(value.shape);
    layer.initialize(1);
    value = layer.apply(value, ctx);
  }
  return read(ctx.maskOf(value));
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("masks", () => {
  it("are made by masking and by embedding with maskZero", async () => {
    expect(await maskAfter(x, masking())).toEqual(counts);
    expect(
      await maskAfter(
        tensor([
          [
            [5, 5],
            [5, 0],
          ],
        ]),
        masking({ maskValue: 5 }),
      ),
    ).toEqual([0, 1]);
    const indices = tensor(Int32Array.of(3, 0, 1, 0), [2, 2]);
    expect(await maskAfter(indices, embedding(4, 2, { maskZero: true }))).toEqual([1, 0, 1, 0]);
    expect(await maskAfter(indices, embedding(4, 2))).toBeUndefined();
  });

  it("pass through layers whose steps are their input's", async () => {
    const chain = [masking(), dense(3), activation("tanh"), layerNormalization(), dropout(0.5)];
    expect(await maskAfter(x, ...chain)).toEqual(counts);
  });

  it("are dropped by others, with one warning", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const drops = flatten({ name: "flat" });
    expect(await maskAfter(x, masking(), drops)).toBeUndefined();
    expect(await maskAfter(x, masking(), drops)).toBeUndefined();
    expect(warn.mock.calls).toEqual([
      [
        'flatten "flat": drops the mask of its input, because its steps are not the input\'s. Layers behind it see all steps.',
      ],
    ]);
    await maskAfter(x, flatten());
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it("of merged inputs say where one of them counts; where one has none, all count", async () => {
    const ctx = contextOf(addLayer());
    const [a, b] = [masking().apply(x, ctx), mul(x, 2)];
    ctx.setMask(
      b,
      tensor([
        [0, 0, 1],
        [0, 1, 0],
      ]),
    );
    const sum = (...inputs: Tensor[]) => ctx.maskOf(addLayer().apply(inputs, ctx));
    expect(await read(sum(a, b))).toEqual([1, 0, 1, 1, 1, 0]);
    expect(sum(a, x)).toBeUndefined();
  });

  it("can be set by a layer of one's own", async () => {
    const custom = lambda((value, ctx) => {
      const result = mul(value, 2);
      ctx.setMask(
        result,
        tensor([
          [1, 0, 0],
          [1, 1, 1],
        ]),
      );
      return result;
    });
    expect(await maskAfter(x, custom)).toEqual([1, 0, 0, 1, 1, 1]);
  });

  it("of another length are an error that names both shapes", () => {
    const ctx = contextOf(masking());
    expect(() => ctx.setMask(x, ones([2, 4]), 'lstm "l"')).toThrow(
      'lstm "l": a mask has the first axes of what it masks. Expected [2, 3], received [2, 4] (masked [2, 3, 2]).',
    );
    expect(() => ctx.setMask(x, ones([2]))).not.toThrow();
  });
});

describe("a mask at the end of a model", () => {
  /** dense of ones: predictions are 1 + the features' sum, 4 1 4 and 5 1 1. */
  const regression = () => {
    const made = sequential([
      masking({ inputShape: [3, 2] }),
      dense(1, { kernelInitializer: "ones", biasInitializer: "ones" }),
    ]);
    made.compile({ loss: "mse", optimizer: "sgd", metrics: ["mae"], weightedMetrics: ["mae"], backend });
    return made;
  };
  const y = [
    [[0], [0], [0]],
    [[0], [0], [0]],
  ];

  it("leaves masked steps out of loss and metrics", async () => {
    const logs = await regression().testOnBatch(steps, y);
    expect(logs.loss).toBeCloseTo((16 + 16 + 25) / 3, 5);
    expect(logs.mae).toBeCloseTo((4 + 4 + 5) / 3, 5);
  });

  it("goes with sample weights", async () => {
    const logs = await regression().testOnBatch(steps, y, { sampleWeight: [1, 2] });
    expect(logs.loss).toBeCloseTo((16 + 16 + 50) / 3, 5);
    expect(logs.mae).toBeCloseTo(13 / 3, 5);
    expect(logs.weighted_mae).toBeCloseTo((4 + 4 + 10) / 4, 5);
  });

  it("reaches through nested models", async () => {
    const inner = sequential([dense(1, { inputShape: [3, 2], kernelInitializer: "ones", biasInitializer: "ones" })]);
    const start = input([3, 2]);
    const outer = model({ inputs: start, outputs: inner.apply(masking().apply(start)) });
    outer.compile({ loss: "mse", backend });
    expect((await outer.testOnBatch(steps, y)).loss).toBeCloseTo(19, 5);
  });

  it("gives loss 0 where no step counts, and an error where it does not fit the values", async () => {
    const [loss, predictions, labels] = [meanSquaredError(), ones([2, 3, 1]), ones([2, 3, 1])];
    expect(
      await read(
        computeLoss(
          loss,
          labels,
          predictions,
          undefined,
          tensor([
            [0, 0, 0],
            [0, 0, 0],
          ]),
        ),
      ),
    ).toEqual([0]);
    expect(() => computeLoss(loss, ones([2, 3]), ones([2, 3]), undefined, ones([2, 3]))).toThrow(
      "meanSquaredError: the mask has a weight per sample, or per value of the loss. Expected [2], received [2, 3].",
    );
  });
});
