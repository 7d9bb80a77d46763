// What histories load to show themselves.
import { checkOptions } from "../options.ts";
import { drawHistory, historyTable, type PlotHistoryOptions, type RunHistory } from "./draw-history.ts";
import type { Plot } from "./plot.ts";

/** Options of `plot` of a history. */
export interface HistoryPlotOptions extends PlotHistoryOptions {
  /** Where to write the picture, in Node, Deno and Bun. */
  file?: string;
}

/** What `plot` of a history gives. */
export async function historyPlot(history: RunHistory, options: HistoryPlotOptions = {}): Promise<Plot> {
  const owner = "plot of a history";
  const { file, ...others } = checkOptions(owner, options, { ...historyTable, file: "string" });
  const plot = drawHistory(owner, history, others);
  return file === undefined ? plot : plot.save(file);
}
