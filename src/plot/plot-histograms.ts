// Histograms of weights, activations and gradients.
import { type ArrayInput, toHostArray } from "../data/array.ts";
import { isPlainRecord } from "../data/tree.ts";
import { checkNumber } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { type Frame, frameOf } from "./axes.ts";
import { type Distribution, distributionOf } from "./distribution.ts";
import { checkHeight, figure, inRows, type PlotOptions, plotTable } from "./figure.ts";
import type { Plot } from "./plot.ts";
import { rounded, tag } from "./svg.ts";
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
  const described = all.map(([name, distribution]) =>
    [`${name}:`, inWords(distribution), missing(distribution)].filter(Boolean).join(" "),
  );
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

/** Mean and standard deviation. */
const inWords = ({ mean, deviation, finite }: Distribution): string =>
  finite > 0 ? `mean ${brief(mean)}, sd ${brief(deviation)}` : "";

/** How many values cannot be drawn. */
const missing = ({ finite, notFinite }: Distribution): string =>
  notFinite > 0 ? `${notFinite} not finite` : finite === 0 ? "no values" : "";

/** A histogram with its axes. */
function drawHistogram(name: string, given: Distribution, isLog: boolean, width: number, height: number): string {
  const { low, high, counts } = given;
  const frame = frameOf(
    width,
    height,
    { axis: { name: inWords(given) }, values: [low, high] },
    { axis: { name, note: missing(given), isLog, isWhole: true, reaches: isLog ? [0.5] : [0] }, values: counts },
  );
  return frame.content + (counts.length > 0 ? bars(given, frame) : "");
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
