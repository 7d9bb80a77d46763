// Leaves out the samples that other work on the machine slowed down: witness.ts says how that is seen.

/** What was measured (milliseconds where nothing else is said), and how long the loop took beside it. */
export interface Sample<T = number> {
  readonly value: T;
  /** Milliseconds of the loop: the longer of before and after. */
  readonly witness: number;
}

/** By how much the loop may be slower than its least time. */
const tolerance = 1.1;

/** Takes a sample: what `run` measures, and what `time` says of the loop before and after. */
export async function sampled<T>(time: () => number | Promise<number>, run: () => T | Promise<T>): Promise<Sample<T>> {
  const before = await time();
  const value = await run();
  return { value, witness: Math.max(before, await time()) };
}

/** How many undisturbed rounds are wanted, and when the search for them ends: after so many rounds and milliseconds. */
export interface Search {
  readonly wanted: number;
  readonly most: number;
  /** Default 0: the number of rounds decides. */
  readonly longest?: number;
}

/**
 * Takes rounds of one or several samples until enough are undisturbed: those in which the loop was never more than a
 * tenth slower than its least time in all rounds. The others are dropped.
 */
export async function undisturbed<R extends readonly Sample<unknown>[]>(
  take: () => Promise<R>,
  { wanted, most, longest = 0 }: Search,
): Promise<{ readonly kept: readonly R[]; readonly dropped: number }> {
  const rounds: R[] = [];
  let kept: readonly R[] = [];
  const start = performance.now();
  while (kept.length < wanted && (rounds.length < most || performance.now() - start < longest)) {
    rounds.push(await take());
    const limit = tolerance * Math.min(...rounds.flat().map(({ witness }) => witness));
    kept = rounds.filter((samples) => samples.every(({ witness }) => witness <= limit));
  }
  return { kept, dropped: rounds.length - kept.length };
}
