// The picture of a learning-rate range test.
import { literal, valueError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import type { RangeTest } from "../train/range-test.ts";
import { drawAxes } from "./axes.ts";
import { checkHeight, figure, inRows, type PlotOptions, plotTable } from "./figure.ts";
import type { Plot } from "./plot.ts";
import { brief } from "./ticks.ts";

/** Options of {@link plotRange}. */
export interface PlotRangeOptions extends PlotOptions {
  /** Whether the loss is on a logarithmic axis. Default false. */
  logScale?: boolean;
  /** Height of the axes in pixels, 100 to 2000. Default 240. */
  height?: number;
}

/**
 * The loss of each step and its running average over the learning rate, which is on a logarithmic axis, and the rate
 * that the test suggests.
 * @param test what `learningRateRangeTest` gave.
 * @throws ValueError on what is no range test, and on options out of range.
 * @example plotRange(await learningRateRangeTest(model, x, y));
 */
export function plotRange(test: Omit<RangeTest, "chart">, options: PlotRangeOptions = {}): Plot {
  const checked = checkOptions("plotRange", options, { ...plotTable, logScale: "boolean", height: "number" });
  if (!Array.isArray(test?.learningRates) || !Array.isArray(test.losses) || !Array.isArray(test.smoothed))
    throw valueError("plotRange", {
      rule: "takes the result of a range test",
      expected: "what learningRateRangeTest gave",
      received: literal(test),
    });
  const { learningRates: x, losses, smoothed, suggestion } = test;
  const lowest = x[smoothed.indexOf(Math.min(...smoothed))] ?? Number.NaN;
  const words = `smallest loss at ${brief(lowest)}, suggested rate ${brief(suggestion)}`;
  return figure("plotRange", checked, {
    title: "Learning-rate range test",
    description: words,
    legend: [{ name: "loss of a step", isFaint: true }, { name: "running average" }],
    draw: (width) =>
      inRows(width, width, checkHeight("plotRange", checked.height ?? 240), [
        (w, h) =>
          drawAxes(
            {
              x: { name: "learning rate", isLog: true, reaches: [suggestion] },
              y: { name: "loss", isLog: checked.logScale ?? false },
              lines: [
                { x, y: losses, isFaint: true },
                { x, y: smoothed },
              ],
              rules: [{ at: suggestion, name: `suggested ${brief(suggestion)}` }],
            },
            w,
            h,
          ),
      ]),
    text: "chart" in test ? `${test.chart}\n${words}` : words,
  });
}
