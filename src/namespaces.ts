// The families that `aretejs` exports as namespaces, because several of them use the same names. Each is a subpath, too.
export * as activations from "./nn/activations.js";
export * as initializers from "./nn/initializers.js";
export * as losses from "./nn/losses.js";
export * as metrics from "./nn/metrics.js";
export * as ops from "./tensor/ops/index.js";
export * as recipes from "./train/recipes.js";
