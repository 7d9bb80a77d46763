// The messages of an exchange, as bytes.

/** What a message holds. */
export const kinds = {
  /** A chunk of a worker's vector, for the owner of the chunk. */
  part: 0,
  /** A chunk of the sum, from its owner. */
  sum: 1,
  /** What a worker's batch gave besides its vector. */
  extra: 2,
  /** Asks for messages again, by kind and numbers of chunks; for none of this kind: says that the sender waits. */
  need: 3,
} as const;

/** A message of an exchange. */
export interface Packet {
  readonly kind: number;
  /** The rank that sent it. */
  readonly from: number;
  readonly generation: number;
  readonly step: number;
  /** The number of the chunk. */
  readonly index: number;
  /** Bytes of the whole that the chunk is of, where the receiver does not know it. */
  readonly total: number;
  readonly body: Uint8Array;
}

/** The numbers of a packet, in float64. */
const headBytes = 48;

/** Bytes of a message; all numbers in little endian, as in WebAssembly. */
export function encodePacket({ kind, from, generation, step, index, total, body }: Packet): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(headBytes + body.length);
  new Float64Array(bytes.buffer, 0, 6).set([kind, from, generation, step, index, total]);
  bytes.set(body, headBytes);
  return bytes;
}

/** The message; undefined for bytes that are none. */
export function decodePacket(bytes: Uint8Array): Packet | undefined {
  if (bytes.length < headBytes) return undefined;
  // A copy, which is aligned.
  const head = new Float64Array(new Uint8Array(bytes.subarray(0, headBytes)).buffer);
  const [kind = 0, from = 0, generation = 0, step = 0, index = 0, total = 0] = head;
  return { kind, from, generation, step, index, total, body: bytes.subarray(headBytes) };
}
