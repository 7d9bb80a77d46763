// Counts values in bins.

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
  let [low, high, sum, finite] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
    sum += value;
    finite++;
  }
  const notFinite = values.length - finite;
  if (finite === 0) return { low: 0, high: 1, counts: [], mean: Number.NaN, deviation: Number.NaN, finite, notFinite };
  const mean = sum / finite;
  const isOne = high === low;
  const counts = new Array<number>(isOne ? 9 : bins).fill(0);
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    squares += (value - mean) * (value - mean);
    const bin = isOne ? 4 : Math.min(bins - 1, Math.floor((value / (high - low) - low / (high - low)) * bins));
    counts[bin] = (counts[bin] as number) + 1;
  }
  const margin = isOne ? Math.abs(low) / 2 || 1 : 0;
  return {
    low: low - margin,
    high: high + margin,
    counts,
    mean,
    deviation: Math.sqrt(squares / finite),
    finite,
    notFinite,
  };
}
