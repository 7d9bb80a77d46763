// The picture of a learning-rate range test.
import { checkOptions } from "../options.ts";
import type { RangeTest } from "../train/range-test.ts";
import { extentOf } from "./extent.ts";
import { checkSubject, type PlotOptions, plotTable } from "./figure.ts";
import { panelFigure } from "./panels.ts";
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
  const owner = "plotRange";
  const checked = checkOptions(owner, options, { ...plotTable, logScale: "boolean", height: "number" });
  const isTest = [test?.learningRates, test?.losses, test?.smoothed].every(Array.isArray);
  checkSubject(owner, isTest, "takes the result of a range test", "what learningRateRangeTest gave", test);
  const { learningRates: x, losses, smoothed, suggestion } = test;
  const lowest = x[smoothed.indexOf(Math.min(...smoothed))] ?? Number.NaN;
  const suggested = brief(suggestion);
  const words = `smallest loss at ${brief(lowest)}, suggested rate ${suggested}`;
  return panelFigure(owner, checked, {
    title: "Learning-rate range test",
    description: words,
    height: 240,
    panels: [
      {
        x: { name: "learning rate", isLog: true },
        y: { name: "loss", isLog: checked.logScale ?? false },
        lines: [
          { name: "loss", legend: "loss of a step", x, y: losses, isFaint: true },
          { name: "average", legend: "running average", x, y: smoothed },
          {
            name: "suggestion",
            legend: `suggested ${suggested}`,
            x: [suggestion, suggestion],
            y: extentOf(smoothed),
            colour: 1,
            isDashed: true,
          },
        ],
      },
    ],
    text: "chart" in test ? `${test.chart}\n${words}` : words,
  });
}
