// The messages of an exchange, as bytes.

/** What a message holds. */
export const kinds = {
  /** A chunk of a worker's vector, for the owner of the chunk. */
  part: 0,
  /** A chunk of the sum, from its owner. */
  sum: 1,
  /** A piece of what a worker's batches gave besides its vector. The last one is shorter than the others, or empty. */
  extra: 2,
  /** Says that the sender waits, and asks for messages again, by their numbers. */
  need: 3,
} as const;

/** A message of an exchange. */
export interface Packet {
  /** The rank that sent it. */
  readonly from: number;
  readonly generation: number;
  readonly step: number;
  /** Its number among those that a worker sends in a step: see {@link idOf}. */
  readonly id: number;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** The number of a message: of the chunk or piece, and its kind. */
export const idOf = (kind: number, index: number): number => 4 * index + kind;
export const kindOf = (id: number): number => id % 4;
export const indexOf = (id: number): number => Math.floor(id / 4);

/** The numbers of a packet, in float64. */
const headBytes = 32;

/** Bytes of a message; all numbers in little endian, as in WebAssembly. */
export const encodePacket = ({ from, generation, step, id, body }: Packet): Uint8Array<ArrayBuffer> =>
  joined([bytesOf(Float64Array.of(from, generation, step, id)), body]);

/** The message, copied; undefined for bytes that are none. */
export function decodePacket(given: Uint8Array): Packet | undefined {
  if (given.length < headBytes) return undefined;
  const { buffer } = new Uint8Array(given);
  const [from = 0, generation = 0, step = 0, id = 0] = new Float64Array(buffer, 0, 4);
  return { from, generation, step, id, body: new Uint8Array(buffer, headBytes) };
}

/** The bytes of an array, not copied. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array<ArrayBuffer> =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

/** Bytes behind each other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
