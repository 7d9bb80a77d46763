import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { type Shape, sizeOf } from "../../src/ir/shape.ts";
import { input } from "../../src/nn/input.ts";
import type { Layer } from "../../src/nn/layer.ts";
import * as layers from "../../src/nn/layers/index.ts";
import { conv, convTranspose } from "../../src/tensor/ops/conv.ts";
import { depthwiseConv } from "../../src/tensor/ops/depthwise.ts";
import { mul } from "../../src/tensor/ops/elementwise.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import { reshape } from "../../src/tensor/ops/shaping.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

const backend = js({ precision: "float64" });
const numbers = (shape: Shape, seed: number) =>
  tensor(
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(1 + i * 1.7 + seed * 31)),
    shape,
  );
const valuesOf = async (...tensors: Tensor[]) => (await evaluate(tensors, backend)).map((data) => Array.from(data));

/** Every place of a box, first axis slowest. */
const placesOf = (shape: Shape): number[][] =>
  shape.reduce<number[][]>((list, n) => list.flatMap((p) => Array.from({ length: n }, (_, i) => [...p, i])), [[]]);

/** Geometries over so many axes. */
const geometries = (axes: number) => {
  const list = (min: number, max: number) => fc.array(fc.integer({ min, max }), { minLength: axes, maxLength: axes });
  return fc
    .record({
      size: list(1, 3),
      strides: list(1, 3),
      dilations: list(1, 2),
      more: list(0, 3),
      margins: fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { minLength: axes, maxLength: axes }),
      groups: fc.integer({ min: 1, max: 2 }),
      channels: fc.integer({ min: 1, max: 2 }),
      filters: fc.integer({ min: 1, max: 2 }),
    })
    .map(({ size, strides, dilations, more, margins, groups, channels, filters }) => ({
      image: [
        2,
        ...size.map((n, axis) => (n - 1) * (dilations[axis] as number) + 1 + (more[axis] as number)),
        channels * groups,
      ],
      kernel: [...size, channels, filters * groups],
      options: { strides, dilations, padding: margins, groups },
    }));
};

describe("convolutions over one and three axes", () => {
  for (const axes of [1, 3]) {
    it(`${axes}: are the sum over taps that defines them`, () =>
      fc.assert(
        fc.asyncProperty(geometries(axes), async ({ image, kernel, options }) => {
          const [x, w] = [numbers(image, 1), numbers(kernel, 2)];
          const y = conv(x, w, options);
          const [got, xs, ws] = (await valuesOf(y, x, w)) as [number[], number[], number[]];
          const at = (data: number[], shape: Shape, place: readonly number[]) =>
            data[place.reduce((index, i, axis) => index * (shape[axis] as number) + i, 0)] as number;
          const [depth, filters] = kernel.slice(-2) as [number, number];
          placesOf(y.shape).forEach((place, index) => {
            const filter = place.at(-1) as number;
            const first = Math.floor(filter / (filters / options.groups)) * depth;
            let total = 0;
            for (const tap of placesOf(kernel.slice(0, -2))) {
              const from = tap.map((k, axis) => {
                const [stride, dilation, margin] = [
                  options.strides,
                  options.dilations,
                  options.padding.map(([low]) => low),
                ].map((list) => list[axis] as number);
                return (place[axis + 1] as number) * (stride as number) + k * (dilation as number) - (margin as number);
              });
              if (from.some((i, axis) => i < 0 || i >= (image[axis + 1] as number))) continue;
              for (let c = 0; c < depth; c++)
                total += at(xs, image, [place[0] as number, ...from, first + c]) * at(ws, kernel, [...tap, c, filter]);
            }
            expect(got[index]).toBeCloseTo(total, 9);
          });
        }),
        { numRuns: 15 },
      ));

    it(`${axes}: have the transposed convolution as their adjoint`, () =>
      fc.assert(
        fc.asyncProperty(geometries(axes), async ({ image, kernel, options }) => {
          const [x, w] = [numbers(image, 1), numbers(kernel, 2)];
          const forward = conv(x, w, options);
          const y = numbers(forward.shape, 3);
          const back = convTranspose(y, w, { ...options, outputSpace: image.slice(1, -1) });
          const [left, right] = await valuesOf(sum(mul(forward, y)), sum(mul(x, back)));
          expect(left?.[0]).toBeCloseTo(right?.[0] as number, 9);
        }),
        { numRuns: 15 },
      ));
  }
});

describe("depthwise and separable convolutions", () => {
  const options = fc.record({
    size: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    stride: fc.integer({ min: 1, max: 2 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    padding: fc.constantFrom("valid" as const, "same" as const),
    channels: fc.integer({ min: 1, max: 3 }),
    multiplier: fc.integer({ min: 1, max: 2 }),
  });

  it("are convolutions whose groups are the channels", () =>
    fc.assert(
      fc.asyncProperty(options, async ({ size, stride, dilation, padding, channels, multiplier }) => {
        const x = numbers([2, 7, 6, channels], 1);
        const kernel = numbers([...size, channels, multiplier], 2);
        const shared = { strides: stride, dilations: dilation, padding };
        const [a, b] = await valuesOf(
          depthwiseConv(x, kernel, shared),
          conv(x, reshape(kernel, [...size, 1, channels * multiplier]), { ...shared, groups: channels }),
        );
        b?.forEach((value, index) => {
          expect(a?.[index]).toBeCloseTo(value, 10);
        });
      }),
      { numRuns: 20 },
    ));

  it("name both shapes where the window is larger than the image, and transposed ones where the input has other channels", () => {
    const message = (layer: Layer, ...shape: number[]) => expect(() => layer.apply(input(shape)));
    message(layers.separableConv2d(4, [3, 5], { name: "s" }), 4, 4, 2).toThrow(
      'separableConv2d "s": a window may not be larger than the padded input. Expected a window within [4, 4], received [3, 5]',
    );
    message(layers.separableConv1d(4, 3, { name: "s", dilationRate: 2 }), 4, 2).toThrow(
      "Expected a window within [4], received [3] at dilation [2]",
    );
    const transposed = layers.conv2dTranspose(4, 3, { name: "t" });
    transposed.apply(input([4, 4, 2]));
    message(transposed, 4, 4, 3).toThrow(
      'conv2dTranspose "t": the input must have the axes and channels of the layer. Expected [batch, height, width, 2]',
    );
    for (const make of [layers.conv1d, layers.conv1dTranspose, layers.separableConv1d]) {
      expect(() => make(4, 3, { strides: 0 })).toThrow(
        "strides must be whole numbers. Expected an integer ≥ 1, received 0.",
      );
    }
  });
});
