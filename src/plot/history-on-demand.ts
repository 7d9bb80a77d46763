// What histories load to show themselves, apart from what models load, so that a page with curves loads no more.
export { historyPlot } from "./plot-history.ts";
