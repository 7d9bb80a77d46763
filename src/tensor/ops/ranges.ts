// Tensors of evenly spaced numbers, and what is made of them: grids, triangles of matrices.
import { checkCount } from "../../checks.ts";
import { checkNumber, shapeError, valueError } from "../../errors.ts";
import { checkList, checkShape, formatShape } from "../../ir/shape.ts";
import { checkOptions } from "../../options.ts";
import type { Tensor } from "../tensor.ts";
import { add, cast, equal, greaterEqual, where } from "./elementwise.ts";
import { range } from "./indexing.ts";
import { asTensor, type Operand, tensor } from "./leaf.ts";
import { broadcastTo, expandDims, reshape } from "./shaping.ts";

/**
 * The numbers from `start` up to `stop`, which is left out, in steps of `step`; with one argument from 0 up to it.
 * int32 where all are whole numbers, else float32.
 * @throws ValueError where the step is 0.
 * @example arange(3); // [0, 1, 2]
 * @example arange(1, 2, 0.25); // [1, 1.25, 1.5, 1.75]
 */
export function arange(start: number, stop?: number, step = 1): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  for (const [what, value] of Object.entries({ start: from, stop: to, step }))
    checkNumber("arange", what, value, "a finite number", () => true);
  checkNumber("arange", "step", step, "a number other than 0", (v) => v !== 0);
  const [length] = checkShape("arange", [Math.max(0, Math.ceil((to - from) / step))]);
  const values = Array.from({ length: length as number }, (_, i) => from + i * step);
  return tensor(Float64Array.from(values), [values.length], {
    dtype: [from, to, step].every(Number.isInteger) ? "int32" : "float32",
  });
}

/** Options of {@link linspace}. */
export interface LinspaceOptions {
  /** Whether the last number is `stop`; else it is one step before it. Default true. */
  endpoint?: boolean;
}

/**
 * `count` (default 50) numbers from `start` to `stop` at equal distances, float32.
 * @example linspace(0, 1, 5); // [0, 0.25, 0.5, 0.75, 1]
 * @see Keras 3 `ops.linspace`.
 */
export function linspace(start: number, stop: number, count = 50, options: LinspaceOptions = {}): Tensor {
  const { endpoint = true } = checkOptions("linspace", options, { endpoint: "boolean" });
  checkNumber("linspace", "start", start, "a finite number", () => true);
  checkNumber("linspace", "stop", stop, "a finite number", () => true);
  checkCount("linspace", "count", count, 0);
  checkShape("linspace", [count]);
  const steps = Math.max(1, endpoint ? count - 1 : count);
  const values = Array.from({ length: count }, (_, i) =>
    // Exactly stop at the end, whatever the step rounds to.
    i === steps ? stop : start + (stop - start) * (i / steps),
  );
  return tensor(Float32Array.from(values));
}

/** Options of {@link meshgrid}. */
export interface MeshgridOptions {
  /** "xy" (default): the first two axes of the results are those of y and x, as in plots. "ij": axis i is that of i. */
  indexing?: "xy" | "ij";
}

/**
 * Coordinates of a grid from those along its axes: n vectors give n tensors of rank n.
 * @example const [x, y] = meshgrid([linspace(-1, 1, 3), linspace(-1, 1, 2)]); // both [2, 3]
 * @see Keras 3 `ops.meshgrid`.
 */
export function meshgrid(vectors: readonly Operand[], options: MeshgridOptions = {}): Tensor[] {
  const { indexing = "xy" } = checkOptions("meshgrid", options, { indexing: "string" });
  if (indexing !== "xy" && indexing !== "ij")
    throw valueError("meshgrid", { rule: "unknown indexing", expected: '"xy" or "ij"', received: indexing });
  const given = checkList("meshgrid", "the vectors", vectors).map((v) => reshape(v, [-1]));
  // With "xy" the first two change places.
  const axes = given.map((_, i) => (indexing === "xy" && i < 2 && given.length > 1 ? 1 - i : i));
  const shape = given.map((_, axis) => given[axes.indexOf(axis)]?.shape[0] as number);
  return given.map((v, i) => {
    const aligned = shape.map((_, axis) => (axis === axes[i] ? (v.shape[0] as number) : 1));
    return broadcastTo(reshape(v, aligned), shape);
  });
}

/**
 * The matrix [rows, columns] with ones on a diagonal. `columns` is `rows` by default; `k` > 0 is above the main
 * diagonal.
 */
export function eye(rows: number, columns = rows, k = 0): Tensor {
  checkCount("eye", "rows", rows, 0);
  checkCount("eye", "columns", columns, 0);
  checkNumber("eye", "k", k, "an integer", Number.isInteger);
  return equal(add(expandDims(range(rows), 1), k), range(columns));
}

/**
 * The upper triangle of the last two axes: zeros below diagonal `k` (default 0, the main one; 1 is above it).
 * @see Keras 3 `ops.triu`.
 */
export const triu = (x: Operand, k = 0): Tensor =>
  triangle("triu", x, (row, column) => greaterEqual(column, add(row, k)));

/**
 * The lower triangle of the last two axes: zeros above diagonal `k` (default 0, the main one; −1 is below it).
 * @see Keras 3 `ops.tril`.
 */
export const tril = (x: Operand, k = 0): Tensor =>
  triangle("tril", x, (row, column) => greaterEqual(add(row, k), column));

function triangle(name: string, x: Operand, keeps: (row: Tensor, column: Tensor) => Tensor): Tensor {
  const t = asTensor(x);
  if (t.rank < 2)
    throw shapeError(name, { rule: "x holds matrices", expected: "rank ≥ 2", received: formatShape(t.shape) });
  const [rows, columns] = t.shape.slice(-2) as [number, number];
  return cast(where(keeps(expandDims(range(rows), 1), range(columns)), t, 0), t.dtype);
}
