/**
 * Sizes of what users download, gzipped, against budgets: exits with 1 where one is passed. Run `npm run build` first.
 *
 * Counted is what a runtime with WASM SIMD loads. The two WASM builds are in chunks of their own, of which it loads one: the larger is counted.
 * The js backend, for runtimes without, is in a chunk that it does not load.
 */
import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const KB = 1000;
const root = new URL("..", import.meta.url).pathname;
/** What tsup calls the chunks of modules that are imported dynamically: by the module, with a hash. */
const CHUNKS = { wasm: /(^|\/)(simd|relaxed)-[^/]*\.js$/, fallback: /(^|\/)js-[^/]*\.js$/ };

interface Row {
  readonly what: string;
  readonly bytes: number;
  /** In bytes; none for rows that only inform. */
  readonly budget?: number;
}

const gzipped = (content: Uint8Array) => gzipSync(content, { level: 9 }).length;

/** Bundles and minifies an entry as an application's build would: what the code weighs, and the chunk of the WASM build. */
async function bundle(entry: string): Promise<{ code: number; wasm: number }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: entry, resolveDir: root },
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
  const chunks = outputFiles.map(({ path, contents }) => {
    const inputs = Object.entries(metafile.outputs).flatMap(([name, output]) => (path.endsWith(name) ? Object.keys(output.inputs) : []));
    const holds = (chunk: RegExp) => inputs.some((input) => chunk.test(input));
    return { kind: holds(CHUNKS.wasm) ? "wasm" : holds(CHUNKS.fallback) ? "fallback" : "code", size: gzipped(contents) };
  });
  const sizes = (wanted: string) => chunks.filter(({ kind }) => kind === wanted).map(({ size }) => size);
  const [builds, fallbacks] = [sizes("wasm"), sizes("fallback")];
  if (builds.length !== 2 || fallbacks.length !== 1) {
    throw new Error(`size: expected two chunks with WASM and one with the js backend, found ${builds.length} and ${fallbacks.length}. Have they new names?`);
  }
  return { code: sizes("code").reduce((sum, size) => sum + size, 0), wasm: Math.max(...builds) };
}

async function rows(): Promise<Row[]> {
  const everything = await bundle('export * from "./dist/index.js";');
  const dense = await bundle('export { sequential, dense, adam } from "./dist/index.js";');
  return [
    { what: "everything, with kernels", bytes: everything.code + everything.wasm, budget: 60 * KB },
    { what: "  without kernels", bytes: everything.code },
    { what: "sequential, dense, adam, with kernels", bytes: dense.code + dense.wasm },
    { what: "  without kernels", bytes: dense.code, budget: 35 * KB },
    ...["simd", "relaxed"].map((name) => ({ what: `${name}.wasm`, bytes: gzipped(readFileSync(`${root}/build/${name}.wasm`)), budget: 25 * KB })),
  ];
}

if (!existsSync(`${root}/dist/index.js`)) {
  console.error("size: there is no dist/index.js. Run npm run build first.");
  process.exit(1);
}
let passed = 0;
const table = await rows();
console.log(`${"gzipped".padEnd(40)}${"kB".padStart(8)}${"budget".padStart(9)}`);
for (const { what, bytes, budget } of table) {
  const over = budget !== undefined && bytes > budget;
  if (over) passed++;
  console.log(
    `${what.padEnd(40)}${(bytes / KB).toFixed(1).padStart(8)}${(budget === undefined ? "" : (budget / KB).toFixed(0)).padStart(9)}${over ? "  over" : ""}`,
  );
}
if (passed > 0) {
  console.error(`size: ${passed} over budget.`);
  process.exit(1);
}
