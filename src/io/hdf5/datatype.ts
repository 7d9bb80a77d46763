// The datatypes of HDF5 that numpy arrays and strings have, and their values.
import type { Cursor } from "../binary.ts";
import { damaged, unsupported } from "../file-error.ts";
import { bfloatToFloat, halfToFloat, type NumberArray, viewAs } from "../numbers.ts";

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
  /** How strings end: null-terminated or padded (0, 1), padded by spaces (2), or kept in a heap ("heap"). */
  readonly padding?: number | "heap";
}

/** Array classes by dtype; those of one byte are named as in numpy. */
const arrays = {
  "<f4": Float32Array,
  "<f8": Float64Array,
  "|i1": Int8Array,
  "<i2": Int16Array,
  "<i4": Int32Array,
  "<i8": BigInt64Array,
  bool: Uint8Array,
  "|u1": Uint8Array,
  "<u2": Uint16Array,
  "<u4": Uint32Array,
  "<u8": BigUint64Array,
} as const;

/** The classes of datatypes, by their number. */
const classes = ["integer", "float", "time", "string", "bit field", "opaque", "compound", "reference", "enum"];

/** The places of sign, exponent and mantissa in the IEEE formats, by their size in bytes. */
const ieee: Readonly<Record<number, string>> = {
  2: "15,0,16,10,5,0,10,15",
  4: "31,0,32,23,8,0,23,127",
  8: "63,0,64,52,11,0,52,1023",
};

/**
 * Reads a datatype.
 * @param isBfloat whether an attribute says that opaque elements of two bytes are bfloat16.
 * @throws FileError on one that is not supported, by its class.
 */
export function readDatatype(name: string, cursor: Cursor, isBfloat = false): Datatype {
  const [first = 0, bits0 = 0, bits1 = 0, , size = 0] = cursor.numbers("11114");
  const kind = first & 15;
  const isBigEndian = (bits0 & 1) === 1;
  if (kind === 0) {
    if (isBigEndian && size > 1) throw unsupported(name, "the big-endian byte order");
    if (![1, 2, 4, 8].includes(size) || cursor.number(2) !== 0 || cursor.number(2) !== 8 * size)
      throw unsupported(name, `an integer of ${size} bytes with unused bits`);
    return { dtype: `${size === 1 ? "|" : "<"}${bits0 & 8 ? "i" : "u"}${size}` as Dtype, size };
  }
  if (kind === 1) {
    if (isBigEndian) throw unsupported(name, "the big-endian byte order");
    if ([bits1, ...cursor.numbers("2211114")].join() !== ieee[size])
      throw unsupported(name, `a float of ${size} bytes that is not IEEE 754`);
    return { dtype: `<f${size}` as Dtype, size };
  }
  if (kind === 3) {
    if (size === 0) throw damaged(name, "a string must have a size", "a size > 0", 0);
    return { dtype: "string", size, padding: bits0 & 15 };
  }
  // Of variable length: strings only. Their elements are a length, an address and an index.
  if (kind === 9 && (bits0 & 15) === 1 && size === 16) return { dtype: "string", size, padding: "heap" };
  if (kind === 5 && size === 2 && isBfloat) return { dtype: "bfloat16", size };
  if (kind === 8 && size === 1 && bits0 + 256 * bits1 === 2) return readBool(name, cursor, first >> 4);
  throw unsupported(name, `the datatype "${classes[kind] ?? (kind === 9 ? "variable-length sequence" : "array")}"`);
}

/** The enum of FALSE and TRUE that h5py makes of truth values. */
function readBool(name: string, cursor: Cursor, version: number): Datatype {
  const base = readDatatype(name, cursor);
  let names = "";
  for (let i = 0; i < 2; i++) {
    const start = cursor.at;
    for (let letter = cursor.ascii(1); letter !== "\0"; letter = cursor.ascii(1)) names += letter;
    names += " ";
    if (version < 3) cursor.skip((8 - ((cursor.at - start) % 8)) % 8);
  }
  const values = cursor.numbers("11");
  if (names !== "FALSE TRUE " || base.size !== 1 || values.join() !== "0,1") throw unsupported(name, "an enum");
  return { dtype: "bool", size: 1 };
}

/**
 * Elements as an array of numbers: a view of the bytes where they are aligned and of no half precision, else a copy.
 */
export function numbersOf(dtype: Exclude<Dtype, "string">, bytes: Uint8Array): NumberArray {
  if (dtype === "<f2") return halfToFloat(bytes);
  return dtype === "bfloat16" ? bfloatToFloat(bytes) : viewAs<NumberArray>(arrays[dtype], bytes);
}

/** The datatype message of an array of numbers. */
export function datatypeOf(data: NumberArray): readonly [dtype: Dtype, widths: string, ...values: number[]] {
  const size = data.BYTES_PER_ELEMENT;
  if (data instanceof Float32Array || data instanceof Float64Array) {
    const [sign = 0, ...places] = (ieee[size] as string).split(",").map(Number);
    return [`<f${size}` as Dtype, "111142211114", 0x11, 0x20, sign, 0, size, ...places];
  }
  const isSigned = /^(Big)?Int/.test(data.constructor.name);
  const dtype = `${size === 1 ? "|" : "<"}${isSigned ? "i" : "u"}${size}` as Dtype;
  return [dtype, "1111422", 0x10, isSigned ? 8 : 0, 0, 0, size, 0, 8 * size];
}
