import { addInOrder, type Chunk } from "./slices.ts";

/** Bytes that come in pieces. */
interface Pieces {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly have: Set<number>;
  left: number;
}

/**
 * What a worker has of one step: its own vector, the parts that it adds up, and the sum as far as it is known. All that
 * comes is kept once, under its rank and chunk, so it may come twice and in any order.
 */
export class Round {
  /** This worker's vector; undefined before its batch was computed, and where the step has none. */
  vector: Float32Array | undefined;
  /** How many chunks of the vector were sent. */
  sent = 0;
  /** How many of those are not yet part of a known sum. */
  outstanding = 0;
  readonly sum: Float32Array;
  private readonly isKnown: Uint8Array;
  private known = 0;
  private readonly parts = new Map<number, (Float32Array | undefined)[]>();
  private readonly extras: (Pieces | undefined)[];

  constructor(
    private readonly size: number,
    private readonly chunks: readonly Chunk[],
    length: number,
  ) {
    this.sum = new Float32Array(length);
    this.isKnown = new Uint8Array(chunks.length);
    this.extras = new Array(size);
  }

  /** Whether the whole sum is known. */
  get isSummed(): boolean {
    return this.known === this.chunks.length;
  }

  hasSum(index: number): boolean {
    return this.isKnown[index] === 1;
  }

  /** Takes a part of a chunk that this worker owns; gives whether the chunk's sum is known by it. */
  addPart(index: number, rank: number, numbers: Float32Array): boolean {
    if (this.hasSum(index) || this.hasPart(index, rank)) return false;
    const list = this.parts.get(index) ?? new Array<Float32Array | undefined>(this.size).fill(undefined);
    list[rank] = numbers;
    this.parts.set(index, list);
    const parts = list.filter((part) => part !== undefined);
    if (parts.length < this.size) return false;
    addInOrder(parts, this.sumOf(index));
    this.parts.delete(index);
    this.isKnown[index] = 1;
    this.known++;
    return true;
  }

  hasPart(index: number, rank: number): boolean {
    return this.parts.get(index)?.[rank] !== undefined;
  }

  /** Takes a chunk of the sum from its owner; gives whether it is new. */
  addSum(index: number, body: Uint8Array): boolean {
    if (this.hasSum(index)) return false;
    bytesOf(this.sumOf(index)).set(body);
    this.isKnown[index] = 1;
    this.known++;
    return true;
  }

  /** The place of a chunk in the sum. */
  sumOf(index: number): Float32Array {
    const { start, end } = this.chunks[index] as Chunk;
    return this.sum.subarray(start, end);
  }

  /** Takes a piece of what a worker has besides its vector; gives whether it is new. One that does not fit is not. */
  addExtra(rank: number, index: number, total: number, body: Uint8Array, pieceBytes: number): boolean {
    if (body.length !== Math.min(pieceBytes, total - index * pieceBytes)) return false;
    const pieces = this.extras[rank] ?? {
      bytes: new Uint8Array(total),
      have: new Set(),
      left: Math.max(1, Math.ceil(total / pieceBytes)),
    };
    this.extras[rank] = pieces;
    if (pieces.bytes.length !== total || pieces.have.has(index)) return false;
    pieces.have.add(index);
    pieces.bytes.set(body, index * pieceBytes);
    pieces.left--;
    return true;
  }

  /** What a worker has besides its vector, once all of it is there. */
  extra(rank: number): Uint8Array<ArrayBuffer> | undefined {
    const pieces = this.extras[rank];
    return pieces?.left === 0 ? pieces.bytes : undefined;
  }
}

/** The bytes of an array, not copied. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
