import type { TypedArray } from "./dtype.ts";
import type { Shape } from "./shape.ts";

/** An array as JSON can hold it: numbers, and what JSON has no numbers for in words. */
export interface HostJson {
  /** The type of the elements: float32, float64, int32 … */
  readonly dtype: string;
  readonly shape: Shape;
  readonly data: readonly (number | "NaN" | "Infinity" | "-Infinity" | "-0")[];
}

/** The form in which arrays go through JSON and come back to equal bits (but for what a NaN may carry). Nine digits tell every float32 from its neighbours. */
export function hostJson(data: TypedArray, shape: Shape): HostJson {
  const isShort = data instanceof Float32Array;
  const write = (value: number) => (Number.isFinite(value) && !Object.is(value, -0) ? (isShort ? Number(value.toPrecision(9)) : value) : wordOf(value));
  return { dtype: data.constructor.name.replace("Array", "").toLowerCase(), shape, data: Array.from<number, HostJson["data"][number]>(data, write) };
}

const wordOf = (value: number) => (value === 0 ? "-0" : (String(value) as "NaN"));
