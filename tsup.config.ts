import { defineConfig } from "tsup";

/** One ESM build with types for every runtime. Entries share their modules, so that a Tensor is one class wherever it comes from. */
export default defineConfig({
  entry: { index: "src/index.ts", "testing/index": "src/testing/index.ts" },
  format: "esm",
  target: "es2022",
  platform: "neutral",
  splitting: true,
  treeshake: true,
  clean: true,
  dts: true,
});
