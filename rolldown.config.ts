import { join } from "node:path";
import { defineConfig } from "rolldown";
import { reachable, sourceFiles, valueGraph } from "./test/source-graph.ts";

/** The files of the package that can be imported; the others are parts of these. Paths in dist/ are those of src/. */
const entries = [
  "augmentation-entry",
  "backends/js/index",
  "backends/wasm/index",
  "backends/webgpu/index",
  "compiler/compile",
  "core",
  "data-entry",
  "distributed/index",
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
  "plot/plot-confusion-matrix",
  "plot/plot-entry",
  "plot/plot-histograms",
  "plot/plot-history",
  "plot/plot-images",
  "plot/plot-model",
  "plot/plot-range-test",
  "plot/plot-schedule",
  "plot/report",
  "tensor/ops/index",
  "testing/index",
  "train/recipes",
];

const root = import.meta.dirname;
const graph = valueGraph(root, sourceFiles(root, "src"));

/** The files in `folder` that loading these entries loads, without what is loaded on demand. Paths as in src/. */
const loadedBy = (entries: readonly string[], folder = "") => {
  const files = entries.map((entry) => `src/${entry}.ts`);
  return [...reachable(graph, files)].filter((file) => file.startsWith(`src/${folder}`));
};

/** One file of the package that holds these, so that applications load few files. */
const group = (name: string, files: readonly string[]) => {
  const paths = new Set(files.map((file) => join(root, file)));
  return { name, test: (id: string) => paths.has(id) };
};

/** What an entry loads of its folder, without the entry: one file of both would export what other parts need. */
const behind = (entry: string) =>
  loadedBy([entry], entry.replace("index", "")).filter((file) => file !== `src/${entry}.ts`);

/** The files of `aretejs/io` behind one that is imported on demand: as one of a group, that would be its namespace. */
const ioBehind = (entry: string) => loadedBy([entry], "io/").filter((file) => file !== `src/${entry}.ts`);
const loading = ioBehind("io/keras/loading");
const saving = ioBehind("io/keras/saving");

const ofJobs = loadedBy(["distributed/job"], "distributed/");
const ofSearches = loadedBy(["distributed/run-search"], "distributed/");

/** A file goes to the first group that has it. */
const groups = [
  group(
    "shared",
    loadedBy([
      "core",
      "ir/loop-steps",
      "nn/activations",
      "nn/initializers",
      "nn/layers/index",
      "optim/index",
      "tensor/ops/index",
    ]),
  ),
  // Parts on demand import some of it: without a group that would be files of its own.
  group("webgpu", behind("backends/webgpu/index")),
  // What the entry loads, and what both a job and a search take.
  group("distributed", [...behind("distributed/index"), ...ofJobs.filter((file) => ofSearches.includes(file))]),
  // What the entry loads, and what both loading and saving a model take; then the rest of loading.
  group("io", [...behind("io/index"), ...loading.filter((file) => saving.includes(file))]),
  group("load-model", loading),
  group("save-model", saving),
  // What losses/usual.ts has: one file.
  { name: "usual-losses", test: /\/losses\/(crossentropy|regression)\.ts$/ },
];

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
        // `shared` holds what its files import already; the other groups hold their own files only.
        includeDependenciesRecursively: false,
        groups,
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
