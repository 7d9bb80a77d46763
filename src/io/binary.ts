// Little-endian numbers in bytes: a reader that checks every range, and a writer of fixed records.
import { damaged } from "./file-error.ts";

/** Several pieces of bytes that follow each other in a file; they are joined only where a store needs it. */
export type Parts = readonly Uint8Array[];

/** A number for each digit of a literal. */
type Numbers<W extends string> = string extends W
  ? number[]
  : W extends `${infer _}${infer Rest}`
    ? [number, ...Numbers<Rest>]
    : [];

/** Reads from a range of bytes, one item after the other. Whatever lies outside the range is an error. */
export class Cursor {
  /**
   * @param name what is read, for messages.
   * @param at where the range begins. @param length its length in bytes; default up to the end of `bytes`.
   * @throws FileError where the range leaves `bytes`.
   */
  constructor(
    readonly name: string,
    readonly bytes: Uint8Array,
    public at = 0,
    length: number = bytes.length - at,
  ) {
    this.end = bytes.length;
    this.check(at, length);
    this.end = at + length;
  }

  /** Behind the last byte of the range. */
  end: number;

  /** Bytes from here to the end of the range. */
  get left(): number {
    return this.end - this.at;
  }

  /** An unsigned integer of `width` bytes. From 2^53 on it is not exact; no such number is a valid size or offset. */
  number(width: number): number {
    this.check(this.at, width);
    let value = 0;
    for (let i = width - 1; i >= 0; i--) value = value * 256 + (this.bytes[this.at + i] as number);
    this.at += width;
    return value;
  }

  /** Several unsigned integers: a digit of `widths` for each, its bytes. */
  numbers<W extends string>(widths: W): Numbers<W> {
    return Array.from(widths, (width) => this.number(Number(width))) as Numbers<W>;
  }

  /** The next bytes, not copied. */
  take(length: number): Uint8Array {
    this.check(this.at, length);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** The next bytes as text, a character for each byte. */
  ascii(length: number): string {
    return String.fromCharCode(...this.take(length));
  }

  /** A reader of the next bytes only. */
  part(length: number): Cursor {
    const part = new Cursor(this.name, this.bytes, this.at, this.check(this.at, length));
    this.at += length;
    return part;
  }

  skip(length: number): this {
    this.take(length);
    return this;
  }

  private check(at: number, length: number): number {
    if (at >= 0 && length >= 0 && at + length <= this.end) return length;
    const range = `bytes ${at} to ${at + length}`;
    throw damaged(this.name, "the file ends too early", `${range}`, `a file or block that ends at ${this.end}`);
  }
}

/** Unsigned integers as little-endian bytes: a digit of `widths` for each, its bytes. -1 gives bytes of all ones. */
export function pack(widths: string, ...values: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (const [index, value] of values.entries()) {
    let rest = value;
    for (let i = Number(widths[index]); i > 0; i--) {
      bytes.push(rest & 255);
      rest = Math.floor(rest / 256);
    }
  }
  return Uint8Array.from(bytes);
}

/** The bytes of all parts together. */
export const lengthOf = (parts: Parts): number => parts.reduce((sum, { length }) => sum + length, 0);

/** Joins parts; one part is given back as it is. */
export function join(parts: Parts): Uint8Array<ArrayBuffer> {
  const [only] = parts;
  if (only && parts.length === 1 && only.buffer instanceof ArrayBuffer) return only as Uint8Array<ArrayBuffer>;
  const joined = new Uint8Array(lengthOf(parts));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Zeros that fill `length` up to a multiple of `multiple`. */
export const padding = (length: number, multiple: number): Uint8Array =>
  new Uint8Array((multiple - (length % multiple)) % multiple);

/** The bytes of a buffer or a typed array, not copied. */
export const bytesOf = (data: ArrayBuffer | ArrayBufferView): Uint8Array =>
  ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);

/** Whether two ranges of bytes hold the same. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

const utf8 = /* @__PURE__ */ new TextEncoder();

/** Text as UTF-8. */
export const encode = (text: string): Uint8Array => utf8.encode(text);

/** UTF-8 as text. @throws FileError where it is none. */
export function decode(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw damaged(name, "text must be UTF-8", "UTF-8", "other bytes");
  }
}
