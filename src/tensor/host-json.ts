// JSON of numbers that JSON lacks: NaN and infinities.
import type { TypedArray } from "../ir/dtype.ts";
import type { Shape } from "../ir/shape.ts";

/** An array as JSON can hold it: numbers, and words for those that JSON lacks. */
export interface HostJson {
  /** The type of the elements: float32, float64, int32 … */
  readonly dtype: string;
  readonly shape: Shape;
  readonly data: readonly (number | "NaN" | "Infinity" | "-Infinity" | "-0")[];
}

/**
 * An array in a form that JSON restores to equal bits (except NaN payloads). Nine digits identify a float32.
 */
export function hostJson(data: TypedArray, shape: Shape): HostJson {
  const digits = data instanceof Float32Array ? 9 : 17;
  const write = (value: number) =>
    Number.isFinite(value) && !Object.is(value, -0)
      ? Number(value.toPrecision(digits))
      : value === 0
        ? "-0"
        : String(value);
  return {
    dtype: data.constructor.name.slice(0, -5).toLowerCase(),
    shape,
    data: Array.from(data, write) as (number | "NaN")[],
  };
}
