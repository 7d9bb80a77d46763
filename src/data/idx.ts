// Reading IDX files, the format of MNIST.
import { literal, ValueError, valueError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import type { HostData } from "../tensor/nested.ts";
import type { HostArray } from "./array.ts";

/** One IDX element type: its size, and how a big-endian element is read. */
interface Element {
  readonly bytes: number;
  readonly make: (length: number) => HostData;
  readonly read: (view: DataView, at: number) => number;
}

/** By the third byte of the file. */
const ELEMENTS: Readonly<Record<number, Element>> = {
  8: { bytes: 1, make: (length) => new Uint8Array(length), read: (view, at) => view.getUint8(at) },
  9: { bytes: 1, make: (length) => new Int8Array(length), read: (view, at) => view.getInt8(at) },
  11: { bytes: 2, make: (length) => new Int16Array(length), read: (view, at) => view.getInt16(at) },
  12: { bytes: 4, make: (length) => new Int32Array(length), read: (view, at) => view.getInt32(at) },
  13: { bytes: 4, make: (length) => new Float32Array(length), read: (view, at) => view.getFloat32(at) },
  14: { bytes: 8, make: (length) => new Float64Array(length), read: (view, at) => view.getFloat64(at) },
};
const UNSIGNED_BYTE = 8;

/**
 * Parses an IDX file, the format of MNIST and Fashion-MNIST: two zero bytes, a byte for the type, one for the number of
 * axes, a 32-bit extent per axis, then the elements; all big-endian.
 *
 * @param bytes the file, not compressed. A file of unsigned bytes is not copied: the result shares its memory.
 * @param name for messages, for example the file's name.
 * @returns the shape of the file; Uint8Array, Int8Array, Int16Array, Int32Array, Float32Array or Float64Array.
 * @throws ValueError where the header is not IDX, or the file is shorter or longer than its header says.
 * @see http://yann.lecun.com/exdb/mnist
 */
export function parseIdx(bytes: Uint8Array, name = "idx"): HostArray {
  checkBytes(bytes, name);
  const { element, shape, start } = parseHeader(bytes, name);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // In floating point, so that absurd extents give a huge number (not one that wrapped around) and nothing is allocated
  // for them.
  const size = shape.includes(0) ? 0 : shape.reduce((product, extent) => product * extent, 1);
  const expected = start + size * element.bytes;
  if (bytes.length !== expected) {
    throw valueError(name, {
      rule: bytes.length < expected ? "the file is shorter than its header says" : "bytes follow the last element",
      expected: `${expected} bytes`,
      received: bytes.length,
      context: `shape [${shape.join(", ")}], ${element.bytes} bytes an element`,
      advice: bytes.length < expected ? "Download it again." : "Is it one file?",
    });
  }
  if (element === ELEMENTS[UNSIGNED_BYTE]) return { data: bytes.subarray(start), shape };
  const data = element.make(size);
  for (let i = 0; i < size; i++) data[i] = element.read(view, start + i * element.bytes);
  return { data, shape };
}

function checkBytes(bytes: unknown, name: string): void {
  // Not by its class: another realm, such as a test runner's, has another Uint8Array.
  if (ArrayBuffer.isView(bytes) && (bytes as Uint8Array).BYTES_PER_ELEMENT === 1) return;
  throw valueError(name, {
    rule: "reads the bytes of a file",
    expected: "a Uint8Array",
    received: literal(bytes),
    advice: "Use new Uint8Array(buffer).",
  });
}

function parseHeader(bytes: Uint8Array, name: string): { element: Element; shape: number[]; start: number } {
  const element = ELEMENTS[bytes[2] as number];
  const rank = bytes[3] ?? 0;
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || element === undefined || rank === 0) {
    throw valueError(name, {
      rule: "an IDX file begins with 00 00, a type (08, 09, 0b, 0c, 0d, 0e) and the number of axes (01 or more)",
      expected: "for example 00 00 08 03",
      received: firstBytes(bytes),
      ...(isGzip(bytes) ? { advice: "It is compressed: use readIdx." } : {}),
    });
  }
  const start = 4 + 4 * rank;
  if (bytes.length < start) {
    throw valueError(name, {
      rule: "the header is cut off",
      expected: `${start} bytes for ${rank} axes`,
      received: bytes.length,
      advice: "Download it again.",
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, start);
  return { element, start, shape: Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis)) };
}

/** Options of {@link readIdx}. */
export interface ReadIdxOptions {
  /** Stands in the errors. One that ends in `.gz` promises a compressed file. Default "idx". */
  name?: string;
  /** A compressed file that unpacks to more is refused. Default 2³⁰. */
  maxBytes?: number;
}

/**
 * Reads an IDX file that may be compressed with gzip: as {@link parseIdx}, behind the platform's own decompressor.
 *
 * @throws ValueError also where gzip was promised by the name and is not there, is corrupt, or unpacks to more than
 * `maxBytes`.
 * @example const images = await readIdx(await readFile("train-images-idx3-ubyte.gz"));   // shape [60000, 28, 28]
 */
export async function readIdx(bytes: Uint8Array, options: ReadIdxOptions = {}): Promise<HostArray> {
  const { name = "idx", maxBytes = 2 ** 30 } = checkOptions("readIdx", options, { name: "string", maxBytes: "number" });
  checkBytes(bytes, name);
  if (isGzip(bytes)) return parseIdx(await gunzip(bytes, name, maxBytes), name);
  if (name.endsWith(".gz")) {
    throw valueError(name, {
      rule: "the name promises gzip",
      expected: "first bytes 1f 8b",
      received: firstBytes(bytes),
      advice: "Is it a web page, or unpacked already?",
    });
  }
  return parseIdx(bytes, name);
}

/** Whether the bytes begin as a gzip file does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

const firstBytes = (bytes: Uint8Array) =>
  [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ") || "an empty file";

/** Unpacks with the decompressor that every runtime has, stopping as soon as more than `maxBytes` come out. */
async function gunzip(bytes: Uint8Array, name: string, maxBytes: number): Promise<Uint8Array> {
  const unpacked = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream("gzip"))
    .getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (let next = await unpacked.read(); !next.done; next = await unpacked.read()) {
      chunks.push(next.value);
      size += next.value.length;
      if (size > maxBytes) break;
    }
  } catch (cause) {
    const complaint = valueError(name, {
      rule: "the gzip data are corrupt or cut off",
      expected: "a whole gzip file",
      received: (cause as Error).message,
      advice: "Download it again.",
    });
    throw new ValueError(complaint.message, { cause });
  }
  if (size > maxBytes) {
    await unpacked.cancel();
    throw valueError(name, {
      rule: "the file unpacks to more than it may",
      expected: `at most ${maxBytes} bytes`,
      received: "more",
      advice: "Raise maxBytes if that is right.",
    });
  }
  return concatenate(chunks, size);
}

function concatenate(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
