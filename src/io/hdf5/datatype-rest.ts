// The datatypes of HDF5 in all forms that are read: numbers, half precision, truth values, strings.
import { type Cursor, decode } from "../binary.ts";
import { damaged, unsupported } from "../file-error.ts";
import { bfloatToFloat, halfToFloat } from "../halves.ts";
import { type Datatype, type Dtype, ieee, plainDatatype } from "./datatype.ts";
import { GlobalHeap } from "./heap.ts";
import { Metadata } from "./metadata.ts";

/** The classes of datatypes, by their number. */
const classes = ["integer", "float", "time", "string", "bit field", "opaque", "compound", "reference", "enum"];

/** The type of a dtype. */
function datatypeOf(dtype: Exclude<Dtype, "string">): Datatype {
  if (dtype === "bool") return { ...plainDatatype("|u1"), dtype };
  if (dtype !== "<f2" && dtype !== "bfloat16") return plainDatatype(dtype);
  const toFloat = dtype === "<f2" ? halfToFloat : bfloatToFloat;
  return { dtype, size: 2, valuesOf: (data, count) => toFloat(data.take(2 * count)) };
}

/**
 * Reads a datatype.
 * @param heap gives the texts of variable length; or the bytes of the file, for a heap of each reading's own.
 * @param isBfloat whether an attribute says that opaque elements of two bytes are bfloat16.
 * @throws FileError on one that is not supported, by its class.
 */
export function readDatatype(name: string, cursor: Cursor, heap: GlobalHeap | Uint8Array, isBfloat = false): Datatype {
  const [first, bits0, bits1, , size] = cursor.numbers("11114");
  const kind = first & 15;
  const isBigEndian = (bits0 & 1) === 1;
  if (kind === 0) {
    if (isBigEndian && size > 1) throw unsupported(name, "the big-endian byte order");
    if (![1, 2, 4, 8].includes(size) || cursor.number(2) !== 0 || cursor.number(2) !== 8 * size)
      throw unsupported(name, `an integer of ${size} bytes with unused bits`);
    return datatypeOf(`${size === 1 ? "|" : "<"}${bits0 & 8 ? "i" : "u"}${size}` as "<i4");
  }
  if (kind === 1) {
    if (isBigEndian) throw unsupported(name, "the big-endian byte order");
    if ([bits1, ...cursor.numbers("2211114")].join() !== ieee[size])
      throw unsupported(name, `a float of ${size} bytes that is not IEEE 754`);
    return datatypeOf(`<f${size}` as "<f4");
  }
  if (kind === 3) {
    if (size === 0) throw damaged(name, "a string must have a size", "a size > 0", 0);
    return textType(size, (data) => textOf(name, data.take(size), bits0 & 15));
  }
  // Of variable length: strings only. Their elements are a length, an address and an index.
  if (kind === 9 && (bits0 & 15) === 1 && size === 16)
    return {
      dtype: "string",
      size,
      valuesOf(data, count) {
        // A bound of their own for each reading of a dataset.
        const texts = heap instanceof GlobalHeap ? heap : new GlobalHeap(new Metadata(name, heap));
        return Array.from({ length: count }, () => texts.string(data.part(size)));
      },
    };
  if (kind === 5 && size === 2 && isBfloat) return datatypeOf("bfloat16");
  if (kind === 8 && size === 1 && bits0 + 256 * bits1 === 2) return readBool(name, cursor, first >> 4);
  throw unsupported(name, `the datatype "${classes[kind] ?? (kind === 9 ? "variable-length sequence" : "array")}"`);
}

const textType = (size: number, next: (data: Cursor) => string): Datatype => ({
  dtype: "string",
  size,
  valuesOf: (data, count) => Array.from({ length: count }, () => next(data)),
});

/** A text of fixed length: null-terminated or padded (0, 1), or padded by spaces (2). */
function textOf(name: string, bytes: Uint8Array, padding: number): string {
  const end = bytes.indexOf(0);
  const text = decode(name, padding === 2 || end < 0 ? bytes : bytes.subarray(0, end));
  return padding === 2 ? text.replace(/ +$/, "") : text;
}

/** The enum of FALSE and TRUE that h5py makes of truth values. */
function readBool(name: string, cursor: Cursor, version: number): Datatype {
  // The base has no texts.
  const base = readDatatype(name, cursor, new Uint8Array());
  let names = "";
  for (let i = 0; i < 2; i++) {
    const start = cursor.at;
    for (let letter = cursor.ascii(1); letter !== "\0"; letter = cursor.ascii(1)) names += letter;
    names += " ";
    if (version < 3) cursor.skip((8 - ((cursor.at - start) % 8)) % 8);
  }
  const values = cursor.numbers("11");
  if (names !== "FALSE TRUE " || base.size !== 1 || values.join() !== "0,1") throw unsupported(name, "an enum");
  return datatypeOf("bool");
}
