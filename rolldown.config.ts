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
  "data-entry",
  "index",
  "io/index",
  "io/tensorboard/index",
  "namespaces",
  "nn/activations",
  "nn/initializers",
  "nn/layers/index",
  "nn/losses",
  "nn/metrics",
  "optim/index",
  "optim/on-demand",
  "optimizers",
  "plot/index",
  "tensor/ops/index",
  "testing/index",
  "train/recipes",
];

const root = import.meta.dirname;
/**
 * One file holds what these entries load, so that applications load few files. What is loaded on demand is not in it.
 */
const graph = valueGraph(root, sourceFiles(root, "src"));
const shared = reachable(
  graph,
  ["core", "nn/activations", "nn/initializers", "nn/layers/index", "optim/index", "tensor/ops/index"].map(
    (entry) => `src/${entry}.ts`,
  ),
);
const pathsOf = (files: Iterable<string>) => new Set([...files].map((file) => join(root, file)));
const sharedPaths = pathsOf(shared);
/** Of `aretejs/io`: what loading a model takes, what saving takes, and what both do. */
const [loading, saving] = ["load", "save"].map((name) => reachable(graph, [`src/io/keras/${name}.ts`])) as [
  Set<string>,
  Set<string>,
];
const inIo = (file: string) => file.startsWith("src/io/");
const ioPaths = pathsOf(
  [...[...loading].filter((file) => saving.has(file)), ...reachable(graph, ["src/io/index.ts"])].filter(inIo),
);
const loadingPaths = pathsOf([...loading].filter(inIo));
/** What aretejs/webgpu loads beside these, though parts on demand share some of it. */
const webgpuPaths = pathsOf(
  [...reachable(graph, ["src/backends/webgpu/index.ts"])].filter((file) => file.startsWith("src/backends/webgpu/")),
);

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
          { name: "io", test: (id) => ioPaths.has(id) },
          { name: "load-model", test: (id) => loadingPaths.has(id) },
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
