import { fileURLToPath } from "node:url";

const dist = (path) => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));

/** The entries of the built package that the playground imports, for Vite's `resolve.alias`. */
export const aliases = {
  "aretejs/optimizers": dist("optimizers.js"),
  "aretejs/plot": dist("plot/index.js"),
  "aretejs/webgpu": dist("backends/webgpu/index.js"),
  aretejs: dist("index.js"),
};
