// What `datasetFrom` may read: iterables, and functions that make one for each epoch.
import { stateError, valueError } from "../errors.ts";

/** What `datasetFrom` reads: an iterable, or a function (a generator function, say) that makes one for each epoch. */
export type Stream<T> = Iterable<T> | AsyncIterable<T> | ((epoch: number) => Iterable<T> | AsyncIterable<T>);

/** Elements in an epoch, where that is known without reading. */
export const sizeOfStream = (stream: Stream<unknown>): number | undefined =>
  Array.isArray(stream) ? stream.length : undefined;

/**
 * Reads a stream from its start in each epoch.
 * @throws StateError when a generator that was already read is asked for another epoch.
 */
export function epochsOf<T>(stream: Stream<T>): (epoch: number) => AsyncGenerator<T> {
  if (typeof stream !== "function" && !isIterable(stream)) {
    throw valueError("datasetFrom", {
      rule: "a stream is an iterable or a function that makes one",
      expected: "an iterable",
      received: stream,
    });
  }
  let opened = false;
  async function* open(epoch: number): AsyncGenerator<T> {
    const elements = typeof stream === "function" ? stream(epoch) : stream;
    if (!isIterable(elements)) {
      throw valueError("datasetFrom", {
        rule: "the function must give an iterable",
        expected: "a generator, for example",
        received: elements,
      });
    }
    if (opened && isOneShot(stream)) {
      throw stateError("datasetFrom", {
        rule: "a generator can be read only once",
        expected: "something that can be read in every epoch",
        received: "a generator that has been read",
        advice: "Pass the generator function, without calling it.",
      });
    }
    opened = true;
    yield* elements;
  }
  return open;
}

function isIterable(value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}

/** Whether an iterable is its own iterator, as generators are: it can be read only once. */
function isOneShot(stream: Stream<unknown>): boolean {
  if (typeof stream === "function") return false;
  return Symbol.asyncIterator in stream
    ? stream[Symbol.asyncIterator]() === (stream as unknown)
    : stream[Symbol.iterator]() === (stream as unknown);
}
