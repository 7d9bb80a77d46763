// Writes safetensors files, byte by byte as the reference implementation does.
import { bytesOf, encode, pack, padding } from "../binary.ts";
import { fileError } from "../file-error.ts";
import type { NumberArray } from "../numbers.ts";
import { arrays, dtypeOf } from "./dtypes.ts";

/** A tensor to be written. */
export interface WrittenTensor {
  readonly shape: readonly number[];
  /** In row-major order, as many as the shape has. Not copied. */
  readonly data: NumberArray;
}

/**
 * A safetensors file. The numbers of the tensors are parts of the result, not copies.
 * @throws FileError where data does not have the size of its shape, or where a name cannot be used.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, WrittenTensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array[] {
  const order = Object.keys(arrays);
  const sorted = [...tensors]
    .map(([name, tensor]) => ({ name, ...tensor, dtype: dtypeOf(tensor.data) }))
    .sort((a, b) => order.indexOf(b.dtype) - order.indexOf(a.dtype) || (a.name < b.name ? -1 : 1));
  const fields: string[] = [];
  if (metadata.size > 0) fields.push(`"__metadata__":${JSON.stringify(Object.fromEntries(metadata))}`);
  let offset = 0;
  for (const { name, shape, data, dtype } of sorted) {
    const count = shape.reduce((product, extent) => product * extent, 1);
    if (count !== data.length)
      throw fileError(name, { rule: "data must have the size of its shape", expected: count, received: data.length });
    if (name === "__metadata__" || name === "__proto__")
      throw fileError("safetensors", { rule: "a tensor's name is reserved", expected: "another name", received: name });
    const range = [offset, offset + data.byteLength];
    offset += data.byteLength;
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: range })}`);
  }
  const text = encode(`{${fields.join()}}`);
  const spaces = padding(text.length, 8).fill(32);
  const length = pack("8", text.length + spaces.length);
  return [length, text, spaces, ...sorted.map(({ data }) => bytesOf(data))];
}
