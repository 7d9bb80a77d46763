// Ops that change the shape or the order of axes and copy nothing: reshape, transpose, broadcast.
import { shapeError, valueError } from "../../errors.ts";
import {
  broadcastShapes,
  checkList,
  checkShape,
  formatShape,
  isExtent,
  isNumber,
  mayBeShape,
  mayEqual,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sameShape,
  sizeOf,
  stridesOf,
} from "../../ir/shape.ts";
import { reshapeView, type View } from "../../ir/view.ts";
import { defineOp, record } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { asTensor, type Operand, scalar } from "./leaf.ts";

// ── reshape

/** The same elements under another shape: a view where strides allow it. */
export const reshapeOp = /* @__PURE__ */ defineOp<{ shape: Shape }>({
  name: "reshape",
  infer: ([x], { shape }) => ({ shape, dtype: (x as Tensor).dtype }),
  vjp: (dy, [x]) => [reshape(dy, (x as Tensor).shape)],
  lower: (ctx, [x], _, { shape }) =>
    reshapeView(x as View, shape) ?? { ...ctx.contiguous(x as View), shape, strides: stridesOf(shape) },
});

/**
 * The same elements in row-major order under another shape; one extent may be −1 and is worked out. While a model is
 * built extents such as the batch are unknown: as many in `shape` as in x are taken for those of x.
 */
export function reshape(x: Operand, shape: Shape): Tensor {
  const t = asTensor(x);
  checkList("reshape", "the shape", shape, isNumber);
  const holes = shape.filter((extent) => extent === -1).length;
  const given = shape.filter((extent) => extent !== -1);
  const unknowns = (extents: Shape) => extents.filter(Number.isNaN).length;
  const isMatched = unknowns(given) === unknowns(t.shape);
  const product = (extents: Shape) => sizeOf(isMatched ? extents.filter((extent) => !Number.isNaN(extent)) : extents);
  const known = product(given);
  const size = sizeOf(t.shape);
  const full = shape.map((extent) => (extent === -1 ? (known === 0 ? 0 : product(t.shape) / known) : extent));
  if (holes > 1 || !full.every(isExtent) || !mayEqual(sizeOf(full), size)) {
    throw shapeError("reshape", {
      rule: "the number of elements must stay",
      expected: `a shape of ${size} elements`,
      received: formatShape(shape),
      context: `input ${formatShape(t.shape)}`,
    });
  }
  return sameShape(full, t.shape) ? t : record(reshapeOp, [t], { shape: full });
}

/** Inserts an axis of extent 1 at position `axis` of the result. */
export function expandDims(x: Operand, axis: number): Tensor {
  const t = asTensor(x);
  const at = normalizeAxis("expandDims", axis, t.rank + 1);
  return reshape(t, [...t.shape.slice(0, at), 1, ...t.shape.slice(at)]);
}

/** Drops axes of extent 1: all of them, or those named. */
export function squeeze(x: Operand, axes?: number | readonly number[]): Tensor {
  const t = asTensor(x);
  const drop =
    axes === undefined
      ? t.shape.flatMap((extent, axis) => (extent === 1 ? [axis] : []))
      : normalizeAxes("squeeze", axes, t.rank);
  for (const axis of drop) {
    if (!mayEqual(t.shape[axis], 1))
      throw shapeError("squeeze", {
        rule: "only axes of extent 1 can be dropped",
        expected: `extent 1 at axis ${axis}`,
        received: t.shape[axis],
        context: formatShape(t.shape),
      });
  }
  return reshape(
    t,
    t.shape.filter((_, axis) => !drop.includes(axis)),
  );
}

// ── transpose

/** The same elements with axes in another order: a view. */
export const transposeOp = /* @__PURE__ */ defineOp<{ permutation: readonly number[] }>({
  name: "transpose",
  infer: ([x], { permutation }) => ({
    shape: permutation.map((axis) => (x as Tensor).shape[axis] as number),
    dtype: (x as Tensor).dtype,
  }),
  vjp: (dy, _, __, { permutation }) => [
    transpose(
      dy,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ],
  lower: (_, [x], output, { permutation }) => ({
    ...(x as View),
    shape: output.shape,
    strides: permutation.map((axis) => (x as View).strides[axis] as number),
  }),
});

/** Axis i of the result is axis `permutation[i]` of x; by default the axes are reversed. */
export function transpose(x: Operand, permutation?: readonly number[]): Tensor {
  const t = asTensor(x);
  const order = permutation
    ? checkList("transpose", "the permutation", permutation).map((axis) => normalizeAxis("transpose", axis, t.rank))
    : t.shape.map((_, axis) => t.rank - 1 - axis);
  if (order.length !== t.rank || new Set(order).size !== t.rank) {
    throw valueError("transpose", {
      rule: "the permutation must name each axis once",
      expected: `${t.rank} different axes`,
      received: permutation,
      context: `input ${formatShape(t.shape)}`,
    });
  }
  return order.every((axis, index) => axis === index) ? t : record(transposeOp, [t], { permutation: order });
}

/** Exchanges two axes; by default the last two, which is a matrix transpose. */
export function swapAxes(x: Operand, a = -1, b = -2): Tensor {
  const t = asTensor(x);
  const [i, j] = [normalizeAxis("swapAxes", a, t.rank), normalizeAxis("swapAxes", b, t.rank)];
  return transpose(
    t,
    t.shape.map((_, axis) => (axis === i ? j : axis === j ? i : axis)),
  );
}

// ── broadcastTo

/** The same elements repeated along axes: a view. */
export const broadcastToOp = /* @__PURE__ */ defineOp<{ shape: Shape }>({
  name: "broadcastTo",
  infer: ([x], { shape }) => ({ shape, dtype: (x as Tensor).dtype }),
  // The backward pass sums over broadcast axes by itself.
  vjp: (dy) => [dy],
  lower: (_, [x], output) => broadcastView(x as View, output.shape),
});

/** A view of a bigger shape: repeated axes have stride 0. */
export function broadcastView(view: View, shape: Shape): View {
  const lead = shape.length - view.shape.length;
  const strides = shape.map((_, axis) =>
    axis < lead || view.shape[axis - lead] === 1 ? 0 : (view.strides[axis - lead] as number),
  );
  return { ...view, shape, strides };
}

/** Repeats x along new axes and axes of extent 1 until it has this shape. Nothing is copied. */
export function broadcastTo(x: Operand, shape: Shape): Tensor {
  const t = asTensor(x);
  checkShape("broadcastTo", shape);
  if (sameShape(t.shape, shape)) return t;
  if (!mayBeShape(broadcastShapes("broadcastTo", t.shape, shape), shape)) {
    throw shapeError("broadcastTo", {
      rule: "the target must contain the input's shape",
      expected: `a shape that ${formatShape(t.shape)} broadcasts to`,
      received: formatShape(shape),
    });
  }
  return record(broadcastToOp, [t], { shape });
}

/** Every element equal to `value`. */
export function fill(shape: Shape, value: number): Tensor {
  return broadcastTo(scalar(value), shape);
}
/** All zeros. */
export const zeros = (shape: Shape): Tensor => fill(shape, 0);
/** All ones. */
export const ones = (shape: Shape): Tensor => fill(shape, 1);
