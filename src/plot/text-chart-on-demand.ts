// What the range test loads. A file that is loaded both on demand and with others costs every application a helper.
export { chart } from "./text-chart.ts";
