// Round numbers along an axis, and how they are written.
import { extentOf } from "./extent.ts";

/** The range of an axis, and the numbers that are written at it. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly isLog: boolean;
  readonly ticks: readonly number[];
  readonly labels: readonly string[];
}

/** Options of {@link scaleOf}. */
export interface ScaleOptions {
  /** Logarithmic, where there are values > 0. */
  isLog?: boolean;
  /** Whether only whole numbers are written. */
  isWhole?: boolean;
  /** Whether the range begins and ends at a tick rather than at a value. */
  isRound?: boolean;
  /** About how many ticks there are. */
  count: number;
}

/** Values beyond these are drawn at them, so that differences are finite. */
const LARGEST = 1e300;

/** The scale that holds these values. Those that are not finite, or not > 0 on a logarithmic scale, do not count. */
export function scaleOf(values: Iterable<number>, options: ScaleOptions): Scale {
  const { isLog = false, isWhole = false, isRound = false, count } = options;
  let [low, high] = extentOf(values, (value) => !isLog || value > 0);
  if (low > high) [low, high] = isLog ? [0.1, 1] : [0, 1];
  [low, high] = [low, high].map((end) => Math.min(LARGEST, Math.max(-LARGEST, end))) as [number, number];
  if (isLog) {
    low = Math.max(low, 1 / LARGEST);
    high = Math.max(high, low);
    const scale = logScale(low, high, isRound, count);
    if (scale) return scale;
  }
  // Values that are as good as one get a range around them.
  if (high - low <= 1e-12 * Math.max(Math.abs(low), Math.abs(high)) || high - low < 1 / LARGEST) {
    const middle = low;
    const margin = isLog ? 0.1 * middle : isWhole ? 0.5 : Math.abs(middle) > 1 / LARGEST ? Math.abs(middle) / 2 : 1;
    [low, high] = [middle - margin, middle + margin];
  }
  const step = stepOf(high - low, count, isWhole);
  if (isRound && !isLog) [low, high] = [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
  const ticks: number[] = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + 1e-9 * step; index++) ticks.push(index * step);
  return { low, high, isLog, ticks, labels: labelsOf(ticks, step) };
}

/** 1, 2 or 5 times a power of ten. */
function stepOf(span: number, count: number, isWhole: boolean): number {
  const power = 10 ** Math.floor(Math.log10(span / count));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => span / each <= count + 1e-9) ?? 10 * power;
  return isWhole ? Math.max(1, step) : step;
}

/** Powers of ten, for a short range also twice and five times these. Undefined where the range has not two of them. */
function logScale(least: number, most: number, isRound: boolean, count: number): Scale | undefined {
  let [low, high] = [least, most];
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const decades = last - first;
  const candidates: number[] = [];
  const stride = Math.max(1, Math.ceil(decades / count));
  for (let power = first; power <= last; power++) {
    if (decades <= count / 2) candidates.push(...[1, 2, 5].map((factor) => Number(`${factor}e${power}`)));
    else if ((power - first) % stride === 0) candidates.push(Number(`1e${power}`));
  }
  if (isRound) {
    low = candidates.findLast((tick) => tick <= low * (1 + 1e-9)) ?? low;
    high = candidates.find((tick) => tick >= high * (1 - 1e-9)) ?? high;
  }
  const ticks = candidates.filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
  if (ticks.length < 2) return undefined;
  return { low, high, isLog: true, ticks, labels: ticks.map(plain) };
}

/** A number in few characters. */
function plain(value: number): string {
  const size = Math.abs(value);
  return value === 0 || (size >= 0.001 && size < 1e5)
    ? String(Number(value.toPrecision(4)))
    : value.toExponential().replace("e+", "e");
}

/** All with the same number of decimals, so that neighbours differ. */
function labelsOf(ticks: readonly number[], step: number): string[] {
  const power = Math.floor(Math.log10(step) + 1e-9);
  const largest = Math.max(...ticks.map(Math.abs));
  const isShort = largest < 1e6 && power >= -5;
  const digits = Math.min(15, Math.max(0, Math.floor(Math.log10(largest) + 1e-9) - power));
  return ticks.map((tick) => {
    if (Math.abs(tick) < step / 2) return "0";
    return isShort ? tick.toFixed(Math.max(0, -power)) : tick.toExponential(digits).replace("e+", "e");
  });
}

/** Where a value is along the axis: 0 at its low end, 1 at its high end; NaN for what cannot be drawn. */
export function placeOn({ low, high, isLog }: Scale, value: number): number {
  if (!Number.isFinite(value) || (isLog && value <= 0)) return Number.NaN;
  const clipped = Math.min(LARGEST, Math.max(-LARGEST, value));
  if (isLog) return (Math.log10(clipped) - Math.log10(low)) / (Math.log10(high) - Math.log10(low));
  return (clipped - low) / (high - low);
}

/** A number for reading: three digits that count. */
export function brief(value: number): string {
  return Number.isFinite(value) ? plain(Number(value.toPrecision(3))) : String(value);
}
