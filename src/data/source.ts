import type { HostTree } from "./tree.ts";

/** The elements of a dataset. Every method but `open` makes another source and reads nothing. */
export interface Source<T> {
  /** Elements in an epoch, where that is known. */
  readonly size: number | undefined;
  /** Examples in an element, for sources that make batches. */
  readonly batchSize: number | undefined;
  /** Whether the order changes from epoch to epoch. */
  readonly shuffled: boolean;
  /** Reads one epoch. Every call starts at the first element, and several may be under way at once. */
  open(epoch: number): AsyncIterable<T>;
  batch(batchSize: number, dropRemainder: boolean): Source<HostTree<T>>;
  shuffle(seed: number, bufferSize: number): Source<T>;
  /** Elements `start` to `end` (not included) of every epoch. */
  slice(start: number, end: number): Source<T>;
  /** The order of one permutation for all epochs; undefined where elements can only be read in their own order. */
  reorder(seed: number): Source<T> | undefined;
}
