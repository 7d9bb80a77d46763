// Reductions over axes: sums, extremes, means, and the indices of extremes.

import { normalizeAxes, normalizeAxis, type Shape, sizeOf, stridesOf } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import { defineOp, type LowerContext, record } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { add, cast, div, equal, exp, isFinite, log, mul, notEqual, sqrt, square, sub, where } from "./elementwise.ts";
import { asTensor, type Operand } from "./leaf.ts";
import { broadcastTo, reshape } from "./shaping.ts";
import { stopGradient } from "./with-gradient.ts";

/** Axes to reduce: one, several, or all when undefined or null. Negative axes count from the end. */
export type Axes = number | readonly number[] | null;

type Operation = "sum" | "max" | "min" | "prod";

/** Attributes of a recorded reduction. */
export interface ReduceAttrs {
  readonly operation: Operation;
  readonly axes: readonly number[];
}

/** Sum, largest, smallest or product over axes, which are dropped. */
export const reduceOp = /* @__PURE__ */ defineOp<ReduceAttrs>({
  name: "reduce",
  infer: ([x], { axes }) => ({
    shape: (x as Tensor).shape.filter((_, axis) => !axes.includes(axis)),
    dtype: "float32",
  }),
  vjp: (dy, [x], y, { operation, axes }) => {
    const input = x as Tensor;
    const spread = (t: Tensor) => broadcastTo(reshape(t, kept(input.shape, axes)), input.shape);
    if (operation === "sum") return [spread(dy)];
    if (operation === "prod") return [mul(spread(dy), prodOfOthers(input, axes, spread))];
    // The extremes share the gradient evenly, as in JAX.
    const hit = equal(input, spread(y));
    return [mul(hit, spread(div(dy, sum(hit, axes))))];
  },
  lower: (ctx, [x], output, { operation, axes }) => lowerReduce(ctx, x as View, operation, axes, output.shape),
});

/** The shape with reduced axes kept as 1. */
const kept = (shape: Shape, axes: readonly number[]): Shape =>
  shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));

/** ∂prod/∂x_i is the product of the others: right where one or more factors are 0, too. */
function prodOfOthers(x: Tensor, axes: readonly number[], spread: (t: Tensor) => Tensor): Tensor {
  const isZero = equal(x, 0);
  const zeroCount = spread(sum(isZero, axes));
  const nonZero = where(isZero, 1, x);
  const ofNonZero = spread(prod(nonZero, axes));
  return where(equal(zeroCount, 0), div(ofNonZero, nonZero), where(equal(zeroCount, 1), mul(isZero, ofNonZero), 0));
}

/** One instruction per run of neighbouring reduced axes, from the last run to the first. */
function lowerReduce(ctx: LowerContext, x: View, operation: Operation, axes: readonly number[], target: Shape): View {
  let view = ctx.contiguous(x);
  const shape = [...view.shape];
  let end = shape.length;
  const isReduced = (axis: number) => axes.includes(axis);
  while (end > 0) {
    if (!isReduced(end - 1)) {
      end--;
      continue;
    }
    let begin = end - 1;
    // Axes of extent 1 join the run whether reduced or not.
    while (begin > 0 && (isReduced(begin - 1) || shape[begin - 1] === 1)) begin--;
    const [outer, length, inner] = [
      sizeOf(shape.slice(0, begin)),
      sizeOf(shape.slice(begin, end)),
      sizeOf(shape.slice(end)),
    ];
    shape.fill(1, begin, end);
    const output = ctx.allocate(shape.slice(), "float32");
    ctx.emit({ kind: "reduce", operation, outer, length, inner, input: view, output });
    view = output;
    end = begin;
  }
  return { ...view, shape: target, strides: stridesOf(target) };
}

function reduce(operation: Operation, x: Operand, axes: Axes | undefined, keepDims: boolean): Tensor {
  const t = asTensor(x);
  const list = normalizeAxes(operation, axes, t.rank);
  // Integers are added up as numbers (float32), as everywhere.
  const result =
    list.length === 0 ? cast(t, "float32") : record(reduceOp, [cast(t, "float32")], { operation, axes: list });
  return keepDims ? reshape(result, kept(t.shape, list)) : result;
}

/** Sum over axes (default all). An empty sum is 0. */
export const sum = (x: Operand, axes?: Axes, keepDims = false): Tensor => reduce("sum", x, axes, keepDims);
/** Largest value over axes (default all); NaN if any is NaN; −∞ over nothing. */
export const max = (x: Operand, axes?: Axes, keepDims = false): Tensor => reduce("max", x, axes, keepDims);
/** Smallest value over axes (default all); NaN if any is NaN; ∞ over nothing. */
export const min = (x: Operand, axes?: Axes, keepDims = false): Tensor => reduce("min", x, axes, keepDims);
/** Product over axes (default all). An empty product is 1. */
export const prod = (x: Operand, axes?: Axes, keepDims = false): Tensor => reduce("prod", x, axes, keepDims);

/** Arithmetic mean over axes (default all); NaN over nothing. */
export function mean(x: Operand, axes?: Axes, keepDims = false): Tensor {
  const t = asTensor(x);
  const list = normalizeAxes("mean", axes, t.rank);
  const count = sizeOf(list.map((axis) => t.shape[axis] as number));
  return mul(sum(t, list, keepDims), 1 / count);
}

/**
 * Mean squared deviation over axes (default all), divided by n as in Keras. The deviations are taken from the rounded
 * mean and corrected by their own mean, so that a mean far larger than the deviation costs no digits.
 */
export function variance(x: Operand, axes?: Axes, keepDims = false): Tensor {
  const near = sub(x, stopGradient(mean(x, axes, true)));
  return mean(square(sub(near, mean(near, axes, true))), axes, keepDims);
}

/** Euclidean norm over axes (default all). Its gradient at 0 is 0. */
export const norm = (x: Operand, axes?: Axes, keepDims = false): Tensor => root(sum(square(x), axes, keepDims));

/** Standard deviation over axes (default all): the root of {@link variance}. Its gradient at 0 is 0. */
export const std = (x: Operand, axes?: Axes, keepDims = false): Tensor => root(variance(x, axes, keepDims));

/** √x whose gradient at 0 is 0. */
const root = (x: Tensor): Tensor => mul(notEqual(x, 0), sqrt(where(equal(x, 0), 1, x)));

/** log Σ eˣ over axes (default all), without overflow; −∞ over nothing. */
export function logSumExp(x: Operand, axes?: Axes, keepDims = false): Tensor {
  const t = cast(x, "float32");
  const largest = stopGradient(max(t, axes, true));
  // Subtracting an infinity would give NaN.
  const shift = where(isFinite(largest), largest, 0);
  const result = add(log(sum(exp(sub(t, shift)), axes, true)), shift);
  return keepDims ? result : reshape(result, sum(t, axes).shape);
}

/** 1 where any element along the axes (default all) is not 0, else 0; NaN counts as not 0. */
export const any = (x: Operand, axes?: Axes, keepDims = false): Tensor =>
  notEqual(sum(notEqual(x, 0), axes, keepDims), 0);

/** 1 where no element along the axes (default all) is 0, else 0. */
export const all = (x: Operand, axes?: Axes, keepDims = false): Tensor => equal(sum(equal(x, 0), axes, keepDims), 0);

/** The index of the largest or smallest value along an axis, which is dropped. */
export const argReduceOp = /* @__PURE__ */ defineOp<{ operation: "max" | "min"; axis: number }>({
  name: "argReduce",
  infer: ([x], { axis }) => ({ shape: (x as Tensor).shape.filter((_, at) => at !== axis), dtype: "int32" }),
  vjp: () => [null],
  lower: (ctx, [x], output, { operation, axis }) => {
    const view = ctx.contiguous(x as View);
    const result = ctx.allocate(output.shape, "int32");
    const [outer, length, inner] = [
      sizeOf(view.shape.slice(0, axis)),
      view.shape[axis] as number,
      sizeOf(view.shape.slice(axis + 1)),
    ];
    ctx.emit({ kind: "argReduce", operation, outer, length, inner, input: view, output: result });
    return result;
  },
});

/** Index (int32) of the first largest value along an axis (default the last). */
export const argmax = (x: Operand, axis = -1): Tensor => argReduce("max", x, axis);
/** Index (int32) of the first smallest value along an axis (default the last). */
export const argmin = (x: Operand, axis = -1): Tensor => argReduce("min", x, axis);

function argReduce(operation: "max" | "min", x: Operand, axis: number): Tensor {
  const t = cast(x, "float32");
  return record(argReduceOp, [t], { operation, axis: normalizeAxis(`arg${operation}`, axis, t.rank) });
}
