// How a vector is divided between the workers that add it up.

/** Numbers in one message: 256 kB. */
export const chunkLength = 65_536;

/** A part of the vector that travels in one message. */
export interface Chunk {
  /** The worker that adds it up. */
  readonly owner: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The chunks of a vector of `length` numbers for `size` workers: each owns a slice, the slices differ by at most one
 * number. In the order in which they are sent, which is the same for all: the first chunk of each slice, then the
 * second ones, and so on.
 */
export function chunksOf(length: number, size: number, most = chunkLength): Chunk[] {
  const bounds = Array.from({ length: size + 1 }, (_, owner) => Math.floor((length * owner) / size));
  const chunks: Chunk[] = [];
  const longest = Math.ceil(length / size);
  for (let offset = 0; offset < longest; offset += most)
    for (let owner = 0; owner < size; owner++) {
      const [start, end] = [(bounds[owner] as number) + offset, bounds[owner + 1] as number];
      if (start < end) chunks.push({ owner, start, end: Math.min(end, start + most) });
    }
  return chunks;
}

/**
 * Adds up what the workers have sent, in the order of their ranks, so that the result does not depend on the order of
 * arrival: ((+0 + p₀) + p₁) + …, each sum rounded to float32, as gradient accumulation adds up. One part stays as it
 * is.
 */
export function addInOrder(parts: readonly Float32Array[], sum: Float32Array): void {
  const [first] = parts;
  if (first && parts.length === 1) {
    sum.set(first);
    return;
  }
  sum.fill(0);
  for (const part of parts) for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (part[i] as number);
}
