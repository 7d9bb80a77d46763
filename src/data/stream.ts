// A source of elements that can only be read in order; batches and shuffles of it.
import { HostRandom } from "./rng.ts";
import type { Source } from "./source.ts";
import { type HostTree, stack, toHostTree } from "./tree.ts";

/** Keeps the numbers of a buffered shuffle apart from those of {@link permutation}, which are stream 0. */
const BUFFERED = 1;

/** Elements that come one after the other and can only be read in order. */
export class StreamSource<T> implements Source<T> {
  constructor(
    readonly open: (epoch: number) => AsyncIterable<T>,
    readonly size: number | undefined,
    readonly shuffled = false,
    readonly batchSize: number | undefined = undefined,
  ) {}

  batch(batchSize: number, dropRemainder: boolean): Source<HostTree<T>> {
    const open = (epoch: number) => batched(this.open(epoch), batchSize, dropRemainder);
    return new StreamSource(open, batchCount(this.size, batchSize, dropRemainder), this.shuffled, batchSize);
  }

  shuffle(seed: number, bufferSize: number): Source<T> {
    const open = (epoch: number) => shuffled(this.open(epoch), bufferSize, new HostRandom(seed, BUFFERED, epoch));
    return new StreamSource(open, this.size, true, this.batchSize);
  }

  slice(start: number, end: number): Source<T> {
    // How many an open end leaves is unknown without a size; a closed one says at most how many, not that there are so
    // many.
    const size = this.size === undefined ? undefined : Math.max(0, Math.min(end, this.size) - start);
    return new StreamSource((epoch) => sliced(this.open(epoch), start, end), size, this.shuffled, this.batchSize);
  }

  reorder(): undefined {}
}

/** What `dataset.map` takes. */
export type Change<T, U> = (element: T, index: number, epoch: number) => U | Promise<U>;

/** A source with each element changed as it is read. */
export function mapSource<T, U>(source: Source<T>, change: Change<T, U>): Source<U> {
  return new StreamSource(
    (epoch) => mapped(source.open(epoch), change, epoch),
    source.size,
    source.shuffled,
    source.batchSize,
  );
}

/** Batches in an epoch. */
export function batchCount(size: number | undefined, batchSize: number, dropRemainder: boolean): number | undefined {
  if (size === undefined) return undefined;
  return dropRemainder ? Math.floor(size / batchSize) : Math.ceil(size / batchSize);
}

async function* mapped<T, U>(elements: AsyncIterable<T>, change: Change<T, U>, epoch: number): AsyncGenerator<U> {
  let index = 0;
  for await (const element of elements) yield await change(element, index++, epoch);
}

async function* batched<T>(
  elements: AsyncIterable<T>,
  batchSize: number,
  dropRemainder: boolean,
): AsyncGenerator<HostTree<T>> {
  let waiting: HostTree<T>[] = [];
  for await (const element of elements) {
    waiting.push(toHostTree("", element, true));
    if (waiting.length < batchSize) continue;
    yield stack<T>("dataset.batch", waiting);
    waiting = [];
  }
  if (waiting.length > 0 && !dropRemainder) yield stack<T>("dataset.batch", waiting);
}

/** Keeps `bufferSize` elements and gives one of them at random for each that comes in. */
async function* shuffled<T>(elements: AsyncIterable<T>, bufferSize: number, random: HostRandom): AsyncGenerator<T> {
  const buffer: T[] = [];
  for await (const element of elements) {
    if (buffer.length < bufferSize) {
      buffer.push(element);
      continue;
    }
    const chosen = random.below(bufferSize);
    const leaving = buffer[chosen] as T;
    buffer[chosen] = element;
    yield leaving;
  }
  while (buffer.length > 0) {
    const chosen = random.below(buffer.length);
    const leaving = buffer[chosen] as T;
    buffer[chosen] = buffer[buffer.length - 1] as T;
    buffer.pop();
    yield leaving;
  }
}

async function* sliced<T>(elements: AsyncIterable<T>, start: number, end: number): AsyncGenerator<T> {
  // Before the first element is read: it might be slow to come, or never.
  if (start >= end) return;
  let index = 0;
  for await (const element of elements) {
    if (index >= start) yield element;
    if (++index >= end) return;
  }
}
