// What is loaded where there is no WASM SIMD. The model is there for the reason given in `rare.ts`.
export { js } from "./backends/js/index.ts";
export { Model } from "./train/model.ts";
