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

const headBytes = 28;

/** Bytes of a message; all numbers in little endian, as in WebAssembly. */
export function encodePacket({ kind, from, generation, step, index, total, body }: Packet): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(headBytes + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, kind, true);
  view.setUint16(2, from, true);
  view.setUint32(4, generation, true);
  view.setFloat64(8, step, true);
  view.setUint32(16, index, true);
  view.setFloat64(20, total, true);
  bytes.set(body, headBytes);
  return bytes;
}

/** The message; undefined for bytes that are none. */
export function decodePacket(bytes: Uint8Array): Packet | undefined {
  if (bytes.length < headBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    kind: view.getUint16(0, true),
    from: view.getUint16(2, true),
    generation: view.getUint32(4, true),
    step: view.getFloat64(8, true),
    index: view.getUint32(16, true),
    total: view.getFloat64(20, true),
    body: bytes.subarray(headBytes),
  };
}
