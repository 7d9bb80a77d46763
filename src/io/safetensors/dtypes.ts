// The element types of safetensors.
import { bfloatToFloat, halfToFloat } from "../halves.ts";
import { type NumberArray, viewAs } from "../numbers.ts";

/** The element types that are read; all but F16, BF16 and BOOL are written, too. */
export type SafetensorsDtype = keyof typeof arrays;

/** Array classes by element type, in the order of the reference implementation. F16 and BF16 are read as float32. */
export const arrays = {
  BOOL: Uint8Array,
  U8: Uint8Array,
  I8: Int8Array,
  I16: Int16Array,
  U16: Uint16Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I32: Int32Array,
  U32: Uint32Array,
  F32: Float32Array,
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
} as const;

/** Elements as numbers: a view of the bytes where they are aligned and need no conversion, else a copy. */
export function numbersOf(dtype: SafetensorsDtype, bytes: Uint8Array): NumberArray {
  if (dtype === "F16") return halfToFloat(bytes);
  return dtype === "BF16" ? bfloatToFloat(bytes) : viewAs<NumberArray>(arrays[dtype], bytes);
}

/** The element type of an array. */
export function dtypeOf(data: NumberArray): SafetensorsDtype {
  const kind = data.constructor.name.replace(/^Big/, "")[0] as string;
  return `${kind}${8 * data.BYTES_PER_ELEMENT}` as SafetensorsDtype;
}
