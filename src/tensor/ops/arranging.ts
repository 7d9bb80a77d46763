// Ops that cut, repeat and reorder along axes, made of slices, gathers and reshapes. int32 stays int32.
import { checkCount } from "../../checks.ts";
import { checkNumber, shapeError, valueError } from "../../errors.ts";
import { checkList, formatShape, isNumber, knownExtent, normalizeAxes, normalizeAxis } from "../../ir/shape.ts";
import type { Tensor } from "../tensor.ts";
import { cast, sub } from "./elementwise.ts";
import { gather, range } from "./indexing.ts";
import { concat, slice } from "./joining.ts";
import { asTensor, type Operand, tensor } from "./leaf.ts";
import { broadcastTo, expandDims, reshape, squeeze } from "./shaping.ts";

/**
 * Cuts x along an axis (default the first).
 * @param sections a number of equal parts, or the places at which to cut: [2, 5] gives 0..2, 2..5 and 5..end.
 * @throws ShapeError where the axis cannot be divided into so many equal parts.
 * @example const [mean, logVariance] = split(encoded, 2, -1);
 * @see Keras 3 `ops.split`.
 */
export function split(x: Operand, sections: number | readonly number[], axis = 0): Tensor[] {
  const t = asTensor(x);
  const at = normalizeAxis("split", axis, t.rank);
  const extent = t.shape[at] as number;
  const cuts = typeof sections === "number" ? equalCuts(t, at, sections) : cutsWithin(extent, sections);
  const ends = [...cuts.slice(1), extent];
  return cuts.map((begin, index) => part(t, at, begin, (ends[index] as number) - begin));
}

function equalCuts(t: Tensor, axis: number, count: number): number[] {
  checkCount("split", "sections", count, 1);
  const extent = t.shape[axis] as number;
  if (extent % count > 0)
    throw shapeError("split", {
      rule: "the axis is cut into equal parts",
      expected: `an extent at axis ${axis} that ${count} divides`,
      received: extent,
      context: formatShape(t.shape),
      advice: "Or give the places at which to cut, such as [2, 5].",
    });
  return Array.from({ length: count }, (_, index) => (extent / count) * index);
}

function cutsWithin(extent: number, places: readonly number[]): number[] {
  const cuts = [0, ...checkList("split", "sections", places, Number.isInteger)];
  if (cuts.some((place, index) => place > extent || place < (cuts[index - 1] ?? 0)))
    throw valueError("split", {
      rule: "the places at which to cut must not fall, and lie within the axis",
      expected: `integers in [0, ${extent}]`,
      received: places,
    });
  return cuts;
}

/** So many elements of one axis, and all of the others. */
function part(t: Tensor, axis: number, begin: number, size: number): Tensor {
  return slice(
    t,
    t.shape.map((_, i) => (i === axis ? begin : 0)),
    t.shape.map((extent, i) => (i === axis ? size : extent)),
  );
}

/**
 * The slices along an axis (default the first), without that axis: the inverse of `stack`.
 * @throws ShapeError where the extent is not known.
 * @example for (const step of unstack(sequence, 1)) state = cell(step, state);
 */
export function unstack(x: Operand, axis = 0): Tensor[] {
  const t = asTensor(x);
  const at = normalizeAxis("unstack", axis, t.rank);
  const extent = knownExtent("unstack", "the number of slices must be known", t.shape, at);
  return Array.from({ length: extent }, (_, index) => squeeze(part(t, at, index, 1), at));
}

/**
 * x side by side with itself, so many times along each axis.
 * @param counts one count per axis, or one number for the last axis. Where there are more counts than axes, x gets
 * axes of extent 1 in front; where there are fewer, the first axes are not repeated.
 * @example tile(tensor([1, 2]), [2, 2]); // [[1, 2, 1, 2], [1, 2, 1, 2]]
 * @see Keras 3 `ops.tile`.
 */
export function tile(x: Operand, counts: number | readonly number[]): Tensor {
  const t = asTensor(x);
  const given = typeof counts === "number" ? [counts] : checkList("tile", "counts", counts, isNumber);
  for (const count of given) checkCount("tile", "each count", count, 0);
  const rank = Math.max(given.length, t.rank);
  const times = [...Array.from({ length: rank - given.length }, () => 1), ...given];
  const shape = [...Array.from({ length: rank - t.rank }, () => 1), ...t.shape];
  // [a, b] → [1, a, 1, b] → [n, a, m, b] → [n·a, m·b]; axes that are not repeated stay as they are.
  const separate = (first: (count: number) => number) =>
    shape.flatMap((extent, axis) => (times[axis] === 1 ? [extent] : [first(times[axis] as number), extent]));
  const spread = broadcastTo(
    reshape(
      t,
      separate(() => 1),
    ),
    separate((count) => count),
  );
  return reshape(
    spread,
    shape.map((extent, axis) => extent * (times[axis] as number)),
  );
}

/**
 * Each element so many times in a row along an axis.
 * @param counts one number for all, or one per element of the axis.
 * @param axis default: x is flattened first, as in NumPy.
 * @example repeat(tensor([1, 2]), 2); // [1, 1, 2, 2]
 * @see Keras 3 `ops.repeat`.
 */
export function repeat(x: Operand, counts: number | readonly number[], axis?: number | null): Tensor {
  if (axis === undefined || axis === null) return repeat(reshape(x, [-1]), counts, 0);
  const t = asTensor(x);
  const at = normalizeAxis("repeat", axis, t.rank);
  const extent = t.shape[at] as number;
  const withExtent = (n: number) => t.shape.map((old, i) => (i === at ? n : old));
  if (typeof counts === "number") {
    checkCount("repeat", "counts", counts, 0);
    const spread = [...t.shape.slice(0, at + 1), counts, ...t.shape.slice(at + 1)];
    return reshape(broadcastTo(expandDims(t, at + 1), spread), withExtent(extent * counts));
  }
  for (const count of checkList("repeat", "counts", counts, isNumber)) checkCount("repeat", "each count", count, 0);
  if (counts.length !== extent)
    throw shapeError("repeat", {
      rule: "there is one count per element of the axis",
      expected: `${extent} counts`,
      received: counts.length,
      context: formatShape(t.shape),
    });
  const indices = counts.flatMap((count, index) => Array.from({ length: count }, () => index));
  return gather(t, tensor(Int32Array.from(indices)), at);
}

/**
 * The elements in reverse order along axes (default all).
 * @see Keras 3 `ops.flip`.
 */
export function flip(x: Operand, axes?: number | readonly number[] | null): Tensor {
  const t = asTensor(x);
  return normalizeAxes("flip", axes, t.rank).reduce((flipped, axis) => {
    const extent = t.shape[axis] as number;
    return gather(flipped, cast(sub(extent - 1, range(extent)), "int32"), axis);
  }, t);
}

/**
 * Moves the elements by `shift` places along an axis; what leaves at the end comes in at the beginning.
 * @param shift how far, towards the end where positive; a list with a list of as many axes.
 * @param axis default: x is flattened first and gets its shape back, as in NumPy.
 * @example roll(tensor([1, 2, 3]), 1); // [3, 1, 2]
 * @see Keras 3 `ops.roll`.
 */
export function roll(x: Operand, shift: number | readonly number[], axis?: number | readonly number[] | null): Tensor {
  const t = asTensor(x);
  if (axis === undefined || axis === null) return reshape(roll(reshape(t, [-1]), shift, 0), t.shape);
  const axes = typeof axis === "number" ? [axis] : checkList("roll", "the axes", axis, isNumber);
  const shifts = typeof shift === "number" ? axes.map(() => shift) : checkList("roll", "shift", shift, isNumber);
  if (shifts.length !== axes.length)
    throw valueError("roll", {
      rule: "one shift per axis",
      expected: `${axes.length} shifts`,
      received: shifts.length,
    });
  return axes.reduce<Tensor>((rolled, which, index) => {
    const at = normalizeAxis("roll", which, t.rank);
    const by = checkNumber("roll", "shift", shifts[index], "an integer", Number.isInteger);
    const extent = t.shape[at] as number;
    const front = extent === 0 ? 0 : ((by % extent) + extent) % extent;
    if (front === 0) return rolled;
    return concat([part(rolled, at, extent - front, front), part(rolled, at, 0, extent - front)], at);
  }, t);
}
