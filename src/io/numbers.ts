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

/** IEEE half-precision numbers, given by their bytes. */
export function halfToFloat(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const halves = viewAs(Uint16Array, bytes);
  const numbers = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i] as number;
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const mantissa = half & 1023;
    if (exponent === 31) numbers[i] = mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    else numbers[i] = sign * (exponent ? (1024 + mantissa) * 2 ** (exponent - 25) : mantissa * 2 ** -24);
  }
  return numbers;
}

/** bfloat16 numbers, given by their bytes: the upper halves of float32 numbers. */
export function bfloatToFloat(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const halves = viewAs(Uint16Array, bytes);
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = (halves[i] as number) * 65536;
  return new Float32Array(words.buffer);
}
