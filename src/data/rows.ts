import { gatherRows, sliceRows } from "./array.ts";
import { permutation } from "./rng.ts";
import type { Source } from "./source.ts";
import { batchCount, StreamSource } from "./stream.ts";
import { type HostTree, mapLeaves } from "./tree.ts";

/**
 * Rows of arrays in memory. Shuffles and slices only change the order in which rows are read: the arrays are never
 * copied whole.
 */
export class RowSource<T> implements Source<T> {
  readonly batchSize = undefined;

  /** @param order the rows of an epoch, in order. The array must not be written to while somebody reads the epoch. */
  constructor(
    private readonly arrays: T,
    readonly size: number,
    private readonly order: (epoch: number) => Int32Array,
    readonly shuffled = false,
  ) {}

  async *open(epoch: number): AsyncGenerator<T> {
    for (const row of this.order(epoch)) {
      yield mapLeaves(this.arrays, (leaf) => ({
        data: sliceRows(leaf, row, row + 1).data,
        shape: leaf.shape.slice(1),
      }));
    }
  }

  batch(batchSize: number, dropRemainder: boolean): Source<HostTree<T>> {
    const count = batchCount(this.size, batchSize, dropRemainder) as number;
    const { arrays, order } = this;
    async function* open(epoch: number): AsyncGenerator<HostTree<T>> {
      const rows = order(epoch);
      for (let batch = 0; batch < count; batch++) {
        const chosen = rows.subarray(batch * batchSize, (batch + 1) * batchSize);
        yield mapLeaves(arrays, (leaf) => gatherRows(leaf, chosen)) as HostTree<T>;
      }
    }
    return new StreamSource(open, count, this.shuffled, batchSize);
  }

  /** A full permutation, whatever the buffer's size, since all rows are in memory. */
  shuffle(seed: number): RowSource<T> {
    // A new array for every epoch, since another reader may still be in the epoch before.
    const order = (epoch: number) => {
      const rows = this.order(epoch);
      return permutation(this.size, seed, epoch).map((place) => rows[place] as number);
    };
    return new RowSource(this.arrays, this.size, order, true);
  }

  slice(start: number, end: number): RowSource<T> {
    const last = Math.min(end, this.size);
    const first = Math.min(start, last);
    return new RowSource(this.arrays, last - first, (epoch) => this.order(epoch).subarray(first, last), this.shuffled);
  }

  reorder(seed: number): RowSource<T> {
    const { order } = this.shuffle(seed);
    const rows = order(0);
    return new RowSource(this.arrays, this.size, () => rows, false);
  }
}

/** The rows in their own order. */
export function rowsOfArrays<T>(arrays: T, size: number): RowSource<T> {
  const order = Int32Array.from({ length: size }, (_, row) => row);
  return new RowSource(arrays, size, () => order);
}
