// Reads safetensors files, with the checks of the reference implementation.
import { Cursor } from "../binary.ts";
import { damaged, unsupported } from "../file-error.ts";
import { isRecord, parseJson } from "../json.ts";
import type { NumberArray } from "../numbers.ts";
import { arrays, numbersOf, type SafetensorsDtype } from "./dtypes.ts";

/** A tensor in a safetensors file. */
export interface SafetensorsTensor {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /**
   * The numbers in row-major order; F16 and BF16 as Float32Array, BOOL as 0 and 1. They are a view of the file's bytes
   * where these are aligned: copy what is kept.
   */
  read(): NumberArray;
}

/** What a safetensors file holds. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** No header is longer, says the format. */
const MAX_HEADER = 100_000_000;

/**
 * Opens a safetensors file: its header is read and checked, its numbers when they are asked for.
 * @param name what is read, for messages.
 * @throws FileError where the file breaks a rule of the format: header longer than the file or than 100 MB, names
 * twice,
 * ranges that do not fit to shapes, overlap, leave holes or do not end with the file; and on element types of less than
 * a byte and floats of 8 bits.
 */
export function openSafetensors(bytes: Uint8Array, name = "safetensors"): SafetensorsFile {
  const file = new Cursor(name, bytes);
  const length = file.number(8);
  if (length > MAX_HEADER || length > file.left)
    throw damaged(name, "the header must lie in the file", Math.min(MAX_HEADER, file.left), length);
  const header = file.take(length);
  if (header[0] !== 0x7b) throw damaged(name, "the header must begin with a brace", "{", `byte ${header[0]}`);
  const entries = parseJson(name, header);
  const data = file.take(file.left);
  const metadata = new Map<string, string>();
  const tensors = new Map<string, SafetensorsTensor>();
  const ranges: (readonly [begin: number, end: number])[] = [];
  for (const [key, entry] of Object.entries(entries as Record<string, unknown>)) {
    if (key === "__metadata__") {
      if (!isRecord(entry)) throw damaged(name, "metadata must be an object", "an object", entry);
      for (const [field, value] of Object.entries(entry)) {
        if (typeof value !== "string") throw damaged(name, `metadata ${field} must be text`, "text", value);
        metadata.set(field, value);
      }
    } else {
      const { dtype, shape, range } = checkEntry(name, key, entry);
      ranges.push(range);
      tensors.set(key, { dtype, shape, read: () => numbersOf(dtype, data.subarray(...range)) });
    }
  }
  let end = 0;
  for (const [begin, next] of ranges.sort(([a, b], [c, d]) => a - c || b - d)) {
    if (begin !== end) throw damaged(name, "ranges must follow each other without holes", `one from ${end}`, begin);
    end = next;
  }
  if (end !== data.length) throw damaged(name, "the ranges must end with the file", data.length, end);
  return { tensors, metadata };
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function checkEntry(name: string, key: string, entry: unknown) {
  const { dtype, shape, data_offsets: range } = isRecord(entry) ? entry : {};
  if (typeof dtype !== "string") throw damaged(name, `the tensor ${key} must have a dtype`, "F32, …", dtype);
  if (!Object.hasOwn(arrays, dtype)) throw unsupported(name, `the element type ${dtype} (${key})`);
  if (!Array.isArray(shape) || !shape.every(isSize))
    throw damaged(name, `the tensor ${key} must have a shape`, "integers ≥ 0", shape);
  if (!Array.isArray(range) || range.length !== 2 || !range.every(isSize))
    throw damaged(name, `the tensor ${key} must have a range`, "[begin, end]", range);
  const [begin, end] = range as [number, number];
  const type = dtype as SafetensorsDtype;
  let size = arrays[type].BYTES_PER_ELEMENT;
  for (const extent of shape) size *= extent;
  if (size !== end - begin || !isSize(size))
    throw damaged(name, `the range of ${key} must have the size of its shape`, size, end - begin);
  return { dtype: type, shape: shape as number[], range: [begin, end] as const };
}
