// Histograms of weights, activations and gradients.
import { type ArrayInput, toHostArray } from "../data/array.ts";
import { isPlainRecord } from "../data/tree.ts";
import { checkNumber } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { type Frame, frameOf } from "./axes.ts";
import { checkHeight, figure, inRows, type PlotOptions, plotTable } from "./figure.ts";
import type { Plot } from "./plot.ts";
import { label, rounded, tag } from "./svg.ts";
import { brief } from "./ticks.ts";

/** Options of {@link plotHistograms}. */
export interface PlotHistogramsOptions extends PlotOptions {
  /** Number of bars, 1 to 500. Default 30. */
  bins?: number;
  /** Whether counts are on a logarithmic axis. Default false. */
  logScale?: boolean;
  /** Height of one histogram in pixels, 100 to 2000. Default 130. */
  height?: number;
}

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

/**
 * Histograms, each with its own axes: of weights, of activations, of gradients. Above each are mean and standard
 * deviation, and how many values are not finite.
 * @param given arrays by their names, as `getNamedWeights` gives them; or one array.
 * @throws ValueError on what is no array, on a tensor that is not computed, and on options out of range.
 * @example plotHistograms(await getNamedWeights(model), { title: "Weights" });
 */
export function plotHistograms(
  given: ArrayInput | Readonly<Record<string, ArrayInput>>,
  options: PlotHistogramsOptions = {},
): Plot {
  const checked = checkOptions("plotHistograms", options, {
    ...plotTable,
    bins: "number",
    logScale: "boolean",
    height: "number",
  });
  const { bins = 30, logScale = false, height = 130 } = checked;
  checkNumber(
    "plotHistograms",
    "bins",
    bins,
    "an integer in [1, 500]",
    (v) => Number.isInteger(v) && v >= 1 && v <= 500,
  );
  const named = (isPlainRecord(given) && !("data" in given) ? given : { values: given }) as Readonly<
    Record<string, ArrayInput>
  >;
  const all = Object.entries(named).map(
    ([name, values]) => [name, distributionOf(toHostArray(name, values).data, bins)] as const,
  );
  const described = all.map(([name, distribution]) => `${name}: ${inWords(distribution)}`);
  return figure("plotHistograms", checked, {
    title: "Histograms",
    description: described.slice(0, 12).join(", "),
    draw: (width) =>
      inRows(
        width,
        190,
        checkHeight("plotHistograms", height),
        all.map(
          ([name, distribution]) =>
            (w, h) =>
              drawHistogram(name, distribution, logScale, w, h),
        ),
      ),
    text: described.join("\n"),
  });
}

function inWords({ mean, deviation, finite, notFinite }: Distribution): string {
  const missing = notFinite > 0 ? `${notFinite} not finite` : "";
  if (finite === 0) return missing || "no values";
  return `mean ${brief(mean)}, sd ${brief(deviation)}${missing && `, ${missing}`}`;
}

/** A histogram with its axes. */
function drawHistogram(name: string, given: Distribution, isLog: boolean, width: number, height: number): string {
  const { low, high, counts } = given;
  const frame = frameOf(
    width,
    height,
    { axis: { name: inWords(given) }, values: [low, high] },
    { axis: { name, isLog, isWhole: true, reaches: isLog ? [0.5] : [0] }, values: counts },
  );
  return frame.content + (counts.length > 0 ? bars(given, frame) : emptyNote(frame));
}

function bars({ low, high, counts }: Distribution, frame: Frame): string {
  const at = (index: number) => frame.x(low + (high / counts.length - low / counts.length) * index);
  const parts = counts.flatMap((count, index) => {
    if (count === 0) return [];
    const [left, right, top] = [at(index), at(index + 1), frame.y(count)];
    return [`M${rounded(left)} ${frame.bottom}V${rounded(top)}H${rounded(right)}V${frame.bottom}z`];
  });
  return tag("path", { class: "s0", fill: "currentColor", "fill-opacity": "0.85", d: parts.join("") });
}

const emptyNote = ({ left, right, top, bottom }: Frame): string =>
  label((left + right) / 2, (top + bottom) / 2, "no finite values", { anchor: "middle", as: "m" });
