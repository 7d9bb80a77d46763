// The arrays of numbers that files hold.

/** The numbers of tensors, datasets and attributes in files. */
export type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** A class of such arrays. */
export interface NumberArrayClass<T extends NumberArray = NumberArray> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, offset: number, length: number): T;
}

/**
 * Bytes as numbers: a view where they are aligned, else a copy. Files are little-endian, and so is every computer that
 * runs JavaScript today.
 */
export function viewAs<T extends NumberArray>(Numbers: NumberArrayClass<T>, bytes: Uint8Array): T {
  const size = Numbers.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new Numbers(aligned.buffer as ArrayBuffer, aligned.byteOffset, bytes.length / size);
}
