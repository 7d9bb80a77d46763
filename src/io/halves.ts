// Numbers of 16 bits as float32.
import { viewAs } from "./numbers.ts";

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
