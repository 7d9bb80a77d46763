/**
 * Sizes of what users download, gzipped: exits with 1 where a limit is passed. Run `npm run build` first. The limit is where we are, so
 * that nothing grows unseen; the budget is where design §1 wants us. Lower a limit whenever a change allows it.
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
  /** In bytes, both; none for rows that only inform. */
  readonly limit?: number;
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
    { what: "everything, with kernels", bytes: everything.code + everything.wasm, limit: 114 * KB, budget: 60 * KB },
    { what: "  without kernels", bytes: everything.code },
    { what: "sequential, dense, adam, with kernels", bytes: dense.code + dense.wasm },
    { what: "  without kernels", bytes: dense.code, limit: 67 * KB, budget: 35 * KB },
    ...["simd", "relaxed"].map((name) => ({
      what: `${name}.wasm`,
      bytes: gzipped(readFileSync(`${root}/build/${name}.wasm`)),
      limit: 25 * KB,
      budget: 25 * KB,
    })),
  ];
}

if (!existsSync(`${root}/dist/index.js`)) {
  console.error("size: there is no dist/index.js. Run npm run build first.");
  process.exit(1);
}
let passed = 0;
const table = await rows();
const column = (value: number | undefined, digits: number) => (value === undefined ? "" : (value / KB).toFixed(digits)).padStart(9);
console.log(`${"gzipped, kB".padEnd(40)}${"size".padStart(9)}${"limit".padStart(9)}${"budget".padStart(9)}`);
for (const { what, bytes, limit, budget } of table) {
  const over = limit !== undefined && bytes > limit;
  if (over) passed++;
  console.log(`${what.padEnd(40)}${column(bytes, 1)}${column(limit, 0)}${column(budget, 0)}${over ? "  over the limit" : ""}`);
}
if (passed > 0) {
  console.error(`size: ${passed} over the limit.`);
  process.exit(1);
}
