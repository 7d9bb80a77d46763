import { readFileSync } from "node:fs";
import type { Plugin } from "esbuild";
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

/**
 * `Tensor.data()` looks up to the backends by a dynamic import, which keeps the house's floors apart. In the package that would only cut one
 * chunk into three, so the built code imports it as anything else.
 */
const staticEvaluate: Plugin = {
  name: "static-evaluate",
  setup(build) {
    build.onLoad({ filter: /src\/tensor\/(tensor|variable)\.ts$/ }, ({ path }) => {
      const pattern = /const (\{ \w+ \}) = await import\("(\.\.\/backends\/evaluate\.ts)"\);/;
      const source = readFileSync(path, "utf8");
      const [whole, names, from] = pattern.exec(source) ?? [];
      if (whole === undefined) throw new Error(`tsup.config.ts: ${path} does not import evaluate as it did; mend the pattern.`);
      return { contents: `import ${names} from "${from}";\n${source.replace(whole, "")}`, loader: "ts" };
    });
  },
};

/**
 * A bundler that splits loads whatever is imported by a file from which it takes an export by name. So `index.js` passes all exports but the js
 * backend on from a file that does not import that backend: who does not ask for it has it in a chunk of its own, loaded where SIMD is missing.
 */
const fallbackApart: Plugin = {
  name: "fallback-apart",
  setup(build) {
    const isFallback = (line: string) => line.includes('"./backends/js/');
    build.onResolve({ filter: /^core$/ }, ({ kind, resolveDir }) =>
      kind === "entry-point" ? { path: `${resolveDir}/src/index.ts`, suffix: "?core" } : { path: "./core.js", external: true },
    );
    build.onLoad({ filter: /src\/index\.ts$/ }, ({ path, suffix }) => {
      const lines = readFileSync(path, "utf8").split("\n");
      const contents = suffix ? lines.filter((line) => !isFallback(line)) : [...lines.filter(isFallback), 'export * from "core";'];
      return { contents: contents.join("\n"), loader: "ts" };
    });
  },
};

/** One ESM build with types for every runtime. Entries share their modules, so that a Tensor is one class wherever it comes from. */
export default defineConfig({
  entry: { index: "src/index.ts", "testing/index": "src/testing/index.ts", "backends/wasm/index": "src/backends/wasm/index.ts" },
  format: "esm",
  target: "es2022",
  platform: "neutral",
  splitting: true,
  clean: true,
  dts: true,
  esbuildOptions: (options) => {
    options.entryPoints = { ...(options.entryPoints as Record<string, string>), core: "core" };
  },
  esbuildPlugins: [staticEvaluate, fallbackApart],
  plugins: [droppableNamespaces],
});
