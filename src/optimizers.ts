// `aretejs/optimizers`: all optimizers and learning-rate schedules.
export * from "./optim/index.js";
export * from "./optim/on-demand.js";
