import { shapeError, valueError } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import { checkInterpolation } from "../interpolation.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { gather } from "./indexing.ts";
import { asTensor, type Operand, tensor } from "./leaf.ts";
import { matmul } from "./matmul.ts";
import { broadcastTo, reshape } from "./shaping.ts";
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
  const split = (second: (axis: number) => number) => [batch, ...extents.flatMap((extent, axis) => [extent, second(axis)]), channels];
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
  /** "bilinear" (default) draws lines between the pixels' centres: result i of m looks at (i + ½)·n/m − ½, kept within the image. "nearest": the pixel there. */
  interpolation?: "nearest" | "bilinear";
}

/**
 * Resizes [batch, height, width, channels] to [batch, …size, channels]. Two products with small constant matrices, or a choice of rows and columns.
 * What shrinks by more than half passes over pixels (no antialiasing).
 * @throws ShapeError on another rank; ValueError on a size that is not two integers ≥ 1.
 * @see Keras 3 `ops.image.resize`.
 */
export function resize(x: Operand, size: readonly [height: number, width: number], options: ResizeOptions = {}): Tensor {
  const { interpolation = "bilinear" } = checkOptions("resize", options, { interpolation: "string" });
  checkInterpolation("resize", interpolation);
  const t = asTensor(x);
  const [batch = 0, height = 0, width = 0, channels = 0] = t.shape;
  if (t.rank !== 4) throw shapeError("resize", { rule: "takes images", expected: "[batch, height, width, channels]", received: formatShape(t.shape) });
  const [rows, columns] = size;
  if (!Number.isInteger(rows) || !Number.isInteger(columns) || rows < 1 || columns < 1) {
    throw valueError("resize", { rule: "size is a height and a width", expected: "two integers ≥ 1", received: size });
  }
  if (interpolation === "nearest") return gather(gather(t, nearest(height, rows), 1), nearest(width, columns), 2);
  const tall = matmul(weights(height, rows), reshape(t, [batch, height, width * channels]));
  return matmul(weights(width, columns), reshape(tall, [batch, rows, width, channels]));
}

const nearest = (n: number, m: number) => tensor(Int32Array.from({ length: m }, (_, i) => Math.floor(((i + 0.5) * n) / m)));

/** [m, n]: how much of each of n elements is in each of m results. */
function weights(n: number, m: number): Tensor {
  const matrix = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    const at = Math.min(Math.max(((i + 0.5) * n) / m - 0.5, 0), n - 1);
    const low = Math.min(Math.floor(at), Math.max(0, n - 2));
    matrix[i * n + low] = 1 - (at - low);
    if (n > 1) matrix[i * n + low + 1] = at - low;
  }
  return tensor(matrix, [m, n]);
}
