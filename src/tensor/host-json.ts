import type { TypedArray } from "../ir/dtype.ts";
import type { Shape } from "../ir/shape.ts";

/** An array as JSON can hold it: numbers, and what JSON has no numbers for in words. */
export interface HostJson {
  /** The type of the elements: float32, float64, int32 … */
  readonly dtype: string;
  readonly shape: Shape;
  readonly data: readonly (number | "NaN" | "Infinity" | "-Infinity" | "-0")[];
}

/**
 * The form in which arrays go through JSON and come back to equal bits (but for what a NaN may carry). Nine digits tell
 * each float32 from its neighbours.
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
