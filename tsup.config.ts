import { copyFileSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { Plugin } from "esbuild";
import { defineConfig, type Options } from "tsup";

/**
 * What esbuild makes of `export * as losses from …`, `var losses_exports = {}; __export(losses_exports, { … })`, is a
 * call that no bundler of a user may drop: everything in a namespace would be in every application. An expression
 * marked as pure goes when it is unused.
 */
const droppableNamespaces = {
  name: "droppable-namespaces",
  renderChunk(code: string) {
    const namespaces = /^var (\w+_exports\d*) = \{\};\n__export\(\1, (\{\n[\s\S]*?\n\})\);$/gm;
    const made = code.replace(
      namespaces,
      "var $1 = /* @__PURE__ */ (() => {\n  const namespace = {};\n  __export(namespace, $2);\n  return namespace;\n})();",
    );
    if (/^__export\(/m.test(made))
      throw new Error("tsup.config.ts: esbuild writes namespaces in another form now; mend the pattern.");
    return { code: made };
  },
};

/**
 * What looks up in the house does so by a dynamic import, which keeps the floors apart. Where every application has
 * what it looks for, that would only cut the package in more pieces (two chunks more cost 2 kB), so the built code
 * imports it as anything else.
 */
const staticLooksUp: Plugin = {
  name: "static-looks-up",
  setup(build) {
    build.onLoad(
      { filter: /src\/(tensor\/(tensor|variable)|nn\/layers\/preprocessing\/normalization)\.ts$/ },
      ({ path }) => {
        const pattern =
          /const (\{ [\w, ]+ \}) = await import\("((?:\.\.\/)+(?:backends\/evaluate|data\/array)\.ts)"\);/;
        const source = readFileSync(path, "utf8");
        const [whole, names, from] = pattern.exec(source) ?? [];
        if (whole === undefined)
          throw new Error(`tsup.config.ts: ${path} does not look up as it did; mend the pattern.`);
        return { contents: `import ${names} from "${from}";\n${source.replace(whole, "")}`, loader: "ts" };
      },
    );
  },
};

/** Exports of `index.ts` that reach what is loaded on first need, by the file of the package that gives them. */
const apart: Readonly<Record<string, string>> = {
  "apart/datasets": '"./data/dataset.ts"',
  "apart/fallback": '"./backends/js/index.ts"',
  "apart/losses": '"./nn/losses.ts"',
  "apart/metrics": '"./nn/metrics.ts"',
  "apart/rangeTest": '"./train/range-test.ts"',
  "apart/optimizers": '"./optim/rare.ts"',
};

/**
 * A bundler that splits loads whatever is imported by a file from which it takes an export by name, used or not. So
 * `index.js` only passes on the exports of several files: `core.js`, which imports nothing that is loaded on first need
 * (the js backend where SIMD is missing, losses that few name), and one for each line of {@link apart}. Each entry here
 * is `index.ts` with its own lines alone.
 */
const exportsApart: Plugin = {
  name: "exports-apart",
  setup(build) {
    const entries = ["core", ...Object.keys(apart)];
    build.onResolve({ filter: /^(core|apart\/\w+)$/ }, ({ path, kind, resolveDir }) =>
      kind === "entry-point"
        ? { path: `${resolveDir}/src/index.ts`, suffix: `?${path}` }
        : { path: `./${path}.js`, external: true },
    );
    build.onLoad({ filter: /src\/index\.ts$/ }, ({ path, suffix }) => {
      if (suffix === "")
        return { contents: entries.map((entry) => `export * from "${entry}";`).join("\n"), loader: "ts" };
      const from = apart[suffix.slice(1)];
      const lines = readFileSync(path, "utf8").split("\n");
      const isOwn = (line: string) =>
        from ? line.includes(from) : !Object.values(apart).some((other) => line.includes(other));
      const own = lines.filter(isOwn);
      if (own.length === 0) throw new Error(`tsup.config.ts: index.ts exports nothing from ${from}; mend the table.`);
      return { contents: own.join("\n"), loader: "ts" };
    });
  },
};

/**
 * The `workerd` entries import the `.wasm` files, which is the one way into WebAssembly there, and carry none inline:
 * wasm-binary.static.ts takes the place of wasm-binary.inline.ts. Their modules lie in dist/workerd/, one folder below the `.wasm`
 * files.
 */
const staticWasm: Plugin = {
  name: "static-wasm",
  setup({ onResolve }) {
    onResolve({ filter: /\/wasm-binary\.inline\.ts$/ }, ({ resolveDir }) => ({
      path: join(resolveDir, "wasm-binary.static.ts"),
    }));
    onResolve({ filter: /\.wasm$/ }, ({ path }) => ({ path: `../${basename(path)}`, external: true }));
  },
};

const modules = [staticLooksUp, exportsApart];

/** Entries share their modules, so that a Tensor is one class wherever it comes from. */
const shared: Options = {
  entry: {
    index: "src/index.ts",
    "testing/index": "src/testing/index.ts",
    "backends/wasm/index": "src/backends/wasm/index.ts",
  },
  format: "esm",
  target: "es2022",
  platform: "neutral",
  splitting: true,
  esbuildOptions: (options) => {
    options.entryPoints = {
      ...(options.entryPoints as Record<string, string>),
      ...Object.fromEntries(["core", ...Object.keys(apart)].map((entry) => [entry, entry])),
    };
  },
  esbuildPlugins: modules,
  plugins: [droppableNamespaces],
};

rmSync("dist", { recursive: true, force: true });

/** One ESM build with types for every runtime but workerd, which has one without WASM inline. */
export default defineConfig([
  {
    ...shared,
    dts: true,
    onSuccess: async () => {
      for (const file of readdirSync("build"))
        if (file.endsWith(".wasm") && !file.includes("shared")) copyFileSync(join("build", file), join("dist", file));
    },
  },
  { ...shared, outDir: "dist/workerd", esbuildPlugins: [...modules, staticWasm] },
]);
