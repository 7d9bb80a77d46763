/** Element types. The js backend can evaluate float32 graphs in float64. */
export type DType = "float32" | "int32";

/** What reading a tensor gives: Float32Array or Int32Array; Float64Array from the js backend in float64. */
export type TypedArray = Float32Array | Int32Array | Float64Array;

/** Any numeric array that can be copied from. */
export type NumericArray =
  | TypedArray
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | readonly number[];

/** The dtype in which data of this kind are kept: integer arrays become int32, all others float32. */
export function dtypeOf(data: NumericArray): DType {
  return data instanceof Int32Array ||
    data instanceof Uint8Array ||
    data instanceof Uint8ClampedArray ||
    data instanceof Int8Array ||
    data instanceof Uint16Array ||
    data instanceof Int16Array ||
    data instanceof Uint32Array
    ? "int32"
    : "float32";
}
