// What histories and models load to show themselves.
export { historyPlot } from "./plot-history.ts";
export { plotModel } from "./plot-model.ts";
