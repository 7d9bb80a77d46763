// The entry `aretejs/plot`: pictures of training as SVG, without a dependency.
export type { PlotOptions } from "./figure.ts";
export { Plot } from "./plot.ts";
export {
  type PlotConfusionMatrixOptions,
  plotConfusionMatrix,
} from "./plot-confusion-matrix.ts";
export { type PlotHistogramsOptions, plotHistograms } from "./plot-histograms.ts";
export {
  type Histories,
  type HistoryPlotOptions,
  type PlotHistoryOptions,
  plotHistory,
  type RunHistory,
} from "./plot-history.ts";
export { type PlotFiltersOptions, type PlotImagesOptions, plotFilters, plotImages } from "./plot-images.ts";
export { plotModel } from "./plot-model.ts";
export { type PlotRangeOptions, plotRange } from "./plot-range-test.ts";
export { type PlotScheduleOptions, plotSchedule } from "./plot-schedule.ts";
export { type ReportOptions, report } from "./report.ts";
export type { Report } from "./report-page.ts";
export type { Theme } from "./theme.ts";
