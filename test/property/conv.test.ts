import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { type Shape, sizeOf } from "../../src/ir/shape.ts";
import { type ConvOptions, conv, convTranspose } from "../../src/tensor/ops/conv.ts";
import { mul } from "../../src/tensor/ops/elementwise.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

const backend = js({ precision: "float64" });

interface Geometry {
  image: [number, number, number, number];
  kernel: [number, number, number, number];
  stride: [number, number];
  dilation: [number, number];
  margins: [[number, number], [number, number]];
  groups: number;
}

const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

const geometries: fc.Arbitrary<Geometry> = fc
  .tuple(
    pair(1, 3),
    pair(1, 3),
    pair(1, 3),
    pair(0, 4),
    fc.tuple(pair(0, 2), pair(0, 2)),
    fc.integer({ min: 1, max: 3 }),
    pair(1, 3),
    fc.integer({ min: 1, max: 2 }),
  )
  .map(([size, stride, dilation, more, margins, groups, [channels, filters], batch]) => ({
    image: [
      batch,
      (size[0] - 1) * dilation[0] + 1 + more[0],
      (size[1] - 1) * dilation[1] + 1 + more[1],
      channels * groups,
    ],
    kernel: [size[0], size[1], channels, filters * groups],
    stride,
    dilation,
    margins,
    groups,
  }));

const optionsOf = ({ stride, dilation, margins, groups }: Geometry): ConvOptions => ({
  strides: stride,
  dilations: dilation,
  padding: margins,
  groups,
});

const numbers = (shape: Shape, seed: number) =>
  Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(1 + i * 1.7 + seed * 31));

/** y[b, i, j, f] = Σ x[b, i·s + k·d − low, …, c]·kernel[k, l, c, f], term by term. */
function byDefinition(g: Geometry, x: Float64Array, kernel: Float64Array, [, rows, columns, filters]: Shape): number[] {
  const [batch, height, width, channels] = g.image;
  const [kh, kw, depth] = g.kernel;
  const perGroup = (filters as number) / g.groups;
  const y: number[] = [];
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < (rows as number); i++)
      for (let j = 0; j < (columns as number); j++)
        for (let f = 0; f < (filters as number); f++) {
          let total = 0;
          for (let k = 0; k < kh; k++)
            for (let l = 0; l < kw; l++) {
              const [row, column] = [
                i * g.stride[0] + k * g.dilation[0] - g.margins[0][0],
                j * g.stride[1] + l * g.dilation[1] - g.margins[1][0],
              ];
              if (row < 0 || row >= height || column < 0 || column >= width) continue;
              for (let c = 0; c < depth; c++) {
                const channel = Math.floor(f / perGroup) * depth + c;
                total +=
                  (x[((b * height + row) * width + column) * channels + channel] as number) *
                  (kernel[((k * kw + l) * depth + c) * (filters as number) + f] as number);
              }
            }
          y.push(total);
        }
  return y;
}

describe("convolution", () => {
  it("is the sum over taps that defines it", () =>
    fc.assert(
      fc.asyncProperty(geometries, async (g) => {
        const [x, kernel] = [numbers(g.image, 1), numbers(g.kernel, 2)];
        const y = conv(tensor(x, g.image), tensor(kernel, g.kernel), optionsOf(g));
        const [got] = await evaluate([y], backend);
        const expected = byDefinition(g, x, kernel, y.shape);
        expect(got).toHaveLength(expected.length);
        expected.forEach((value, index) => {
          expect(got?.[index]).toBeCloseTo(value, 10);
        });
      }),
      { numRuns: 60 },
    ));

  it("has the transposed convolution as its adjoint: ⟨Ax, y⟩ = ⟨x, Aᵀy⟩", () =>
    fc.assert(
      fc.asyncProperty(geometries, async (g) => {
        const [x, kernel] = [tensor(numbers(g.image, 1), g.image), tensor(numbers(g.kernel, 2), g.kernel)];
        const forward = conv(x, kernel, optionsOf(g));
        const y = tensor(numbers(forward.shape, 3), forward.shape);
        const back = convTranspose(y, kernel, { ...optionsOf(g), outputSpace: g.image.slice(1, -1) });
        const inner = (a: Tensor, b: Tensor) => sum(mul(a, b));
        const [left, right] = (await evaluate([inner(forward, y), inner(x, back)], backend)).map(([value]) => value);
        expect(left).toBeCloseTo(right as number, 9);
      }),
      { numRuns: 60 },
    ));
});
