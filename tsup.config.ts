import { defineConfig } from "tsup";

/**
 * What esbuild makes of `export * as losses from …`, `var losses_exports = {}; __export(losses_exports, { … })`, is a call that no
 * bundler of a user may drop: everything in a namespace would be in every application. An expression marked as pure goes when it is unused.
 */
const droppableNamespaces = {
  name: "droppable-namespaces",
  renderChunk(code: string) {
    const namespaces = /^var (\w+_exports) = \{\};\n__export\(\1, (\{\n[\s\S]*?\n\})\);$/gm;
    const made = code.replace(namespaces, "var $1 = /* @__PURE__ */ (() => {\n  const namespace = {};\n  __export(namespace, $2);\n  return namespace;\n})();");
    if (/^__export\(/m.test(made)) throw new Error("tsup.config.ts: esbuild writes namespaces in another form now; mend the pattern.");
    return { code: made };
  },
};

/** One ESM build with types for every runtime. Entries share their modules, so that a Tensor is one class wherever it comes from. */
export default defineConfig({
  entry: { index: "src/index.ts", "testing/index": "src/testing/index.ts" },
  format: "esm",
  target: "es2022",
  platform: "neutral",
  splitting: true,
  clean: true,
  dts: true,
  plugins: [droppableNamespaces],
});
