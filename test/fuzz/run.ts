// Reads mutated files and counts how that ends.
import { FileError } from "../../src/io/file-error.ts";
import type { Format } from "./formats.ts";
import { mutate, randomFrom } from "./mutate.ts";

/** How reading mutated files of a format ended. */
export interface Outcome {
  readonly format: string;
  readonly tried: number;
  readonly read: number;
  readonly refused: number;
  /** What no reader may do: errors that are none of this library's, by the seed of the file. */
  readonly foreign: readonly { readonly seed: number; readonly error: unknown }[];
  /** The longest time for a file, in milliseconds, and its seed. */
  readonly slowest: { readonly ms: number; readonly seed: number };
}

/** The mutated file of a seed. */
export function fileOf({ files }: Format, seed: number): Uint8Array {
  const random = randomFrom(seed);
  const pick = () => files[Math.floor(random() * files.length)] as Uint8Array;
  return mutate(pick(), pick(), random);
}

/** Tries the files of `count` seeds, from `first` on. */
export async function fuzz(format: Format, first: number, count: number): Promise<Outcome> {
  let read = 0;
  let refused = 0;
  let slowest = { ms: 0, seed: first };
  const foreign: { seed: number; error: unknown }[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const bytes = fileOf(format, seed);
    const start = performance.now();
    try {
      await format.read(bytes);
      read++;
    } catch (error) {
      if (error instanceof FileError) refused++;
      else foreign.push({ seed, error });
    }
    const ms = performance.now() - start;
    if (ms > slowest.ms) slowest = { ms, seed };
  }
  return { format: format.name, tried: count, read, refused, foreign, slowest };
}
