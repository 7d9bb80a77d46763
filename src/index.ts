// `aretejs`: exports of other entry files only. A specifier that ends in `.js` names a file of the package: the build
// leaves it as it is, so that bundlers load what an application uses and nothing else (docs/decisions/0024-build.md).
export * from "./backends/js/index.js";
export * from "./compiler/compile.js";
export * from "./core.js";
export * from "./namespaces.js";
export * from "./nn/layers/index.js";
export * from "./optim/index.js";
export * from "./optim/on-demand.js";
