// Round numbers along an axis, and how they are written.
import { extentOf } from "./extent.ts";

/** The range of an axis, and what is written at it. */
export interface Scale {
  /** At the left, or at the bottom. */
  readonly low: number;
  readonly high: number;
  readonly isLog?: boolean;
  readonly ticks: readonly number[];
  readonly labels: readonly string[];
}

/** Options of {@link scaleOf}. */
export interface ScaleOptions {
  /** Logarithmic, where there are values > 0. */
  readonly isLog?: boolean;
  /** Whether only whole numbers are written. */
  readonly isWhole?: boolean;
  /** Whether the range begins and ends at a tick rather than at a value. */
  readonly isRound?: boolean;
  /** About how many ticks there are. */
  readonly count: number;
}

/** Values beyond this, and on a logarithmic axis below its reciprocal, are not drawn: sums of them are not finite. */
const LARGEST = 1e150;
/** How far beyond the ends of its axis a tick may be, as a share of its length. */
const SLACK = 1e-9;

/** Whether a value has a place on an axis. */
export const isDrawable = (value: number, isLog = false): boolean =>
  Math.abs(value) <= LARGEST && (!isLog || value >= 1 / LARGEST);

/** The scale that holds these values, but for those that cannot be drawn. */
export function scaleOf(values: Iterable<number>, options: ScaleOptions): Scale {
  const { isLog = false, isWhole = false, isRound = false, count } = options;
  let [low, high] = extentOf(values, (value) => isDrawable(value, isLog));
  if (low > high) [low, high] = [isLog ? 0.1 : 0, 1];
  // Values that are as good as one get a range around them.
  if (high - low <= SLACK * Math.max(Math.abs(low), Math.abs(high)) || high - low < 1 / LARGEST) {
    const margin = isWhole ? 0.5 : Math.abs(low) / 2 || 1;
    [low, high] = [low - margin, low + margin];
  }
  const place = (value: number) => placeOn({ low, high, isLog }, value);
  const inside = (tick: number) => place(tick) >= -SLACK && place(tick) <= 1 + SLACK;
  const even = multiples(low, high, count, isWhole);
  const round = isLog ? powers(low, high, count) : even;
  if (isRound)
    [low, high] = [
      round.findLast((tick) => place(tick) <= SLACK) ?? low,
      round.find((tick) => place(tick) >= 1 - SLACK) ?? high,
    ];
  const found = round.filter(inside);
  const ticks = found.length > 1 ? found : even.filter(inside);
  return { low, high, isLog, ticks, labels: ticks.map((tick) => brief(tick, 12)) };
}

/** Multiples of 1, 2 or 5 times a power of ten, from just below a range to just above it. */
function multiples(low: number, high: number, count: number, isWhole: boolean): number[] {
  const power = 10 ** Math.floor(Math.log10((high - low) / count));
  const factor = [1, 2, 5].find((each) => (high - low) / (each * power) <= count + SLACK) ?? 10;
  const step = Math.max(isWhole ? 1 : 0, factor * power);
  const first = Math.floor(low / step);
  return Array.from({ length: Math.ceil(high / step) - first + 1 }, (_, index) => (first + index) * step);
}

/** Powers of ten from below a range to above it; of a short one also twice and five times these. */
function powers(low: number, high: number, count: number): number[] {
  const first = Math.floor(Math.log10(low));
  const decades = Math.ceil(Math.log10(high)) - first;
  const stride = Math.max(1, Math.ceil(decades / count));
  const factors = decades <= count / 2 ? [1, 2, 5] : [1];
  return Array.from({ length: Math.floor(decades / stride) + 1 }, (_, index) =>
    factors.map((factor) => Number(`${factor}e${first + index * stride}`)),
  ).flat();
}

/** Where a value is along the axis: 0 at its low end, 1 at its high end; NaN for what cannot be drawn. */
export function placeOn({ low, high, isLog }: Pick<Scale, "low" | "high" | "isLog">, value: number): number {
  if (!isDrawable(value, isLog)) return Number.NaN;
  return isLog ? Math.log10(value / low) / Math.log10(high / low) : (value - low) / (high - low);
}

/** A number for reading: so many digits that count. */
export function brief(value: number, digits = 3): string {
  const near = Number(value.toPrecision(digits));
  const size = Math.abs(near);
  return !near || (size >= 0.001 && size < 1e5) ? String(near) : near.toExponential().replace("e+", "e");
}
