// How large an HDF5 dataset is, and where its bytes are.
import { Cursor } from "../binary.ts";
import { damaged } from "../file-error.ts";
import { isUndefined } from "./metadata.ts";

/** Where the bytes of a dataset come from. */
export interface Layout {
  /** The bytes that reading takes. */
  readonly unpacked: number;
  read(): Promise<Uint8Array> | Uint8Array;
}

/** `size` bytes at an address, where there are `length`. @throws FileError where they are too few. */
export function pieceAt(name: string, bytes: Uint8Array, address: number, length: number, size: number): Layout {
  if (isUndefined(address)) return { unpacked: size, read: () => new Uint8Array(size) };
  if (length < size) throw damaged(name, "the data must have its size", size, length);
  const data = new Cursor(name, bytes, address, length).take(size);
  return { unpacked: size, read: () => data };
}

/** How many elements a shape has. @throws FileError where that is no safe integer. */
export function sizeOf(name: string, shape: readonly number[]): number {
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (Number.isSafeInteger(size) && shape.every(Number.isSafeInteger)) return size;
  throw damaged(name, "a dataset must fit into memory", "fewer than 2^53 elements", `the shape [${shape.join(", ")}]`);
}
