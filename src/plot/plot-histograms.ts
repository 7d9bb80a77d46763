// Histograms of weights, activations and gradients.
import { type ArrayInput, toHostArray } from "../data/array.ts";
import { isPlainRecord } from "../data/tree.ts";
import { checkNumber } from "../errors.ts";
import { checkOptions } from "../options.ts";
import type { Axes } from "./axes.ts";
import { type Distribution, distributionOf } from "./distribution.ts";
import { type PlotOptions, plotTable } from "./figure.ts";
import { panelFigure } from "./panels.ts";
import type { Plot } from "./plot.ts";
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
  const owner = "plotHistograms";
  const checked = checkOptions(owner, options, {
    ...plotTable,
    bins: "number",
    logScale: "boolean",
    height: "number",
  });
  const { bins = 30, logScale = false } = checked;
  checkNumber(owner, "bins", bins, "an integer in [1, 500]", (v) => Number.isInteger(v) && v >= 1 && v <= 500);
  const named = (isPlainRecord(given) && !("data" in given) ? given : { values: given }) as Readonly<
    Record<string, ArrayInput>
  >;
  const all = Object.entries(named).map(([name, values]) => {
    const distribution = distributionOf(toHostArray(name, values).data, bins);
    return { name, distribution, words: inWords(distribution), note: missing(distribution) };
  });
  const described = all.map(({ name, words, note }) => [`${name}:`, words, note].filter(Boolean).join(" "));
  return panelFigure(owner, checked, {
    title: "Histograms",
    description: described.slice(0, 12).join(", "),
    text: described.join("\n"),
    least: 190,
    height: 130,
    panels: all.map(
      ({ name, distribution, words, note }): Axes => ({
        x: { name: words },
        y: { name, note, isLog: logScale, isWhole: true, reaches: [logScale ? 0.5 : 0] },
        lines: [{ name, ...stepsOf(distribution, logScale), isFilled: true }],
      }),
    ),
  });
}

/** The outline of the bars. On a logarithmic axis, bins without a value are gaps. */
function stepsOf({ low, high, counts }: Distribution, isLog: boolean): { x: number[]; y: number[] } {
  const at = (index: number) => low + (high / counts.length - low / counts.length) * index;
  return {
    x: counts.flatMap((_, index) => [at(index), at(index + 1)]),
    y: counts.flatMap((count) => Array(2).fill(count === 0 && isLog ? Number.NaN : count)),
  };
}

/** Mean and standard deviation. */
const inWords = ({ mean, deviation, finite }: Distribution): string =>
  finite > 0 ? `mean ${brief(mean)}, sd ${brief(deviation)}` : "";

/** How many values cannot be drawn. */
const missing = ({ finite, notFinite }: Distribution): string =>
  notFinite > 0 ? `${notFinite} not finite` : finite === 0 ? "no values" : "";
