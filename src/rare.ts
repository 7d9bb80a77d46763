// What is loaded when a rare name is used; see `names.ts`. One module, so that bundlers cut the rest in few pieces.
export * as losses from "./nn/losses/rare.ts";
export * as metrics from "./nn/metrics/rare.ts";
export * as optimizers from "./optim/rare.ts";
