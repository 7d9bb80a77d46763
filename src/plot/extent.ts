/** The smallest and the largest of the finite values for which `counts` holds; [Infinity, -Infinity] without one. */
export function extentOf(
  values: Iterable<number>,
  counts: (value: number) => boolean = () => true,
): [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value) || !counts(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}
