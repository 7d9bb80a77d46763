// Attributes of HDF5 objects, and dataspaces of all versions.
import { type Cursor, decode } from "../binary.ts";
import { damaged, unsupported } from "../file-error.ts";
import type { NumberArray } from "../numbers.ts";
import { readDatatype } from "./datatype-rest.ts";
import { GlobalHeap } from "./heap.ts";
import type { HeaderMessage } from "./messages.ts";
import { isUndefined, type Metadata } from "./metadata.ts";
import { sizeOf } from "./piece.ts";

/** The value of an attribute: scalars as they are, others as arrays (in row-major order, of one axis). */
export type AttributeValue = string | number | bigint | readonly string[] | NumberArray;

/** The extents of a dataspace; none for a scalar, `[0]` where there is no value at all. */
export function readDataspace(name: string, cursor: Cursor): number[] {
  const [version, rank, , type] = cursor.numbers("1111");
  if (version !== 1 && version !== 2) throw unsupported(name, `version ${version} of dataspaces`);
  if (version === 1) cursor.skip(4);
  else if (type === 2) return [0];
  if (rank > 32) throw damaged(name, "a dataset must have at most 32 axes", 32, rank);
  return cursor.numbers("8".repeat(rank));
}

const ATTRIBUTE = 12;
const ATTRIBUTE_INFO = 21;

/** What reads the attributes in the messages of an object. Texts of all lie in heaps that are read once. */
export function attributeReader(
  file: Metadata,
): (messages: readonly HeaderMessage[]) => ReadonlyMap<string, AttributeValue> {
  const heap = new GlobalHeap(file);
  return (messages) => readAttributes(file, messages, heap);
}

/**
 * The attributes of an object by their names. @throws FileError on damaged ones and on types that are not supported.
 */
function readAttributes(
  file: Metadata,
  messages: readonly HeaderMessage[],
  heap: GlobalHeap,
): ReadonlyMap<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>();
  for (const { type, body } of messages) {
    if (type === ATTRIBUTE_INFO) {
      const [, flags] = body.numbers("11");
      if (!isUndefined(body.skip(flags & 1 ? 2 : 0).number(8)))
        throw unsupported(file.name, "an object with many attributes in a fractal heap");
    }
    if (type !== ATTRIBUTE) continue;
    const [version, flags, nameSize, typeSize, spaceSize] = body.numbers("11222");
    if (version < 1 || version > 3) throw unsupported(file.name, `version ${version} of attributes`);
    if (version > 1 && flags & 3) throw unsupported(file.name, "a named datatype");
    if (version === 3) body.skip(1);
    // Version 1 fills each part up to a multiple of eight bytes.
    const part = (size: number) => body.part(version === 1 ? 8 * Math.ceil(size / 8) : size);
    const name = decode(file.name, part(nameSize).take(Math.max(0, nameSize - 1)));
    if (attributes.has(name)) throw damaged(file.name, "names of attributes must be unique", "one", `two of ${name}`);
    const datatype = readDatatype(file.name, part(typeSize), heap);
    const shape = readDataspace(file.name, part(spaceSize));
    const count = sizeOf(file.name, shape);
    if (count * datatype.size > body.left)
      throw damaged(file.name, `the attribute ${name} must hold its values`, count * datatype.size, body.left);
    const values = datatype.valuesOf(body, count);
    attributes.set(name, shape.length === 0 ? (values[0] as AttributeValue) : values);
  }
  return attributes;
}
