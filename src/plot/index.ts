// The entry `aretejs/plot`: pictures of training as SVG, without a dependency.
export type { PlotOptions } from "./figure.ts";
export { Plot } from "./plot.ts";
export { type PlotHistogramsOptions, plotHistograms } from "./plot-histograms.ts";
export {
  type Histories,
  type HistoryPlotOptions,
  type PlotHistoryOptions,
  plotHistory,
  type RunHistory,
} from "./plot-history.ts";
export type { Theme } from "./theme.ts";
