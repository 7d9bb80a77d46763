import { copyFileSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { Plugin } from "esbuild";
import { defineConfig, type Options } from "tsup";

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

/**
 * The `workerd` entries import the `.wasm` files, which is the one way into WebAssembly there, and carry none inline: carried-static.ts takes
 * the place of carried.ts. Their modules lie in dist/workerd/, one folder below the `.wasm` files.
 */
const staticWasm: Plugin = {
  name: "static-wasm",
  setup({ onResolve }) {
    onResolve({ filter: /\/carried\.ts$/ }, ({ resolveDir }) => ({ path: join(resolveDir, "carried-static.ts") }));
    onResolve({ filter: /\.wasm$/ }, ({ path }) => ({ path: `../${basename(path)}`, external: true }));
  },
};

/** Entries share their modules, so that a Tensor is one class wherever it comes from. */
const shared: Options = {
  entry: { index: "src/index.ts", "testing/index": "src/testing/index.ts", "backends/wasm/index": "src/backends/wasm/index.ts" },
  format: "esm",
  target: "es2022",
  platform: "neutral",
  splitting: true,
  plugins: [droppableNamespaces],
};

rmSync("dist", { recursive: true, force: true });

/** One ESM build with types for every runtime but workerd, which has one without WASM inline. */
export default defineConfig([
  {
    ...shared,
    dts: true,
    onSuccess: async () => {
      for (const file of readdirSync("build")) if (file.endsWith(".wasm")) copyFileSync(join("build", file), join("dist", file));
    },
  },
  { ...shared, outDir: "dist/workerd", esbuildPlugins: [staticWasm] },
]);
