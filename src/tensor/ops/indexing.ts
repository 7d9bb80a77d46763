// Taking and adding elements by int32 indices.

import { checkCounts } from "../../checks.ts";
import { shapeError, valueError } from "../../errors.ts";
import { checkShape, formatShape, mayBeShape, mayEqual, normalizeAxis, type Shape, sizeOf } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import { checkOptions } from "../../options.ts";
import { defineOp, type OpDefinition, record } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { add, cast, equal, greaterEqual, less, logicalAnd, mul, where } from "./elementwise.ts";
import { asTensor, type Operand, tensor } from "./leaf.ts";
import { updateByRows } from "./rows.ts";
import { scatterAddWith } from "./scatter-add.ts";
import { broadcastTo, expandDims, reshape, swapAxes, transpose, zeros } from "./shaping.ts";

function checkIndices(name: string, indices: Tensor): void {
  if (indices.dtype !== "int32")
    throw valueError(name, {
      rule: "indices must be whole numbers",
      expected: "dtype int32",
      received: indices.dtype,
      advice: 'Use cast(indices, "int32").',
    });
}

/** Rows of a table [rows, width…] by int32 indices of any shape. */
export const gatherOp: OpDefinition<object> = /* @__PURE__ */ defineOp<object>({
  name: "gather",
  infer: ([table, indices]) => ({
    shape: [...(indices as Tensor).shape, ...(table as Tensor).shape.slice(1)],
    dtype: (table as Tensor).dtype,
  }),
  vjp: (dy, inputs) => {
    const [table, indices] = inputs as [Tensor, Tensor];
    return [table.dtype === "float32" ? record(scatterAddOp, [indices, dy], { shape: table.shape }) : null, null];
  },
  lower: (ctx, [table, indices], output) => {
    const source = ctx.contiguous(table as View);
    const result = ctx.allocate(output.shape, output.dtype);
    const [rows = 0, ...width] = source.shape;
    ctx.emit({
      kind: "gather",
      rows,
      width: sizeOf(width),
      count: sizeOf((indices as View).shape),
      table: source,
      indices: ctx.contiguous(indices as View),
      output: result,
    });
    return result;
  },
});

/** The adjoint of gather. */
export const scatterAddOp: OpDefinition<{ shape: Shape }> = /* @__PURE__ */ scatterAddWith(
  (dy, [indices]) => [null, record(gatherOp, [dy, indices as Tensor], {})],
  { byRows: (...given) => updateByRows({ gather: gatherOp, scatterAdd: scatterAddOp }, ...given) },
);

/**
 * Takes slices of x along an axis (default the first) by int32 indices. A slice for an index out of range is NaN.
 * Shapes: x [.., n, ..], indices [i…] give [.., i…, ..].
 */
export function gather(x: Operand, indices: Operand, axis = 0): Tensor {
  const [table, index] = [asTensor(x), asTensor(indices)];
  checkIndices("gather", index);
  if (table.rank === 0)
    throw shapeError("gather", {
      rule: "the table needs an axis to take from",
      expected: "rank ≥ 1",
      received: "rank 0",
    });
  const at = normalizeAxis("gather", axis, table.rank);
  if (at === 0) return record(gatherOp, [table, index], {});
  const axes = table.shape.map((_, i) => i);
  const front = [at, ...axes.filter((i) => i !== at)];
  const taken = record(gatherOp, [transpose(table, front), index], {});
  // [i…, before…, after…] back to [before…, i…, after…].
  const n = index.rank;
  const order = [
    ...axes.slice(0, at).map((i) => n + i),
    ...Array.from({ length: n }, (_, i) => i),
    ...axes.slice(at + 1).map((i) => n + i - 1),
  ];
  return transpose(taken, order);
}

/**
 * Takes single elements along an axis (default the last) by int32 indices that are given for all other axes: what
 * `argsort` gives, or the actions that were taken. An element for an index out of range is NaN, and its gradient is
 * lost.
 * Shapes: x [.., n, ..], indices [.., m, ..] (other axes equal, or 1 in the indices) give [.., m, ..].
 * @throws ShapeError where the other axes differ. @throws ValueError where x has more than 2^24 elements.
 * @example takeAlongAxis(qValues, expandDims(actions, 1), 1); // [batch, actions] at [batch, 1]
 * @see Keras 3 `ops.take_along_axis`.
 */
export function takeAlongAxis(x: Operand, indices: Operand, axis = -1): Tensor {
  const [t, given] = [asTensor(x), asTensor(indices)];
  checkIndices("takeAlongAxis", given);
  const at = normalizeAxis("takeAlongAxis", axis, t.rank);
  const target = t.shape.map((extent, i) => (i === at ? (given.shape[at] as number) : extent));
  if (
    given.rank !== t.rank ||
    !given.shape.every((extent, i) => i === at || extent === 1 || mayEqual(extent, target[i]))
  )
    throw shapeError("takeAlongAxis", {
      rule: "indices have the axes of x, and may differ along one",
      expected: `${formatShape(t.shape)} with any extent at axis ${at}`,
      received: formatShape(given.shape),
      context: `x ${formatShape(t.shape)}`,
    });
  // Row numbers are computed in float32.
  if (sizeOf(t.shape) > 2 ** 24)
    throw valueError("takeAlongAxis", {
      rule: "too many elements",
      expected: "at most 2^24 (16777216)",
      received: formatShape(t.shape),
    });
  // Moved to the end, the axis makes rows of n; element i of row r is r·n + i.
  const lastOf = (y: Tensor) => swapAxes(y, at, -1);
  const table = lastOf(t);
  const index = lastOf(broadcastTo(given, target));
  const n = t.shape[at] as number;
  const rows = table.shape.slice(0, -1);
  const first = reshape(mul(range(sizeOf(rows)), n), [...rows, 1]);
  const isInside = logicalAnd(greaterEqual(index, 0), less(index, n));
  const flat = cast(where(isInside, add(index, first), -1), "int32");
  return lastOf(record(gatherOp, [reshape(table, [-1]), flat], {}));
}

/**
 * Zeros of `shape` [rows, …] with `updates` [i…, …] added at the rows that `indices` [i…] name; repeated indices add
 * up. Indices out of range are passed over.
 */
export function scatterAdd(indices: Operand, updates: Operand, shape: Shape): Tensor {
  const [index, values] = [asTensor(indices), asTensor(updates)];
  checkIndices("scatterAdd", index);
  const expected = [...index.shape, ...shape.slice(1)];
  if (!mayBeShape(values.shape, expected)) {
    throw shapeError("scatterAdd", {
      rule: "updates have the indices' axes, then the rows'",
      expected: formatShape(expected),
      received: formatShape(values.shape),
      context: `indices ${formatShape(index.shape)}, shape ${formatShape(shape)}`,
    });
  }
  return record(scatterAddOp, [index, values], { shape });
}

/** Options of {@link oneHot}. */
export interface OneHotOptions {
  /** Value at the index (default 1) and elsewhere (default 0). */
  onValue?: number;
  /** What the other places hold. Default 0. */
  offValue?: number;
}

/** [i…] whole numbers to [i…, depth]; a row for an index out of range is all `offValue`. */
export function oneHot(indices: Operand, depth: number, options: OneHotOptions = {}): Tensor {
  const { onValue = 1, offValue = 0 } = checkOptions("oneHot", options, { onValue: "number", offValue: "number" });
  const index = asTensor(indices);
  checkCounts("oneHot", { depth });
  const hit = equal(expandDims(index, -1), range(depth));
  return onValue === 1 && offValue === 0 ? hit : where(hit, onValue, offValue);
}

/** 0, 1, … n − 1 as int32. */
export function range(n: number): Tensor {
  if (Number.isNaN(n)) return cast(zeros([n]), "int32");
  checkShape("range", [n]);
  return tensor(Int32Array.from({ length: n }, (_, i) => i));
}
