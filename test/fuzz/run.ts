// Reads mutated files and counts how that ends.
import { AreteError } from "../../src/errors.ts";
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
  /** The most memory that the process had, in bytes. */
  readonly peak: number;
  /** The longest time for a file, in milliseconds, and its seed. */
  readonly slowest: { readonly ms: number; readonly seed: number };
}

/** The mutated file of a seed. */
export function fileOf({ files, mutate: change }: Format, seed: number): Uint8Array {
  const random = randomFrom(seed);
  const pick = () => files[Math.floor(random() * files.length)] as Uint8Array;
  return change ? change(pick(), random) : mutate(pick(), pick(), random);
}

/** Tries the files of `count` seeds, from `first` on. */
export async function fuzz(format: Format, first: number, count: number): Promise<Outcome> {
  let read = 0;
  let refused = 0;
  let peak = 0;
  let slowest = { ms: 0, seed: first };
  const foreign: { seed: number; error: unknown }[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const bytes = fileOf(format, seed);
    // Of the processor: others may be at work on this machine.
    const start = process.cpuUsage();
    try {
      await format.read(bytes);
      read++;
    } catch (error) {
      if (error instanceof AreteError) refused++;
      else foreign.push({ seed, error });
    }
    const { user, system } = process.cpuUsage(start);
    const ms = (user + system) / 1000;
    if (seed % 16 === 0) peak = Math.max(peak, process.memoryUsage.rss());
    if (ms > slowest.ms) slowest = { ms, seed };
  }
  return { format: format.name, tried: count, read, refused, foreign, peak, slowest };
}
