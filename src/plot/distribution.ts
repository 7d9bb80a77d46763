// Counts values in bins.
import { extentOf } from "./extent.ts";

/** How values are distributed: counts in bins of one width. */
export interface Distribution {
  readonly low: number;
  readonly high: number;
  readonly counts: readonly number[];
  /** Of the finite values. */
  readonly mean: number;
  /** Standard deviation of the finite values. */
  readonly deviation: number;
  readonly finite: number;
  readonly notFinite: number;
}

/** Counts values in bins. Where all are equal, the middle one of nine has them. */
export function distributionOf(values: ArrayLike<number>, bins: number): Distribution {
  // A list and each kind of typed array have this method.
  const all = (values as number[]).filter(Number.isFinite);
  const finite = all.length;
  const mean = all.reduce((sum, value) => sum + value, 0) / finite;
  const deviation = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / finite);
  const shared = { mean, deviation, finite, notFinite: values.length - finite };
  const [low, high] = extentOf(all);
  if (finite === 0) return { low: 0, high: 1, counts: [], ...shared };
  const isOne = high === low;
  const counts = new Array<number>(isOne ? 9 : bins).fill(0);
  for (const value of all) {
    const bin = isOne ? 4 : Math.min(bins - 1, Math.floor((value / (high - low) - low / (high - low)) * bins));
    counts[bin] = (counts[bin] as number) + 1;
  }
  const margin = isOne ? Math.abs(low) / 2 || 1 : 0;
  return { low: low - margin, high: high + margin, counts, ...shared };
}
