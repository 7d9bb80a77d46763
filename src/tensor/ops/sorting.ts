// Sorting along an axis: a bitonic network (Batcher 1968) of elementwise ops, so it needs no kernel of its own.
import { checkNumber } from "../../errors.ts";
import { knownExtent, normalizeAxis } from "../../ir/shape.ts";
import { checkOptions } from "../../options.ts";
import type { Tensor } from "../tensor.ts";
import { cast, isNaN, less, logicalAnd, logicalNot, logicalOr, notEqual, where } from "./elementwise.ts";
import { range, takeAlongAxis } from "./indexing.ts";
import { concat, slice } from "./joining.ts";
import { asTensor, type Operand, tensor } from "./leaf.ts";
import { broadcastTo, reshape, swapAxes } from "./shaping.ts";
import { stopGradient } from "./with-gradient.ts";

/** Options of {@link sort} and {@link argsort}. */
export interface SortOptions {
  /** Largest first. Default false. */
  descending?: boolean;
}

/**
 * The values along an axis (default the last) in order; equal ones keep theirs. NaN counts as larger than all. The
 * gradient goes back to where each value came from. int32 stays int32.
 * Cost: for n values ½·log2(n)·(log2(n) + 1) passes over x (n rounded up to a power of two): 10 for 16, 55 for 1024.
 * @throws ShapeError where the extent of the axis is not known. @throws ValueError beyond 2^24 elements.
 * @see Keras 3 `ops.sort`.
 */
export const sort = (x: Operand, axis = -1, options: SortOptions = {}): Tensor =>
  takeAlongAxis(x, order("sort", x, axis, options), axis);

/**
 * The indices (int32) that put x in order along an axis (default the last); see {@link sort} for order and cost.
 * @see Keras 3 `ops.argsort`.
 */
export const argsort = (x: Operand, axis = -1, options: SortOptions = {}): Tensor => order("argsort", x, axis, options);

/**
 * The k largest values along the last axis, largest first, with their indices (int32); of equal values the first is
 * taken first. Gradients go back to where the values came from. Cost: that of {@link sort}.
 * @throws ValueError where k is not in [0, extent].
 * @example const { values, indices } = topK(logits, 5);
 * @see Keras 3 `ops.top_k`.
 */
export function topK(x: Operand, k: number): { values: Tensor; indices: Tensor } {
  const t = asTensor(x);
  const extent = t.shape[normalizeAxis("topK", -1, t.rank)] as number;
  checkNumber("topK", "k", k, `an integer in [0, ${extent}]`, (v) => Number.isInteger(v) && v >= 0 && !(v > extent));
  const indices = firstOf(order("topK", t, -1, { descending: true }), k);
  return { values: takeAlongAxis(t, indices), indices };
}

const firstOf = (t: Tensor, n: number): Tensor =>
  slice(
    t,
    t.shape.map(() => 0),
    [...t.shape.slice(0, -1), n],
  );

function order(name: string, x: Operand, axis: number, options: SortOptions): Tensor {
  const { descending = false } = checkOptions(name, options, { descending: "boolean" });
  const t = asTensor(x);
  const at = normalizeAxis(name, axis, t.rank);
  const extent = knownExtent(name, "the number of values to sort must be known", t.shape, at);
  const last = swapAxes(stopGradient(cast(t, "float32")), at, -1);
  return swapAxes(cast(network(last, extent, descending), "int32"), at, -1);
}

/** Values with the indices at which they were. */
interface Pairs {
  readonly keys: Tensor;
  readonly indices: Tensor;
}

/** The indices (as float32) that sort the last axis, of extent n. */
function network(x: Tensor, n: number, descending: boolean): Tensor {
  const rows = x.shape.slice(0, -1);
  let width = 1;
  while (width < n) width *= 2;
  // What fills up to a power of two goes to the end: the largest value, or the smallest, with the largest indices.
  const fill = broadcastTo(descending ? Number.NEGATIVE_INFINITY : Number.NaN, [...rows, width - n]);
  const keys = width === n ? x : concat([x, fill]);
  let pairs: Pairs = { keys, indices: broadcastTo(cast(range(width), "float32"), keys.shape) };
  for (let block = 2; block <= width; block *= 2) {
    for (let distance = block / 2; distance >= 1; distance /= 2)
      pairs = exchange(pairs, rows, width, block, distance, descending);
  }
  return firstOf(pairs.indices, n);
}

/**
 * Puts elements that are `distance` apart in order: blocks of so many elements in turn forwards and backwards, the last
 * one, which is all of the row, forwards.
 */
function exchange(
  { keys, indices }: Pairs,
  rows: readonly number[],
  width: number,
  block: number,
  distance: number,
  descending: boolean,
): Pairs {
  const turns = block < width ? 2 : 1;
  const split = [...rows, width / (block * turns), turns, block / (2 * distance), 2, distance];
  const half = (t: Tensor, which: number) =>
    slice(
      reshape(t, split),
      split.map((_, axis) => (axis === split.length - 2 ? which : 0)),
      split.map((extent, axis) => (axis === split.length - 2 ? 1 : extent)),
    );
  const [a, b, i, j] = [half(keys, 0), half(keys, 1), half(indices, 0), half(indices, 1)];
  const [first, second] = descending ? [a, b] : [b, a];
  // Ties are broken by the indices, so that the order is total and equal values keep theirs.
  const isWrong = logicalOr(isBefore(first, second), logicalAnd(logicalNot(isBefore(second, first)), less(j, i)));
  const isBackwards = reshape(tensor(turns === 2 ? [0, 1] : [0]), [turns, 1, 1, 1]);
  const swap = notEqual(isWrong, isBackwards);
  const put = (x: Tensor, y: Tensor) => reshape(concat([where(swap, y, x), where(swap, x, y)], -2), [...rows, width]);
  return { keys: put(a, b), indices: put(i, j) };
}

/** a < b, where NaN is larger than every number. */
const isBefore = (a: Tensor, b: Tensor): Tensor => logicalOr(less(a, b), logicalAnd(isNaN(b), logicalNot(isNaN(a))));
