// Nested arrays of numbers to flat typed arrays, and back.
import { literal, shapeError, valueError } from "../errors.ts";
import type { NumericArray } from "../ir/dtype.ts";

/** A typed array of numbers. */
export type HostData = Exclude<NumericArray, readonly number[]>;

/** Nested arrays of numbers; the innermost rows may be typed arrays. */
export type NestedNumbers = number | NumericArray | readonly NestedNumbers[];

/** The values in row-major order, and the shape of the nesting. */
export interface Flat<Data extends Float32Array | Float64Array = Float32Array> {
  readonly data: Data;
  readonly shape: readonly number[];
}

/**
 * Flattens nested arrays into one typed array.
 *
 * @param kind of the result: Float32Array (default), or Float64Array where float64 is wanted.
 * @param name begins the paths in errors, for example `x` in `x[2][1]`.
 * @throws ShapeError where rows differ in length or depth, ValueError where a value is not a number; both name the
 * place.
 */
export function flatten(name: string, values: NestedNumbers): Flat;
export function flatten(name: string, values: NestedNumbers, kind: Float64ArrayConstructor): Flat<Float64Array>;
export function flatten(
  name: string,
  values: NestedNumbers,
  kind: Float32ArrayConstructor | Float64ArrayConstructor = Float32Array,
): Flat<Float32Array | Float64Array> {
  const shape = shapeOfFirst(name, values);
  const data = new kind(shape.reduce((size, extent) => size * extent, 1));
  fill({ name, shape, data }, values, [], 0);
  return { data, shape };
}

/** The shape of the first element at each level; `fill` checks that the others have it. */
function shapeOfFirst(name: string, values: NestedNumbers): number[] {
  const shape: number[] = [];
  for (let level: NestedNumbers = values; isRow(level); level = level[0] as NestedNumbers) {
    shape.push(level.length);
    // An array that holds itself has no end.
    if (shape.length > 32)
      throw shapeError(name, { rule: "arrays are nested too deep", expected: "at most 32 axes", received: "more" });
    if (level.length === 0) break;
  }
  return shape;
}

interface Filling {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/** Copies one level to `offset` and on, and gives the offset behind it. `path` is shared and only read for errors. */
function fill(target: Filling, values: NestedNumbers, path: number[], offset: number): number {
  const { name, shape, data } = target;
  const depth = path.length;
  if (!isRow(values)) {
    if (typeof values !== "number") throw notANumber(name, values, path);
    if (depth < shape.length) throw ragged(name, `the number ${values}`, path, shape);
    data[offset] = values;
    return offset + 1;
  }
  if (depth === shape.length || values.length !== shape[depth]) {
    throw ragged(name, `an array of ${values.length}`, path, shape);
  }
  if (isNumericView(values) && depth === shape.length - 1) {
    data.set(values, offset);
    return offset + values.length;
  }
  let next = offset;
  for (let index = 0; index < values.length; index++) {
    path.push(index);
    next = fill(target, values[index] as NestedNumbers, path, next);
    path.pop();
  }
  return next;
}

function isRow(value: NestedNumbers): value is NumericArray | readonly NestedNumbers[] {
  return Array.isArray(value) || isNumericView(value);
}

/** Whether `value` is a typed array of numbers: neither a DataView nor 64-bit integers. */
export function isNumericView(value: unknown): value is HostData {
  return (
    ArrayBuffer.isView(value) &&
    !(value instanceof DataView || value instanceof BigInt64Array || value instanceof BigUint64Array)
  );
}

const placeOf = (name: string, path: readonly number[]) => `${name}${path.map((index) => `[${index}]`).join("")}`;

function ragged(name: string, received: string, path: readonly number[], shape: readonly number[]): Error {
  return shapeError(placeOf(name, path), {
    rule: "nested arrays must be regular: all rows of one level have the same length and depth",
    expected: path.length === shape.length ? "a number" : `a row of ${shape[path.length]}`,
    received,
    context: `the first rows make the shape [${shape.join(", ")}]`,
  });
}

function notANumber(name: string, value: unknown, path: readonly number[]): Error {
  return valueError(placeOf(name, path), {
    rule: "arrays hold numbers only",
    expected: "a number",
    received: literal(value),
    advice: "Turn labels (stringLookup) and missing values into numbers first.",
  });
}
