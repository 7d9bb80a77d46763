import { checkCount, checkFraction, checkSeed } from "../checks.ts";
import { stateError, valueError } from "../errors.ts";
import { Printed } from "../format.ts";
import { checkOptions } from "../options.ts";
import { epochsOf, type Stream, sizeOfStream } from "./iterable.ts";
import { rowsOfArrays } from "./rows.ts";
import type { Source } from "./source.ts";
import { mapSource, StreamSource } from "./stream.ts";
import { commonRows, type HostTree, toHostTree } from "./tree.ts";

/**
 * Examples or batches that can be read again and again, one epoch at a time. Made by {@link dataset} (arrays) and
 * {@link datasetFrom} (anything iterable). Methods give a new dataset and leave this one as it is.
 *
 * Each `for await` reads one epoch, and the next one reads the next: a shuffled dataset then has another order. The
 * orders depend on the seed alone, so a run can be repeated; {@link epoch} reads a chosen epoch.
 */
export class Dataset<T> extends Printed implements AsyncIterable<T> {
  private epochsRead = 0;

  /** Use `dataset` or `datasetFrom`. */
  constructor(private readonly source: Source<T>) {
    super();
  }

  /** Elements (examples, or batches after {@link batch}) in an epoch; undefined where only reading shows it. */
  get size(): number | undefined {
    return this.source.size;
  }

  /** The batch size after {@link batch}; undefined for single examples, and for a stream that makes its own batches. */
  get batchSize(): number | undefined {
    return this.source.batchSize;
  }

  /** What is known of it; its elements can be read only. */
  override toJSON(): object {
    const { size, batchSize } = this;
    return { kind: "Dataset", size, batchSize };
  }

  /** Reads the next epoch. */
  [Symbol.asyncIterator](): AsyncIterator<T> {
    return this.epoch(this.epochsRead++)[Symbol.asyncIterator]();
  }

  /** Reads epoch number `index`: the same number gives the same order. Does not count as an epoch read. */
  epoch(index: number): AsyncIterable<T> {
    checkCount("dataset.epoch", "the epoch", index, 0);
    return this.source.open(index);
  }

  /**
   * Gathers examples into batches `[batchSize, …]`: arrays are stacked along a new first axis, structure stays.
   *
   * @param o.dropRemainder leave out a last batch that is not full. Default false.
   * @throws ShapeError (while reading) where the examples of one batch differ in shape or structure.
   */
  batch(batchSize: number, o: { dropRemainder?: boolean } = {}): Dataset<HostTree<T>> {
    checkCount("dataset.batch", "batchSize", batchSize, 1);
    return new Dataset(
      this.source.batch(
        batchSize,
        checkOptions("dataset.batch", o, { dropRemainder: "boolean" }).dropRemainder ?? false,
      ),
    );
  }

  /**
   * Another order in every epoch. Arrays are permuted whole; a stream keeps `bufferSize` elements and draws from those,
   * so that an element comes at most so many places too early.
   *
   * @param o.seed an integer ≥ 0. Default 0.
   * @param o.bufferSize for streams only. Default 1024.
   */
  shuffle(o: { seed?: number; bufferSize?: number } = {}): Dataset<T> {
    const { seed = 0, bufferSize = 1024 } = checkOptions("dataset.shuffle", o, {
      seed: "number",
      bufferSize: "number",
    });
    checkCount("dataset.shuffle", "bufferSize", bufferSize, 1);
    return new Dataset(this.source.shuffle(checkSeed("dataset.shuffle", seed), bufferSize));
  }

  /**
   * Changes each element as it is read. `change` may be asynchronous; `index` counts from 0 in each epoch, and epochs
   * count from 0.
   */
  map<U>(change: (element: T, index: number, epoch: number) => U | Promise<U>): Dataset<U> {
    return new Dataset(mapSource(this.source, change));
  }

  /** The first `count` elements of each epoch. */
  take(count: number): Dataset<T> {
    return new Dataset(this.source.slice(0, checkCount("dataset.take", "count", count, 0)));
  }

  /** All but the first `count` elements of each epoch. */
  skip(count: number): Dataset<T> {
    return new Dataset(this.source.slice(checkCount("dataset.skip", "count", count, 0), Number.POSITIVE_INFINITY));
  }

  /**
   * Cuts the dataset into two parts that share no element: a fraction of it, and the rest.
   * @param fraction in (0, 1), rounded to whole elements.
   * @throws StateError after `shuffle`: the parts would then mix from epoch to epoch. ValueError where a part would be
   * empty.
   * @example const [train, valid] = dataset({ x, y }).split(0.9, { seed: 1 });
   */
  split(
    fraction: number,
    o?: {
      /** Draws the parts at random, once for all epochs (arrays only). Default: in their order. */
      seed?: number;
    },
  ): [Dataset<T>, Dataset<T>];
  /**
   * Cuts the dataset into parts of these sizes, which share no element.
   * @param counts the sizes, which must add up to `size`. Of a stream of unknown size, the parts follow one another:
   * each reads the stream from its beginning.
   * @throws as {@link split} by a fraction.
   * @example const [train, valid, test] = dataset({ x, y }).split([800, 100, 100], { seed: 1 });
   */
  split<const Counts extends readonly number[]>(
    counts: Counts,
    o?: {
      /** Draws the parts at random, once for all epochs (arrays only). Default: in their order. */
      seed?: number;
    },
  ): { -readonly [K in keyof Counts]: Dataset<T> };
  split(parts: number | readonly number[], o: { seed?: number } = {}): Dataset<T>[] {
    const { seed } = checkOptions("dataset.split", o, { seed: "number" });
    if (this.source.shuffled) {
      throw stateError("dataset.split", {
        rule: "a shuffled dataset cannot be split, since its parts would mix from epoch to epoch",
        expected: "split before shuffle",
        received: "shuffle before split",
        advice: "split(…, { seed }) draws the parts at random.",
      });
    }
    const source = seed === undefined ? this.source : reordered(this.source, checkSeed("dataset.split", seed));
    let start = 0;
    return partSizes(parts, this.size).map((size) => {
      const part = new Dataset(source.slice(start, start + size));
      start += size;
      return part;
    });
  }
}

/**
 * A dataset of rows of arrays in memory: `dataset({ x, y })` has the elements `{ x, y }`, row by row. Arrays
 * may have any form (tensors, typed and nested arrays, `{ data, shape }`), in records and lists of any depth. Typed
 * arrays are not copied.
 *
 * @throws ShapeError where arrays differ in their number of rows.
 * @example for await (const { x, y } of dataset({ x, y }).shuffle({ seed: 1 }).batch(32)) …
 */
export function dataset<T>(arrays: T, ...more: never[]): Dataset<HostTree<T>> {
  if (more.length > 0)
    throw valueError("dataset", {
      rule: "takes one object",
      expected: "dataset({ x, y })",
      received: `${more.length + 1} arguments`,
    });
  const tree = toHostTree("", arrays, true);
  return new Dataset(rowsOfArrays(tree, commonRows("dataset", tree)));
}

/**
 * A dataset of what an iterable gives, examples or batches, read again in each epoch.
 * @throws StateError when a generator that was already read is asked for another epoch: give the function instead.
 * @example datasetFrom(async function* () { for await (const line of lines(file)) yield { x: parse(line), y:
 * label(line) }; })
 */
export function datasetFrom<T>(
  stream: Stream<T>,
  o: {
    /** Elements in an epoch, if you know it: progress displays use it. Default: an array's length, else unknown. */
    size?: number;
  } = {},
): Dataset<T> {
  const { size } = checkOptions("datasetFrom", o, { size: "number" });
  if (size !== undefined) checkCount("datasetFrom", "size", size, 0);
  return new Dataset(new StreamSource(epochsOf(stream), size ?? sizeOfStream(stream)));
}

function reordered<T>(source: Source<T>, seed: number): Source<T> {
  const drawn = source.reorder(seed);
  if (drawn) return drawn;
  throw stateError("dataset.split", {
    rule: "only arrays can be split at random",
    expected: "dataset(arrays).split(…) before batch and map",
    received: "a stream",
    advice: "Leave out the seed.",
  });
}

/** The sizes of the parts. @throws ValueError where they do not fit `size`. */
function partSizes(parts: number | readonly number[], size: number | undefined): readonly number[] {
  if (Array.isArray(parts)) {
    for (const part of parts) checkCount("dataset.split", "each part", part, 1);
    const sum = parts.reduce((total, part) => total + part, 0);
    if (size === undefined || sum === size) return parts;
    throw valueError("dataset.split", {
      rule: "the parts must add up to the size",
      expected: `${size}`,
      received: sum,
      context: `parts ${parts.join(" + ")}`,
    });
  }
  checkFraction("dataset.split", "the fraction", parts, ", or a list of counts");
  if (size === undefined) {
    throw stateError("dataset.split", {
      rule: "a fraction needs a known size",
      expected: "a dataset with a size",
      received: "a stream",
      advice: "Give counts, or datasetFrom(…, { size }).",
    });
  }
  const first = Math.round(size * (parts as number));
  if (first > 0 && first < size) return [first, size - first];
  throw valueError("dataset.split", {
    rule: "no part may be empty",
    expected: "at least 1 element in each",
    received: `${first} and ${size - first}`,
  });
}
