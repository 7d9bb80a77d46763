import { describe, expect, it } from "vitest";
import { input } from "../../src/nn/input.ts";
import * as layers from "../../src/nn/layers/index.ts";
import * as metrics from "../../src/nn/metrics.ts";
import { muon } from "../../src/optim/muon.ts";
import * as ops from "../../src/tensor/ops/index.ts";
import { Variable } from "../../src/tensor/variable.ts";

const huge = 1e9;
const x = input([5, 3]);
const image = input([null, 8, 3]);

/** What would take minutes or end the process, if it were begun. */
const absurd: Readonly<Record<string, () => unknown>> = {
  "a variable": () => new Variable([huge], { initial: 0 }),
  zeros: () => ops.zeros([huge]),
  "a product of small extents": () => ops.zeros([1e3, 1e3, 1e3]),
  "more elements than a number counts": () => ops.zeros([2 ** 52, 2 ** 52]),
  range: () => ops.range(huge),
  oneHot: () => ops.oneHot(ops.tensor([1]), huge),
  pad: () => ops.pad(ops.tensor([1]), [[0, huge]]),
  "a broadcast sum": () => ops.add(ops.zeros([1e5, 1]), ops.zeros([1e5])),
  randomNormal: () => ops.randomNormal([huge], { seed: 1 }),
  placeholder: () => ops.placeholder("x", [huge]),
  dense: () => layers.dense(huge).apply(x),
  embedding: () => layers.embedding(huge, 8).apply(x),
  conv2d: () => layers.conv2d(huge, 3).apply(image),
  "conv2d's kernel": () => layers.conv2d(2, 3e4).apply(image),
  conv1dTranspose: () => layers.conv1dTranspose(2, 3, { strides: huge }).apply(x),
  simpleRnn: () => layers.simpleRnn(huge).apply(x),
  gru: () => layers.gru(huge).apply(x),
  lstm: () => layers.lstm(1e8).apply(x),
  multiHeadAttention: () => layers.multiHeadAttention(huge, 8).apply(x),
  repeatVector: () => layers.repeatVector(huge).apply(input([3])),
  upSampling1d: () => layers.upSampling1d(huge).apply(x),
  upSampling2d: () => layers.upSampling2d(1e5, { interpolation: "bilinear" }).apply(input([8, 8, 3])),
  zeroPadding2d: () => layers.zeroPadding2d(1e5).apply(input([8, 8, 3])),
  resizing: () => layers.resizing(1e5, 1e5).apply(image),
  centerCrop: () => layers.centerCrop(1e5, 1e5).apply(image),
  categoryEncoding: () => layers.categoryEncoding(huge).apply(x),
  adaptiveMaxPooling1d: () => layers.adaptiveMaxPooling1d(huge).apply(x),
  adaptiveAveragePooling2d: () => layers.adaptiveAveragePooling2d([2, 1e8]).apply(input([8, 8, 1])),
  spectralNormalization: () => layers.spectralNormalization(layers.dense(2), { powerIterations: huge }),
  auc: () => metrics.auc({ numThresholds: huge }),
  recallAtPrecision: () => metrics.recallAtPrecision(0.5, { numThresholds: huge }),
  meanIou: () => metrics.meanIou({ numClasses: huge }),
  muon: () => muon({ nsSteps: huge }),
};

describe("sizes that no backend holds and counts that no program can hold", () => {
  it.each(Object.entries(absurd))("%s: are refused before any work", (_, make) => {
    expect(make).toThrow(/too many (elements|windows)|must be (an integer in \[|whole numbers)/);
  });

  it("large ones that fit are not", () => {
    expect(ops.zeros([2 ** 29]).shape).toEqual([2 ** 29]);
    expect(ops.zeros([2 ** 40, 0]).shape).toEqual([2 ** 40, 0]);
    expect(layers.dense(20_000).apply(input([20_000])).shape).toEqual([null, 20_000]);
  });

  it("the message names the shape and the limit", () => {
    expect(() => ops.zeros([huge, 2])).toThrow(
      "broadcastTo: too many elements. Expected at most 2^29 (536870912), received [1000000000, 2].",
    );
    expect(() => layers.dense(huge, { name: "d" }).apply(x)).toThrow('variable "d/kernel": too many elements');
  });
});
