// Reads bytes in all forms in which platforms give them.
import { bytesOf, join, lengthOf } from "../binary.ts";
import { type FileError, refused } from "../file-error.ts";
import type { Readable, ReadOptions } from "./store.ts";

/** Whether a value is one of the forms of bytes. */
export const isReadable = (value: unknown): value is Readable =>
  typeof value === "object" &&
  value !== null &&
  (value instanceof ArrayBuffer ||
    ArrayBuffer.isView(value) ||
    "getReader" in value ||
    "arrayBuffer" in value ||
    Symbol.asyncIterator in value);

/** A size that only a header claims is not allocated beforehand from here on. */
const MAX_CLAIM = 1 << 26;

/**
 * All bytes; those that are in memory are not copied.
 * @param size how many there are, where that is known. The pieces are then used before the next one is asked for.
 * @param isClaim whether nobody has counted them.
 * @throws FileError where there are more than `maxBytes`, on a response that is no success, and on what is no bytes.
 */
export async function readAll(
  name: string,
  from: Readable,
  options: ReadOptions,
  size?: number,
  isClaim = false,
): Promise<Uint8Array> {
  const { onProgress, maxBytes = 2 ** 32 } = options;
  const check = (length: number) => {
    if (length <= maxBytes) return;
    throw refused(name, "the file is too large", `at most ${maxBytes} bytes`, length);
  };
  if (!isReadable(from)) throw notBytes(name, from);
  if (from instanceof ArrayBuffer || ArrayBuffer.isView(from)) {
    const bytes = bytesOf(from);
    check(bytes.length);
    onProgress?.(bytes.length, bytes.length);
    return bytes;
  }
  if (from instanceof Response) {
    const { ok, status, body } = from;
    if (!ok) throw refused(name, "the response must be a success", "status 200", status);
    return body ? readAll(name, body, options, lengthIn(from.headers), true) : new Uint8Array();
  }
  if (from instanceof Blob) return readAll(name, from.stream(), options, from.size);
  const isStream = "getReader" in from;
  if (!isStream && !(Symbol.asyncIterator in from)) return readAll(name, await from.arrayBuffer(), options);
  if (size !== undefined) check(size);
  // Into one array where the size is known, so that there are no two copies of the file.
  const whole = new Uint8Array(size !== undefined && !(isClaim && size > MAX_CLAIM) ? size : 0);
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const given of isStream ? chunksOf(from) : from) {
    if (!ArrayBuffer.isView(given)) throw notBytes(name, given);
    const part = bytesOf(given);
    if (length + part.length <= whole.length) whole.set(part, length);
    else parts.push(size === undefined ? part : part.slice());
    length += part.length;
    check(length);
    onProgress?.(length, size);
  }
  const inWhole = length - lengthOf(parts);
  return parts.length === 0 ? whole.subarray(0, length) : join([whole.subarray(0, inWhole), ...parts]);
}

/** The error for what a store or a stream gives in the place of bytes. */
const notBytes = (name: string, received: unknown): FileError =>
  refused(
    name,
    "what is read must be bytes",
    "bytes in one of the platform's forms, such as an ArrayBuffer",
    received,
    typeof received === "string" ? 'Ask for bytes, as by get(name, "arrayBuffer") of Workers KV.' : "",
  );

/** The length of a body. With a content encoding, the header says that of the encoded bytes. */
function lengthIn(headers: Headers): number | undefined {
  const length = Number(headers.get("content-length") ?? Number.NaN);
  return Number.isSafeInteger(length) && length >= 0 && !headers.get("content-encoding") ? length : undefined;
}

/** Streams cannot be iterated over in all browsers. Ends the stream where the loop is left. */
async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}
