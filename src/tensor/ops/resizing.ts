import { shapeError, valueError } from "../../errors.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
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

/**
 * Resizes [batch, height, width, channels] to [batch, …size, channels], at least as large, by lines between the pixels' centres: result i of m looks at
 * (i + ½)·n/m − ½, kept within the image. Two products with small constant matrices.
 * @throws ShapeError on another rank; ValueError on a size below the input's: what shrinks needs wider weights.
 * @see Keras 3 `ops.image.resize` with "bilinear".
 */
export function resizeBilinear(x: Operand, size: readonly [height: number, width: number]): Tensor {
  const t = asTensor(x);
  const [batch = 0, height = 0, width = 0, channels = 0] = t.shape;
  if (t.rank !== 4) throw shapeError("resizeBilinear", { rule: "takes images", expected: "[batch, height, width, channels]", received: formatShape(t.shape) });
  const [rows, columns] = size;
  if (!(Number.isInteger(rows) && Number.isInteger(columns) && rows >= height && columns >= width)) {
    throw valueError("resizeBilinear", {
      rule: "images can only grow",
      expected: `integers from ${formatShape([height, width])} on`,
      received: size,
      context: `input ${formatShape(t.shape)}`,
    });
  }
  const tall = matmul(weights(height, rows), reshape(t, [batch, height, width * channels]));
  return matmul(weights(width, columns), reshape(tall, [batch, rows, width, channels]));
}

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
