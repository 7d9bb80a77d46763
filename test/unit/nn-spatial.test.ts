import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { compile } from "../../src/compiler/compile.ts";
import { print } from "../../src/ir/print.ts";
import { input } from "../../src/nn/input.ts";
import type { Layer } from "../../src/nn/layer.ts";
import * as layers from "../../src/nn/layers/index.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import * as ops from "../../src/tensor/ops/index.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { sequential } from "../../src/train/index.ts";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const image = (height: number, width: number, channels = 1) => input([height, width, channels]);
const numbers = async (...tensors: Tensor[]) => {
  const results = await evaluate(tensors, js());
  const others = await evaluate(tensors, await wasm());
  results.forEach((data, index) => {
    expect([...(others[index] as Float32Array)]).toEqual([...data]);
  });
  return results.map((data) => [...data]);
};

describe("pooling", () => {
  it("gives the gradient to the first of equal values, and NaN is the largest", async () => {
    const x = ops.tensor([1, 3, 3, 2, nan, 5, -inf, -inf, -inf], [1, 9, 1]);
    const y = ops.maxPool(x, 3);
    const [value, dx] = await numbers(
      y,
      gradients(ops.sum(ops.mul(y, ops.tensor([10, 20, 30], [1, 3, 1]))), [x])[0] as Tensor,
    );
    expect(value).toEqual([3, nan, -inf]);
    expect(dx).toEqual([0, 10, 0, 0, 20, 0, 30, 0, 0]);
  });

  it("a block of channels with one NaN is done with care, and infinities of both signs are no NaN", async () => {
    const channels = 16;
    const x = ops.tensor(
      Float32Array.from({ length: 4 * channels }, (_, i) =>
        i === 21 ? nan : i === 3 ? inf : i === 3 + channels ? -inf : (i * 7) % 11,
      ),
      [1, 2, 2, channels],
    );
    const y = ops.maxPool(x, 2);
    const [value, dx] = (await numbers(y, gradients(ops.sum(y), [x])[0] as Tensor)) as [number[], number[]];
    expect(value[5]).toBeNaN();
    expect(value.filter(Number.isNaN)).toHaveLength(1);
    expect(value[3]).toBe(inf);
    expect(dx[21]).toBe(1);
    expect(dx.reduce((a, b) => a + b)).toBe(channels);
  });

  it("padding wins no maximum and does not count in a mean", async () => {
    const x = ops.tensor([-1, -2, -3], [1, 3, 1]);
    const [most, mean] = await numbers(
      ops.maxPool(x, 2, { padding: "same" }),
      ops.averagePool(x, 2, { padding: "same" }),
    );
    expect(most).toEqual([-1, -3]);
    expect(mean).toEqual([-1.5, -3]);
  });

  it("an average whose windows are all full needs no table of counts", () => {
    const mean = (padding: "valid" | "same", extent: number) =>
      compile({
        outputs: { y: ops.averagePool(ops.placeholder("x", [2, extent, 3]), 2, { padding }) },
      }).program.buffers.filter(({ kind }) => kind === "constant").length;
    expect(mean("valid", 5)).toBe(0);
    expect(mean("same", 6)).toBe(0);
    expect(mean("same", 5)).toBe(1);
  });

  it("is one instruction, and says its windows when printed", () => {
    const x = ops.placeholder("x", [2, 7, 7, 3]);
    const text = print(compile({ outputs: { y: ops.maxPool(x, 3, { strides: 2, padding: "same" }) } }).program);
    expect(text).toContain(
      "pool        select 1×3×3 every 1×2×2 from 0,-1,-1: x[2, 1, 7, 7, 3], x[2, 1, 7, 7, 3] → t1[2, 1, 4, 4, 3]",
    );
    expect(text.split("\n")).toHaveLength(2);
  });

  it("names both shapes where a window is larger than its input", () => {
    expect(() => layers.maxPooling2d(3, { name: "p" }).apply(image(2, 5))).toThrow(
      'maxPooling2d "p": a window may not be larger than the padded input. Expected a window within [2, 5], received [3, 3] (input [2, 5], window [3, 3], padding "valid"). Use padding "same" or a smaller window.',
    );
    expect(layers.maxPooling2d(3, { padding: "same" }).apply(image(2, 5)).shape).toEqual([null, 1, 2, 1]);
  });

  it("refuses sizes, strides, paddings and ranks that mean nothing", () => {
    expect(() => layers.maxPooling2d(0)).toThrow(
      "maxPooling2d: poolSize must be whole numbers. Expected an integer ≥ 1, or 2 of them, received 0.",
    );
    expect(() => layers.maxPooling2d([2, 2, 2])).toThrow("received [2, 2, 2]");
    expect(() => layers.averagePooling1d(2, { strides: 0 })).toThrow(
      "averagePooling1d: strides must be whole numbers. Expected an integer ≥ 1, received 0.",
    );
    expect(() => layers.maxPooling1d(2, { padding: "causal" as "same" })).toThrow(
      'maxPooling1d: unknown padding. Expected "valid" or "same", received causal.',
    );
    expect(() => layers.maxPooling2d(2, { name: "p" }).apply(input([4, 3]))).toThrow(
      'maxPooling2d "p": the input has another number of axes. Expected [batch, height, width, channels], received [null, 4, 3].',
    );
    expect(() => layers.globalMaxPooling1d().apply(image(2, 2))).toThrow("Expected [batch, steps, channels]");
    expect(() => layers.adaptiveMaxPooling2d([1.5, 2])).toThrow(
      "adaptiveMaxPooling2d: outputSize must be whole numbers. Expected an integer ≥ 1, or 2 of them, received [1.5, 2].",
    );
    expect(() => ops.maxPool(ops.zeros([2, 3]), 2)).toThrow(
      "maxPool: pools over one to three spatial axes. Expected [batch, …spatial, channels], received [2, 3].",
    );
    expect(() => ops.averagePool(ops.zeros([1, 3, 1]), 2, { padding: [[2, 0]] })).toThrow(
      "averagePool: every window must hold an element, so padding is less than the window. Expected paddings below [2], received [[2, 0]].",
    );
    expect(() => ops.averagePool(ops.zeros([1, 3, 1]), 2, { padding: [[1, 1]] })).not.toThrow();
    expect(() => ops.adaptiveMaxPool(ops.zeros([1, 0, 2]), 1)).toThrow(
      "adaptiveMaxPool: pools over one to three spatial axes that are not empty.",
    );
  });
});

describe("depthwiseConv", () => {
  const built =
    (layer: Layer, ...shape: number[]) =>
    () =>
      layer.apply(input(shape));

  it("is a sum over taps, each channel with its own filters", async () => {
    // Two channels, two filters each: sums and differences of neighbours.
    const x = ops.tensor([1, 10, 2, 20, 4, 40], [1, 3, 2]);
    const kernel = ops.tensor([1, 1, 1, 1, 1, -1, 1, -1], [2, 2, 2]);
    const [y, causal] = await numbers(
      ops.depthwiseConv(x, kernel),
      ops.depthwiseConv(x, kernel, { padding: "causal" }),
    );
    expect(y).toEqual([3, -1, 30, -10, 6, -2, 60, -20]);
    expect(causal).toEqual([1, -1, 10, -10, 3, -1, 30, -10, 6, -2, 60, -20]);
  });

  it("names both shapes where the kernel is larger than its input or has other channels", () => {
    expect(built(layers.depthwiseConv2d([3, 5], { name: "d" }), 4, 4, 2)).toThrow(
      'depthwiseConv2d "d": a window may not be larger than the padded input. Expected a window within [4, 4], received [3, 5] (input [4, 4], window [3, 5], padding "valid"). Use padding "same" or a smaller window.',
    );
    const layer = layers.depthwiseConv2d(2, { name: "e" });
    layer.apply(image(4, 4, 3));
    expect(() => layer.apply(image(4, 4, 2))).toThrow(
      'depthwiseConv2d "e": the input must have as many channels as the layer was built for. Expected 3, received 2 (input [null, 4, 4, 2], kernel [2, 2, 3, 1]).',
    );
    expect(() => ops.depthwiseConv(ops.zeros([1, 4, 3]), ops.zeros([2, 2, 1]))).toThrow(
      "depthwiseConv: the kernel has a filter for each channel and spatial axis of the input. Expected input [batch, …spatial, channels] with one or two spatial axes, kernel [...size, channels, multiplier], received input [1, 4, 3], kernel [2, 2, 1].",
    );
  });

  it("gives the same with strides as large as kernels can count, and refuses larger ones where the layer is made", async () => {
    const x = { data: Float32Array.from({ length: 50 }, (_, i) => Math.sin(i)), shape: [1, 5, 5, 2] };
    const results = [];
    for (const strides of [5, 2 ** 28]) {
      const model = sequential([layers.depthwiseConv2d(2, { strides, inputShape: [5, 5, 2] })], { seed: 1 });
      results.push([...(await (await model.predict(x)).data())]);
    }
    expect(results[1]).toEqual(results[0]);
    for (const make of [
      (strides: number) => layers.depthwiseConv1d(2, { strides }),
      (strides: number) => layers.depthwiseConv2d(2, { strides }),
      (strides: number) => layers.separableConv1d(3, 2, { strides }),
      (strides: number) => layers.separableConv2d(3, 2, { strides }),
      (strides: number) => layers.conv1d(3, 2, { strides }),
      (strides: number) => layers.conv3d(3, 2, { strides }),
      (strides: number) => layers.conv2dTranspose(3, 2, { strides }),
      (strides: number) => layers.maxPooling2d(2, { strides }),
      (strides: number) => layers.averagePooling3d(2, { strides }),
      (dilationRate: number) => layers.depthwiseConv2d(2, { dilationRate }),
      (dilationRate: number) => layers.conv2d(3, 2, { dilationRate }),
    ]) {
      expect(() => make(2 ** 53)).toThrow("at most 268435456, received 9007199254740992.");
    }
  });

  it("refuses options that mean nothing", () => {
    expect(() => layers.depthwiseConv2d(0, { name: "d" })).toThrow(
      'depthwiseConv2d "d": kernelSize must be whole numbers. Expected an integer ≥ 1, or 2 of them, received 0.',
    );
    expect(() => layers.depthwiseConv1d(3, { strides: 0 })).toThrow(
      "strides must be whole numbers. Expected an integer ≥ 1, received 0.",
    );
    expect(() => layers.depthwiseConv2d(3, { dilationRate: [1, 0] })).toThrow(
      "dilationRate must be whole numbers. Expected an integer ≥ 1, or 2 of them, received [1, 0].",
    );
    expect(() => layers.depthwiseConv2d(3, { depthMultiplier: 0 })).toThrow(
      "depthMultiplier must be a whole number. Expected an integer ≥ 1, received 0.",
    );
    expect(() => layers.depthwiseConv2d(3, { padding: "full" as "same" })).toThrow(
      'unknown padding. Expected "valid" or "same", received full.',
    );
    expect(built(layers.depthwiseConv1d(3), 4, 4, 2)).toThrow(
      "Expected [batch, steps, channels], received [null, 4, 4, 2].",
    );
  });
});

describe("padding, cropping, up-sampling", () => {
  it("take one number, one for each axis or pairs", () => {
    const shapeAfter = (layer: Layer) => layer.apply(image(4, 5)).shape.slice(1, 3);
    expect(shapeAfter(layers.zeroPadding2d())).toEqual([6, 7]);
    expect(shapeAfter(layers.zeroPadding2d([1, 2]))).toEqual([6, 9]);
    expect(
      shapeAfter(
        layers.zeroPadding2d([
          [1, 0],
          [0, 3],
        ]),
      ),
    ).toEqual([5, 8]);
    expect(shapeAfter(layers.cropping2d([1, 2]))).toEqual([2, 1]);
    expect(shapeAfter(layers.upSampling2d([1, 3]))).toEqual([4, 15]);
    expect(layers.zeroPadding1d([0, 2]).apply(input([4, 1])).shape).toEqual([null, 6, 1]);
  });

  it("refuse margins and factors that mean nothing", () => {
    expect(() => layers.zeroPadding1d(-1)).toThrow(
      "zeroPadding1d: padding must be whole numbers. Expected an integer ≥ 0, or a pair [before, after], received -1.",
    );
    expect(() => layers.zeroPadding2d([1, 2, 3])).toThrow(
      "zeroPadding2d: padding must be whole numbers. Expected an integer ≥ 0, or 2 of them, or 2 pairs [before, after], received [1, 2, 3].",
    );
    expect(() => layers.cropping3d(0.5)).toThrow("cropping3d: cropping must be whole numbers.");
    expect(() => layers.upSampling1d(0)).toThrow(
      "upSampling1d: size must be whole numbers. Expected an integer ≥ 1, received 0.",
    );
    expect(() => layers.upSampling2d(2, { interpolation: "cubic" as "nearest" })).toThrow(
      'upSampling2d: unknown interpolation. Expected "nearest" or "bilinear" or "bicubic" or "lanczos3" or "lanczos5", received cubic.',
    );
    expect(() => layers.cropping2d([2, 0], { name: "c" }).apply(image(4, 5))).toThrow(
      'cropping2d "c": something must be left of the input. Expected less than [4, 5] in all, received [[2, 2], [0, 0]] (input [null, 4, 5, 1]).',
    );
    expect(() => ops.resize(ops.zeros([1, 4, 4, 1]), [0, 8])).toThrow(
      "resize: size is a height and a width. Expected two integers ≥ 1, received [0, 8].",
    );
  });
});
