// Attributes of HDF5 objects, and the shapes and values that they and datasets have.
import { type Cursor, decode } from "../binary.ts";
import { damaged, unsupported } from "../file-error.ts";
import type { NumberArray } from "../numbers.ts";
import { type Datatype, numbersOf, readDatatype } from "./datatype.ts";
import type { GlobalHeap } from "./heap.ts";
import { ATTRIBUTE, ATTRIBUTE_INFO, type HeaderMessage } from "./messages.ts";
import { isUndefined, type Metadata } from "./metadata.ts";

/** The value of an attribute: scalars as they are, others as arrays (in row-major order, of one axis). */
export type AttributeValue = string | number | bigint | readonly string[] | NumberArray;

/** The extents of a dataspace; none for a scalar, `[0]` where there is no value at all. */
export function readDataspace(name: string, cursor: Cursor): number[] {
  const [version = 0, rank = 0, , type] = cursor.numbers("1111");
  if (version !== 1 && version !== 2) throw unsupported(name, `version ${version} of dataspaces`);
  if (version === 1) cursor.skip(4);
  else if (type === 2) return [0];
  if (rank > 32) throw damaged(name, "a dataset must have at most 32 axes", 32, rank);
  return cursor.numbers("8".repeat(rank));
}

/** How many elements a shape has. @throws FileError where that is no safe integer. */
export function sizeOf(name: string, shape: readonly number[]): number {
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (Number.isSafeInteger(size) && shape.every(Number.isSafeInteger)) return size;
  throw damaged(name, "a dataset must fit into memory", "fewer than 2^53 elements", `the shape [${shape.join(", ")}]`);
}

/** Elements of a datatype as an array. `heap` gives strings of variable length. */
export function valuesOf(
  name: string,
  { dtype, size, padding }: Datatype,
  data: Cursor,
  count: number,
  heap: GlobalHeap,
): readonly string[] | NumberArray {
  if (dtype !== "string") return numbersOf(dtype, data.take(count * size));
  if (padding === "heap") return Array.from({ length: count }, () => heap.string(data.part(size)));
  return Array.from({ length: count }, () => {
    const bytes = data.take(size);
    const end = bytes.indexOf(0);
    const text = decode(name, padding === 2 || end < 0 ? bytes : bytes.subarray(0, end));
    return padding === 2 ? text.replace(/ +$/, "") : text;
  });
}

/**
 * The attributes of an object by their names. @throws FileError on damaged ones and on types that are not supported.
 */
export function readAttributes(
  file: Metadata,
  messages: readonly HeaderMessage[],
  heap: GlobalHeap,
): ReadonlyMap<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>();
  for (const { type, body } of messages) {
    if (type === ATTRIBUTE_INFO) {
      const [, flags = 0] = body.numbers("11");
      if (!isUndefined(body.skip(flags & 1 ? 2 : 0).number(8)))
        throw unsupported(file.name, "an object with many attributes in a fractal heap");
    }
    if (type !== ATTRIBUTE) continue;
    const [version = 0, flags = 0, nameSize = 0, typeSize = 0, spaceSize = 0] = body.numbers("11222");
    if (version < 1 || version > 3) throw unsupported(file.name, `version ${version} of attributes`);
    if (version > 1 && flags & 3) throw unsupported(file.name, "a named datatype");
    if (version === 3) body.skip(1);
    // Version 1 fills each part up to a multiple of eight bytes.
    const part = (size: number) => body.part(version === 1 ? 8 * Math.ceil(size / 8) : size);
    const name = decode(file.name, part(nameSize).take(Math.max(0, nameSize - 1)));
    if (attributes.has(name)) throw damaged(file.name, "names of attributes must be unique", "one", `two of ${name}`);
    const datatype = readDatatype(file.name, part(typeSize));
    const shape = readDataspace(file.name, part(spaceSize));
    const count = sizeOf(file.name, shape);
    if (count * datatype.size > body.left)
      throw damaged(file.name, `the attribute ${name} must hold its values`, count * datatype.size, body.left);
    const values = valuesOf(file.name, datatype, body, count, heap);
    attributes.set(name, shape.length === 0 ? (values[0] as AttributeValue) : values);
  }
  return attributes;
}
