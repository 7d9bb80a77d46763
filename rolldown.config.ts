import { join } from "node:path";
import { defineConfig } from "rolldown";
import { reachable, sourceFiles, valueGraph } from "./test/source-graph.ts";

/** The files of the package that can be imported; the others are parts of these. Paths in dist/ are those of src/. */
const entries = [
  "backends/js/index",
  "backends/wasm/index",
  "backends/webgpu/index",
  "compiler/compile",
  "core",
  "index",
  "io/index",
  "namespaces",
  "nn/activations",
  "nn/initializers",
  "nn/layers/index",
  "nn/losses",
  "nn/metrics",
  "optim/index",
  "optim/on-demand",
  "optimizers",
  "tensor/ops/index",
  "testing/index",
  "train/recipes",
];

const root = import.meta.dirname;
/**
 * One file holds what these entries load, so that applications load few files. What is loaded on demand is not in it.
 */
const shared = reachable(
  valueGraph(root, sourceFiles(root, "src")),
  ["core", "nn/activations", "nn/initializers", "nn/layers/index", "optim/index", "tensor/ops/index"].map(
    (entry) => `src/${entry}.ts`,
  ),
);
/** One file for what aretejs/webgpu loads beside these, though parts on demand share some of it. */
const webgpu = reachable(valueGraph(root, sourceFiles(root, "src")), ["src/backends/webgpu/index.ts"]);
const webgpuPaths = new Set([...webgpu].map((file) => join(root, file)).filter((file) => file.includes("/webgpu/")));
const sharedPaths = new Set([...shared].map((file) => join(root, file)));

const build = (dir: string, alias: Record<string, string>) =>
  defineConfig({
    input: Object.fromEntries(entries.map((entry) => [entry, `src/${entry}.ts`])),
    // Entry files that refer to each other by their names in the package, and what workerd loads as compiled modules.
    external: [/\.js$/, /\.wasm$/],
    platform: "neutral",
    resolve: { alias },
    // A dynamic import of what is loaded anyway is on purpose: the layers of the source may not import upwards.
    checks: { ineffectiveDynamicImport: false },
    output: {
      dir,
      cleanDir: true,
      entryFileNames: "[name].js",
      chunkFileNames: "parts/[name].js",
      minifyInternalExports: false,
      // Smaller code, with names and line breaks as they are.
      minify: { compress: { keepNames: { function: true, class: true } }, mangle: false, codegen: false },
      comments: { jsdoc: false },
      codeSplitting: {
        groups: [
          { name: "shared", test: (id) => sharedPaths.has(id) },
          { name: "webgpu", test: (id) => webgpuPaths.has(id) },
          // What losses/usual.ts has: one file.
          { name: "usual-losses", test: /\/losses\/(crossentropy|regression)\.ts$/ },
        ],
      },
    },
  });

/** One build for every runtime, with the WASM inline, and one for workerd, where `.wasm` files are imported. */
export default [
  build("dist", {}),
  build("dist/workerd", {
    "./wasm-binary.inline.ts": join(root, "src/backends/wasm/wasm-binary.static.ts"),
  }),
];
