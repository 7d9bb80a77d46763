// The entry `aretejs/plot`: pictures of training as SVG, without a dependency. Specifiers that end in `.js` name other
// entry files, as in `src/index.ts`: an application then loads only the kinds of pictures that it draws.
export type { PlotOptions } from "./figure.ts";
export type { HistoryPlotOptions } from "./history-on-demand.ts";
export * from "./plot-confusion-matrix.js";
export * from "./plot-entry.js";
export * from "./plot-histograms.js";
export * from "./plot-history.js";
export * from "./plot-images.js";
export * from "./plot-model.js";
export * from "./plot-range-test.js";
export * from "./plot-schedule.js";
export * from "./report.js";
export type { Report } from "./report-page.ts";
export type { Theme } from "./theme.ts";
