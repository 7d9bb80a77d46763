import { literal, shapeError, valueError } from "../errors.ts";

/** Sizes per axis, row-major, channels last. `[]` is a scalar. */
export type Shape = readonly number[];

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => Object.is(extent, b[axis]));
}

let unknownExtents = false;

/**
 * Records with extents that are not known: they are NaN, which arithmetic carries on (NaN − 3 + 1, Math.floor(NaN /
 * 2)), so that an extent that was worked out from one is unknown, too. Checks of shapes pass where an extent is unknown
 * ({@link mayEqual}). What is recorded has shapes only. See docs/decisions/0016-unknown-extents.md.
 */
export function withUnknownExtents<T>(act: () => T): T {
  const before = unknownExtents;
  unknownExtents = true;
  try {
    return act();
  } finally {
    unknownExtents = before;
  }
}

/** Whether two extents are equal, or may be, since one of them is unknown. */
export function mayEqual(a: number | undefined, b: number | undefined): boolean {
  return a === b || Number.isNaN(a) || Number.isNaN(b);
}

/** {@link mayEqual} for all extents. */
export function mayBeShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => mayEqual(extent, b[axis]));
}

/** `[32, 10]`; an extent that is null (the batch) or unknown shows as `null`. */
export function formatShape(shape: readonly (number | null)[]): string {
  return `[${shape.map((extent) => (Number.isNaN(extent) ? "null" : (extent ?? "null"))).join(", ")}]`;
}

/** NumPy's rule: align on the right; extents agree or one of them is 1. */
export function broadcastShapes(name: string, ...shapes: Shape[]): Shape {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    const lead = rank - shape.length;
    shape.forEach((extent, axis) => {
      const current = result[lead + axis] as number;
      if (!mayEqual(current, extent) && current !== 1 && extent !== 1) {
        throw shapeError(name, {
          rule: "shapes must broadcast: aligned on the right, extents agree or one of them is 1",
          expected: `${current} or 1 at axis ${axis}`,
          received: extent,
          context: shapes.map(formatShape).join(" with "),
        });
      }
      // An unknown extent is 1 or that of the others.
      if (current === 1 || Number.isNaN(current)) result[lead + axis] = extent === 1 ? current : extent;
    });
  }
  return result;
}

/** Turns an axis that may be negative into 0 … rank − 1. */
export function normalizeAxis(name: string, axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  throw valueError(name, {
    rule: "axis must be within the rank",
    expected: `an integer in [${-rank}, ${rank - 1}]`,
    received: literal(axis),
  });
}

/** The extent of an axis. @param rule stands in the message. @throws ShapeError where it is not known. */
export function knownExtent(name: string, rule: string, shape: Shape, axis: number): number {
  const extent = shape[axis] as number;
  if (!Number.isNaN(extent)) return extent;
  throw shapeError(name, { rule, expected: `a known extent at axis ${axis}`, received: formatShape(shape) });
}

/** Sorted, unique, non-negative axes; undefined or null means all of them. */
export function normalizeAxes(
  name: string,
  axes: number | readonly number[] | null | undefined,
  rank: number,
): number[] {
  if (axes === undefined || axes === null) return Array.from({ length: rank }, (_, axis) => axis);
  const list = (Array.isArray(axes) ? (axes as readonly number[]) : [axes as number]).map((axis) =>
    normalizeAxis(name, axis, rank),
  );
  const unique = [...new Set(list)].sort((a, b) => a - b);
  if (unique.length !== list.length)
    throw valueError(name, { rule: "each axis may be named once", expected: "different axes", received: axes });
  return unique;
}

/**
 * An array as it is, with undefined for holes. @throws ValueError on what is none, or holds something for which `fits`
 * is false.
 */
export function checkList<T>(
  name: string,
  what: string,
  value: readonly T[],
  fits = (_item: T): boolean => true,
): readonly T[] {
  const list = Array.isArray(value) ? Array.from<T>(value) : undefined;
  if (list?.every(fits)) return list;
  throw valueError(name, {
    rule: `${what} must be a list`,
    expected: "an array of values of the right kind",
    received: literal(value),
  });
}

export const isNumber = (value: unknown): value is number => typeof value === "number";

/** Whether an extent is a whole number ≥ 0, or unknown where that is allowed. */
export function isExtent(extent: unknown): boolean {
  return (Number.isInteger(extent) && (extent as number) >= 0) || (unknownExtents && Number.isNaN(extent));
}

/** Checks that `shape` is an array of non-negative integers, and its size as {@link checkSize} does. */
export function checkShape(name: string, shape: unknown): Shape {
  if (Array.isArray(shape) && shape.every(isExtent)) return checkSize(name, shape);
  throw valueError(name, {
    rule: "a shape is an array of integers ≥ 0",
    expected: "for example [32, 10]",
    received: literal(shape),
  });
}

/** 2 GiB in float32: half of what WASM can address, so that there is room for a result beside it. */
const mostElements = 2 ** 29;

/**
 * Checks, before anything is allocated, that a shape has no more elements than a backend could hold. An unknown extent
 * counts as 1.
 */
export function checkSize(name: string, shape: Shape): Shape {
  let size = 1;
  for (const extent of shape) if (!Number.isNaN(extent)) size *= extent;
  if (size <= mostElements) return shape;
  throw valueError(name, {
    rule: "too many elements",
    expected: "at most 2^29 (536870912)",
    received: formatShape(shape),
  });
}
