// The curves of training runs.
import { checkOptions } from "../options.ts";
import { drawHistory, type Histories, historyTable, type PlotHistoryOptions } from "./draw-history.ts";
import type { Plot } from "./plot.ts";

export type { Histories, PlotHistoryOptions, RunHistory } from "./draw-history.ts";

/**
 * Losses and metrics over the epochs, which count from 1: in training as solid, in validation as dashed lines. A value
 * that is not finite, or on a logarithmic axis not positive, is a cross at the upper edge.
 * @param given what `fit` gave, or several of these by the names of the runs.
 * @throws ValueError on what is no history, on metrics that no run has, and on options out of range.
 * @example const { svg } = plotHistory(history, { metrics: ["loss"], logScale: true });
 * @example plotHistory({ sgd: first, adam: second }, { width: 800 });
 */
export function plotHistory(given: Histories, options: PlotHistoryOptions = {}): Plot {
  return drawHistory("plotHistory", given, checkOptions("plotHistory", options, historyTable));
}
