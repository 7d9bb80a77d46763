// The datatypes of HDF5 that arrays of numbers have.
import { type Cursor, pack, sameBytes } from "../binary.ts";
import { type NumberArray, viewAs } from "../numbers.ts";

/**
 * Element types by their names in numpy. `bool` is how h5py writes truth values, read as 0 and 1; `string` is text of
 * fixed or variable length; `bfloat16` is how Keras writes such weights.
 */
export type Dtype =
  | "bfloat16"
  | "<f2"
  | "<f4"
  | "<f8"
  | `<i${2 | 4 | 8}`
  | `<u${2 | 4 | 8}`
  | "|i1"
  | "|u1"
  | "bool"
  | "string";

/** What a datatype message says. */
export interface Datatype {
  readonly dtype: Dtype;
  /** Bytes of an element. */
  readonly size: number;
  /** The next elements. */
  valuesOf(data: Cursor, count: number): readonly string[] | NumberArray;
}

/** Array classes by dtype; those of one byte are named as in numpy. */
const arrays = {
  "<f4": Float32Array,
  "<f8": Float64Array,
  "|i1": Int8Array,
  "<i2": Int16Array,
  "<i4": Int32Array,
  "<i8": BigInt64Array,
  "|u1": Uint8Array,
  "<u2": Uint16Array,
  "<u4": Uint32Array,
  "<u8": BigUint64Array,
} as const;

/** The places of sign, exponent and mantissa in the IEEE formats, by their size in bytes. */
export const ieee: Readonly<Record<number, string>> = {
  2: "15,0,16,10,5,0,10,15",
  4: "31,0,32,23,8,0,23,127",
  8: "63,0,64,52,11,0,52,1023",
};

let messages: [dtype: keyof typeof arrays, written: Uint8Array][] | undefined;

/** Integers and floats as they are written here; undefined for other types. */
export function readPlainDatatype({ bytes, at, end }: Cursor): Datatype | undefined {
  messages ??= Object.entries(arrays).map(([dtype, Numbers]) => [
    dtype as keyof typeof arrays,
    datatypeOf(new Numbers()),
  ]);
  const found = bytes.subarray(at, end);
  const [dtype] = messages.find(([, written]) => sameBytes(found.subarray(0, written.length), written)) ?? [];
  return dtype && plainDatatype(dtype);
}

/** The type of elements that an array has: its values are a view of the bytes where they are aligned, else a copy. */
export function plainDatatype(dtype: keyof typeof arrays): Datatype {
  const Numbers = arrays[dtype];
  const size = Numbers.BYTES_PER_ELEMENT;
  return { dtype, size, valuesOf: (data, count) => viewAs<NumberArray>(Numbers, data.take(count * size)) };
}

/** The datatype message of an array of numbers. */
export function datatypeOf(data: NumberArray): Uint8Array {
  const size = data.BYTES_PER_ELEMENT;
  if (data instanceof Float32Array || data instanceof Float64Array) {
    const [sign = 0, ...places] = (ieee[size] as string).split(",").map(Number);
    return pack("111142211114", 0x11, 0x20, sign, 0, size, ...places);
  }
  const isSigned = /^(Big)?Int/.test(data.constructor.name);
  return pack("1111422", 0x10, isSigned ? 8 : 0, 0, 0, size, 0, 8 * size);
}
