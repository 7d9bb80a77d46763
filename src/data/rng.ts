// Random numbers and permutations on the host, for shuffles and splits.
import { checkSeed } from "../checks.ts";
import { philox } from "../tensor/philox.ts";

/** Word 3 of the counter: 0 belongs to random tensors, so that a shuffle never repeats the numbers of a layer. */
const HOST = 1;

/**
 * Random whole numbers on the host: a Philox stream that depends on (seed, stream, step) only.
 *
 * @param seed an integer in [0, 2⁵³).
 */
export class HostRandom {
  private readonly key: readonly [number, number];
  private words: readonly number[] = [];
  private drawn = 0;

  constructor(
    seed: number,
    private readonly stream: number,
    private readonly step: number,
  ) {
    checkSeed("random", seed);
    this.key = [seed >>> 0, Math.floor(seed / 2 ** 32)];
  }

  /** A whole number in [0, count), each as likely as the others to within count·2⁻³². */
  below(count: number): number {
    const lane = this.drawn % 4;
    if (lane === 0) this.words = philox([this.drawn / 4, this.stream, this.step, HOST], this.key);
    this.drawn++;
    return Math.floor(((this.words[lane] as number) / 2 ** 32) * count);
  }
}

/**
 * 0 … count − 1 in an order drawn by (seed, epoch): the same everywhere, another for each epoch.
 *
 * @param out an array to write to, of length `count`, for callers that shuffle in every epoch; its old values do not
 * matter.
 */
export function permutation(
  count: number,
  seed: number,
  epoch = 0,
  out: Int32Array = new Int32Array(count),
): Int32Array {
  const random = new HostRandom(seed, 0, epoch);
  for (let i = 0; i < count; i++) out[i] = i;
  return shuffle(out, random);
}

/** Puts the items of a list into another order, in place: each order is as likely (Fisher and Yates). */
export function shuffle<T extends Int32Array | number[]>(list: T, random: HostRandom): T {
  for (let last = list.length - 1; last > 0; last--) {
    const chosen = random.below(last + 1);
    const kept = list[last] as number;
    list[last] = list[chosen] as number;
    list[chosen] = kept;
  }
  return list;
}

/** The one use of Math.random: the seed is kept, so the run can be repeated. */
export function drawSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
