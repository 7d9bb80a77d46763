// What models load to show themselves.
export { plotModel } from "./plot-model.ts";
