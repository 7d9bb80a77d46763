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
  if (typeof stream !== "function") checkIterable(stream, "a stream is an iterable or a function that makes one");
  let opened = false;
  return async function* open(epoch) {
    if (typeof stream === "function") return yield* checkIterable(stream(epoch), "the function must give an iterable");
    // An iterable that is its own iterator, as generators are, can be read only once.
    if (opened && iteratorOf(stream) === stream) {
      throw stateError("datasetFrom", {
        rule: "a generator can be read only once",
        expected: "something that can be read in every epoch",
        received: "a generator that has been read",
        advice: "Pass the generator function, without calling it.",
      });
    }
    opened = true;
    yield* stream;
  };
}

function checkIterable<S extends object>(value: S, rule: string): S {
  if (typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value))
    return value;
  throw valueError("datasetFrom", { rule, expected: "an iterable", received: value });
}

const iteratorOf = (stream: Iterable<unknown> | AsyncIterable<unknown>): unknown =>
  Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator]();
