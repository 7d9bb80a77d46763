/**
 * Sizes of what users download, gzipped: exits with 1 where a limit is passed. Run `npm run build` first. The limit is
 * where we are, so that nothing grows unseen; the budget is where design §1 wants us. Lower a limit whenever a change
 * allows it.
 *
 * The limits were 136, 58 and 61 kB before the work on overlap, failures, misuse and messages
 * (docs/decisions/0011-sizes.md says where the bytes went).
 *
 * Counted is what is loaded to train in a runtime with WASM SIMD: an application's own chunk with all that it imports
 * statically, and the larger of the two WASM builds. What is loaded on first need only (the js backend, losses that few
 * name) is not.
 */
import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const KB = 1000;
const root = new URL("..", import.meta.url).pathname;
/** What tsup calls the chunks of the core module of the two WASM builds. */
const WASM = /(^|\/)core(-relaxed)?-[A-Z0-9]{8}\.js$/;

interface Row {
  readonly what: string;
  readonly bytes: number;
  /** In bytes, both; none for rows that only inform. */
  readonly limit?: number;
  readonly budget?: number;
}

const gzipped = (content: Uint8Array) => gzipSync(content, { level: 9 }).length;

/**
 * Bundles and minifies an entry as an application's build would: what the code that it loads weighs, and the chunk of
 * the WASM build.
 */
async function bundle(entry: string): Promise<{ code: number; wasm: number }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: entry, resolveDir: root, sourcefile: "application.js" },
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    outdir: `${root}/never-written`,
    absWorkingDir: root,
    metafile: true,
    write: false,
    // Warnings tell that tsup leaves imports of chunks that are not needed, which change nothing.
    logLevel: "error",
  });
  const chunks = new Map(Object.entries(metafile.outputs));
  const sizeOf = (name: string) =>
    gzipped(outputFiles.find(({ path }) => path.endsWith(name))?.contents ?? new Uint8Array());
  const loaded = new Set(
    [...chunks].flatMap(([name, { entryPoint }]) => (entryPoint === "application.js" ? [name] : [])),
  );
  // A set that grows while it is gone through.
  for (const name of loaded)
    for (const { path, kind } of chunks.get(name)?.imports ?? []) if (kind === "import-statement") loaded.add(path);
  const builds = [...chunks].flatMap(([name, { inputs }]) =>
    Object.keys(inputs).some((input) => WASM.test(input)) ? [name] : [],
  );
  if (loaded.size === 0 || builds.length !== 2 || builds.some((name) => loaded.has(name))) {
    throw new Error(
      `size: expected an entry and two chunks with WASM, loaded on first need; found ${[...chunks.keys()]}. Have they new names?`,
    );
  }
  return { code: [...loaded].reduce((sum, name) => sum + sizeOf(name), 0), wasm: Math.max(...builds.map(sizeOf)) };
}

async function rows(): Promise<Row[]> {
  const everything = await bundle('export * from "./dist/index.js";');
  const dense = await bundle('export { sequential, dense, adam } from "./dist/index.js";');
  const cnn = await bundle('export { sequential, conv2d, maxPooling2d, flatten, dense, sgd } from "./dist/index.js";');
  return [
    { what: "everything, with kernels", bytes: everything.code + everything.wasm, limit: 149.5 * KB, budget: 60 * KB },
    { what: "  without kernels", bytes: everything.code },
    { what: "sequential, dense, adam, with kernels", bytes: dense.code + dense.wasm },
    { what: "  without kernels", bytes: dense.code, limit: 66.5 * KB, budget: 35 * KB },
    { what: "a CNN with sgd, without kernels", bytes: cnn.code, limit: 70.5 * KB },
    ...["core", "core-relaxed", "rest", "rest-relaxed"].map((name) => ({
      what: `${name}.wasm`,
      bytes: gzipped(readFileSync(`${root}/build/${name}.wasm`)),
      limit: (name.startsWith("core") ? 13 : 14) * KB,
      budget: (name.startsWith("core") ? 16 : 14) * KB,
    })),
  ];
}

if (!existsSync(`${root}/dist/index.js`)) {
  console.error("size: there is no dist/index.js. Run npm run build first.");
  process.exit(1);
}
let passed = 0;
const table = await rows();
const column = (value: number | undefined, digits: number) =>
  (value === undefined ? "" : (value / KB).toFixed(digits)).padStart(9);
console.log(`${"gzipped, kB".padEnd(40)}${"size".padStart(9)}${"limit".padStart(9)}${"budget".padStart(9)}`);
for (const { what, bytes, limit, budget } of table) {
  const over = limit !== undefined && bytes > limit;
  if (over) passed++;
  console.log(
    `${what.padEnd(40)}${column(bytes, 1)}${column(limit, 1)}${column(budget, 0)}${over ? "  over the limit" : ""}`,
  );
}
if (passed > 0) {
  console.error(`size: ${passed} over the limit.`);
  process.exit(1);
}
