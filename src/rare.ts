// What is loaded on first need: what rare names stand for (see `name-registry.ts`), and what few runs do. One module, so that
// bundlers cut the rest in few pieces.
export { retryWithRoom } from "./backends/retry-with-room.ts";
export * as losses from "./nn/losses/rare.ts";
export * as metrics from "./nn/metrics/rare.ts";
export * as optimizers from "./optim/rare.ts";
export { withClassWeights } from "./train/class-weight.ts";
export * as diagnosis from "./train/diagnosis.ts";
export { keepMetrics } from "./train/keep-metrics.ts";
// What every application has anyway: bundlers put what all chunks share in one, and one compresses better than several.
export { Model } from "./train/model.ts";
