// Arrays on the host: what users may hand in as an array, and reading it into one form.
import { literal, lookUp, shapeError, stateError, valueError } from "../errors.ts";
import { hide } from "../format.ts";
import type { NumericArray, TypedArray } from "../ir/dtype.ts";
import { checkShape, formatShape, type Shape, sizeOf } from "../ir/shape.ts";
import { type HostJson, hostJson } from "../tensor/host-json.ts";
import { flatten, type HostData, isNumericView, type NestedNumbers } from "../tensor/nested.ts";
import { constantData, constantValue } from "../tensor/ops/leaf.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Numbers in the host's memory: row-major data and their shape. Data that a user gives are not copied. */
export interface HostArray {
  readonly data: HostData;
  readonly shape: Shape;
}

/** The forms in which users may give an array. A flat array has the shape `[length]`. */
export type ArrayInput =
  | Tensor
  | {
      /** Numbers in row-major order. */
      readonly data: NumericArray;
      /** Extents of the axes. */
      readonly shape: Shape;
    }
  | HostJson
  | NumericArray
  | NestedNumbers;

/** Data with their shape. @throws ShapeError where the shape does not hold as many values as there are. */
export function hostArray(data: NumericArray, shape?: Shape, name = "hostArray"): HostArray {
  if (!isFlat(data)) throw notNumbers(name, data);
  if (shape === undefined) return hostArray(data, [data.length], name);
  checkShape(name, shape);
  if (sizeOf(shape) !== data.length) {
    throw shapeError(name, {
      rule: "the shape must hold the values",
      expected: `${sizeOf(shape)} values for shape ${formatShape(shape)}`,
      received: data.length,
    });
  }
  return { data: isNumericView(data) ? data : Float32Array.from(data, Number), shape };
}

/**
 * A {@link HostArray} to be stored: `JSON.stringify` writes its numbers so that they come back to equal bits;
 * `structuredClone` copies it as plain data.
 */
export function storableArray(data: TypedArray, shape: Shape): HostArray {
  return hide({ data, shape }, "toJSON", () => hostJson(data, shape));
}

/** Whether `value` is a {@link HostArray} (or something of its form). */
export function isHostArray(value: unknown): value is HostArray {
  return (
    typeof value === "object" &&
    value !== null &&
    Array.isArray((value as HostArray).shape) &&
    (isFlat((value as HostArray).data) || isTextData((value as HostArray).data))
  );
}

/**
 * Data as a {@link HostArray}. Typed arrays are taken as they are; nested arrays become a Float32Array.
 *
 * @param name for messages, for example `x`.
 * @throws ShapeError for ragged nesting (naming the place), ValueError for what is not numbers, StateError for a tensor
 * that has yet to be computed: {@link toHostArrayAsync} computes it.
 */
export function toHostArray(name: string, value: ArrayInput): HostArray {
  if (value instanceof Tensor) return constantArray(name, value);
  if (isHostArray(value)) return hostArray(typed(name, value), value.shape, name);
  if (isNumericView(value)) return { data: value, shape: [value.length] };
  if (Array.isArray(value) || typeof value === "number") return flatten(name, value as NestedNumbers);
  throw notNumbers(name, value);
}

function notNumbers(name: string, value: unknown): Error {
  const isJson = value instanceof Object && ("0" in value || "data" in value);
  return valueError(name, {
    rule: "data are a tensor, a typed array, nested arrays of numbers, or { data, shape }",
    expected: "numbers",
    received: literal(value),
    ...adviceOn(value),
    ...(isJson && {
      advice: "JSON.stringify makes objects of typed arrays: store what getWeights gave, or Array.from(data).",
    }),
  });
}

/** What to do with a value that gives data, and is none. */
export const adviceOn = (value: unknown): { advice: string } | undefined =>
  value instanceof Promise
    ? { advice: "Await it." }
    : typeof value === "function"
      ? { advice: "For a generator write datasetFrom(f)." }
      : undefined;

const jsonKinds = { float32: Float32Array, float64: Float64Array, int32: Int32Array };

/** The values of an array that went through JSON in the type that they had. */
function typed(
  name: string,
  { data, dtype }: { readonly data: HostData | readonly number[]; readonly dtype?: string },
): NumericArray {
  return dtype === undefined || isNumericView(data)
    ? data
    : lookUp<{ from(data: readonly number[], map: typeof Number): TypedArray }>(name, "dtype", jsonKinds, dtype).from(
        data,
        Number,
      );
}

/** As {@link toHostArray}; computes tensors that are not constants. */
export async function toHostArrayAsync(name: string, value: ArrayInput): Promise<HostArray> {
  if (value instanceof Tensor && value.op.name !== "constant") return { data: await value.data(), shape: value.shape };
  return toHostArray(name, value);
}

function constantArray(name: string, tensor: Tensor): HostArray {
  const data = constantData(tensor);
  if (data) return { data, shape: tensor.shape };
  const value = constantValue(tensor);
  if (value !== undefined) return { data: Float32Array.of(value), shape: tensor.shape };
  throw stateError(name, {
    rule: "only a constant tensor can be read at once",
    expected: "tensor(…)",
    received: `the result of ${tensor.op.name}`,
    advice: "Compute it first: tensor(await t.data(), t.shape).",
  });
}

/** Strings of a data set, which have the methods of typed arrays; see `text.ts`. */
export const isTextData = (data: unknown): boolean => Array.isArray(data) && "subarray" in data;

/** Whether `data` is one flat array of numbers, typed or not; those that JSON cannot write may come in words. */
function isFlat(data: unknown): data is NumericArray {
  return (
    isNumericView(data) ||
    (Array.isArray(data) &&
      data.every(
        (value) => typeof value === "number" || (typeof value === "string" && /^(-?Infinity|NaN|-0)$/.test(value)),
      ))
  );
}

/** Number of rows: the extent of the first axis. @throws ShapeError for a scalar. */
export function rowsOf(name: string, { shape }: HostArray): number {
  const rows = shape[0];
  if (rows === undefined)
    throw shapeError(name, {
      rule: "the first axis counts the examples",
      expected: "at least one axis",
      received: "a scalar",
    });
  return rows;
}

/** Rows `start` to `end` (not included) as a view on the same memory. */
export function sliceRows({ data, shape }: HostArray, start: number, end: number): HostArray {
  const inner = shape.slice(1);
  const size = sizeOf(inner);
  return { data: data.subarray(start * size, end * size), shape: [end - start, ...inner] };
}

/** A copy of the rows that `indices` names, in that order. */
export function gatherRows({ data, shape }: HostArray, indices: ArrayLike<number>): HostArray {
  const inner = shape.slice(1);
  const size = sizeOf(inner);
  const out = emptyLike(data, indices.length * size);
  for (let row = 0; row < indices.length; row++) {
    const start = (indices[row] as number) * size;
    // A loop beats `set(subarray)` for the labels, one number a row, which would make two objects for each.
    if (size < 16) for (let i = 0; i < size; i++) out[row * size + i] = data[start + i] as number;
    else out.set(data.subarray(start, start + size), row * size);
  }
  return { data: out, shape: [indices.length, ...inner] };
}

/** A zeroed array of the same type. */
export function emptyLike(data: HostData, length: number): HostData {
  return new (data.constructor as new (length: number) => HostData)(length);
}
