/**
 * Sizes of what users download, gzipped, against budgets: exits with 1 where one is passed. Run `npm run build` first.
 *
 * The package carries two WASM builds in chunks of their own, of which a runtime loads one: a bundle is counted with the larger of the two.
 */
import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const KB = 1000;
const root = new URL("..", import.meta.url).pathname;
const WASM_CHUNK = /(^|\/)(simd|relaxed)-[^/]*\.js$/;

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
  });
  const sizes = outputFiles.map(({ path, contents }) => {
    const output = Object.entries(metafile.outputs).find(([name]) => path.endsWith(name));
    return { isWasm: Object.keys(output?.[1].inputs ?? {}).some((input) => WASM_CHUNK.test(input)), size: gzipped(contents) };
  });
  const builds = sizes.filter(({ isWasm }) => isWasm).map(({ size }) => size);
  if (builds.length !== 2) throw new Error(`size: expected two chunks that hold a WASM build, found ${builds.length}. Did their names change?`);
  return { code: sizes.reduce((sum, { isWasm, size }) => (isWasm ? sum : sum + size), 0), wasm: Math.max(...builds) };
}

async function rows(): Promise<Row[]> {
  const everything = await bundle('export * from "./dist/index.js";');
  const dense = await bundle('export { sequential, dense, adam } from "./dist/index.js";');
  return [
    { what: "everything, with kernels", bytes: everything.code + everything.wasm, budget: 60 * KB },
    { what: "  its code alone", bytes: everything.code },
    { what: "sequential, dense, adam, with kernels", bytes: dense.code + dense.wasm, budget: 35 * KB },
    { what: "  its code alone", bytes: dense.code },
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
