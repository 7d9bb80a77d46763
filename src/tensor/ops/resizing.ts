// Images of another size.
import { shapeError, valueError } from "../../errors.ts";
import { checkSize, formatShape, isExtent } from "../../ir/shape.ts";
import { checkOptions } from "../../options.ts";
import { checkAntialias, checkInterpolation, type ResizeMethod, resizeMethods } from "../interpolation.ts";
import { sinPi } from "../portable.ts";
import type { Tensor } from "../tensor.ts";
import { gather } from "./indexing.ts";
import { asTensor, type Operand, tensor } from "./leaf.ts";
import { matmul } from "./matmul.ts";
import { broadcastTo, reshape, zeros } from "./shaping.ts";
import { perAxis } from "./window.ts";

/**
 * Repeats the elements of [batch, …spatial, channels] along the spatial axes.
 * @param factors integers ≥ 1, one for each spatial axis.
 * @see Keras 3 `ops.repeat`.
 */
export function repeatPixels(x: Operand, factors: readonly number[]): Tensor {
  const t = asTensor(x);
  const extents = t.shape.slice(1, -1);
  perAxis("repeatPixels", "factors", factors, extents.length);
  const [batch = 0, channels = 0] = [t.shape[0], t.shape.at(-1)];
  const split = (second: (axis: number) => number) => [
    batch,
    ...extents.flatMap((extent, axis) => [extent, second(axis)]),
    channels,
  ];
  const repeated = broadcastTo(
    reshape(
      t,
      split(() => 1),
    ),
    split((axis) => factors[axis] as number),
  );
  return reshape(repeated, [batch, ...extents.map((extent, axis) => extent * (factors[axis] as number)), channels]);
}

/** Options of {@link resize}. */
export interface ResizeOptions {
  /**
   * "bilinear" (default) draws lines between the pixels' centres: result i of m looks at (i + ½)·n/m − ½, kept within
   * the image. "nearest": the pixel there. "bicubic" (Keys 1981, a = −½), "lanczos3" and "lanczos5" look at 4, 6 and 10
   * pixels, are sharper, and go a little beyond the range of the values at edges.
   */
  interpolation?: ResizeMethod;
  /**
   * Whether each result looks at all pixels under it where the image shrinks. Default false: what shrinks by more than
   * half passes over pixels. Not for "nearest".
   */
  antialias?: boolean;
}

/**
 * Resizes [batch, height, width, channels] to [batch, …size, channels]. Two products with small constant matrices, or a
 * choice of rows and columns.
 * @throws ShapeError on another rank; ValueError on a size that is not two integers ≥ 1, or on antialias with
 * "nearest".
 * @see Keras 3 `ops.image.resize`.
 */
export function resize(
  x: Operand,
  size: readonly [height: number, width: number],
  options: ResizeOptions = {},
): Tensor {
  const { interpolation = "bilinear", antialias = false } = checkOptions("resize", options, {
    interpolation: "string",
    antialias: "boolean",
  });
  checkInterpolation("resize", interpolation, resizeMethods);
  const t = asTensor(x);
  const [batch = 0, height = 0, width = 0, channels = 0] = t.shape;
  if (t.rank !== 4)
    throw shapeError("resize", {
      rule: "takes images",
      expected: "[batch, height, width, channels]",
      received: formatShape(t.shape),
    });
  const [rows, columns] = size;
  if (![rows, columns].every((extent) => isExtent(extent) && extent !== 0)) {
    throw valueError("resize", { rule: "size is a height and a width", expected: "two integers ≥ 1", received: size });
  }
  checkAntialias("resize", interpolation, antialias);
  const shape = checkSize("resize", [batch, rows, columns, channels]);
  if (Number.isNaN(height * width)) return zeros(shape);
  if (interpolation === "nearest") return gather(gather(t, nearest(height, rows), 1), nearest(width, columns), 2);
  const weights = (n: number, m: number) => {
    checkSize("resize", [m, n]);
    return tensor(resizingWeights(n, m, antialias, interpolation), [m, n]);
  };
  const tall = matmul(weights(height, rows), reshape(t, [batch, height, width * channels]));
  return matmul(weights(width, columns), reshape(tall, [batch, rows, width, channels]));
}

const nearest = (n: number, m: number) =>
  tensor(Int32Array.from({ length: m }, (_, i) => Math.floor(((i + 0.5) * n) / m)));

/** The interpolations that weigh pixels: how far each looks, and the weight of a pixel at a distance d below that. */
const kernels: Readonly<Record<string, readonly [radius: number, weight: (d: number) => number]>> = {
  bilinear: [1, (d) => 1 - d],
  bicubic: [2, (d) => (d < 1 ? (1.5 * d - 2.5) * d * d + 1 : ((-0.5 * d + 2.5) * d - 4) * d + 2)],
  lanczos3: [3, (d) => lanczos(d, 3)],
  lanczos5: [5, (d) => lanczos(d, 5)],
};

const lanczos = (d: number, radius: number): number =>
  d < 1e-3 ? 1 : (radius * sinPi(d) * sinPi(d / radius)) / (Math.PI * d * (Math.PI * d));

/**
 * [m, n]: how much of each of n elements is in each of m results. Distances are measured in steps of the elements or,
 * with antialias, of the results where these are longer.
 */
export function resizingWeights(n: number, m: number, antialias: boolean, method = "bilinear"): Float64Array {
  const matrix = new Float64Array(m * n);
  const [radius, weight] = kernels[method] as (typeof kernels)[string];
  const step = antialias ? Math.max(1, n / m) : 1;
  for (let i = 0; i < m; i++) {
    const row = matrix.subarray(i * n, (i + 1) * n);
    const at = ((i + 0.5) * n) / m - 0.5;
    const low = Math.max(0, Math.ceil(at - radius * step));
    const high = Math.min(n - 1, Math.floor(at + radius * step));
    let total = 0;
    for (let j = low; j <= high; j++) total += row[j] = weight(Math.abs(at - j) / step);
    for (let j = low; j <= high; j++) row[j] = (row[j] as number) / total;
  }
  return matrix;
}
