/**
 * Builds the WASM: for each build of the kernels ("simd", "relaxed") the core and the rest module, each for a memory of
 * one thread and for one that threads share, into build/*.wasm; and writes all of them into
 * src/backends/wasm/generated/, deflated and as base64, so that the package needs no file at run time and stays small:
 * compressed text does not compress again. Zopfli's deflate is 7 % smaller than zlib's. Prints the sizes.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import zopfli from "@gfx/zopfli";
import asc from "assemblyscript/asc";
import binaryen from "assemblyscript/binaryen";
import { generateKernels } from "./generate-kernels.ts";
import { generateTiles } from "./generate-tiles.ts";
import { coreKernels, heapBase, restBase, restData, restKernels } from "./kernel-slots.ts";

process.chdir(new URL("..", import.meta.url).pathname);
const generated = "src/backends/wasm/generated";
generateTiles();
const fused = await generateKernels();
console.log(`${fused.core} fused kernels in core, ${fused.rest} in rest`);

const fusedNames = (entry: string, count: number) => Array.from({ length: count }, (_, i) => `${entry}Fused${i}`);
const modules = {
  core: { base: 1, kernels: [...coreKernels, ...fusedNames("core", fused.core)], start: 1024, end: restData },
  rest: { base: restBase, kernels: [...restKernels, ...fusedNames("rest", fused.rest)], start: restData, end: heapBase },
} as const;
if (modules.core.kernels.length >= restBase)
  throw new Error("build-wasm: the core module has too many kernels; enlarge restBase.");

/**
 * Puts kernels into the table of functions, by the names under which they are exported, and takes the exports away.
 * AssemblyScript has no other way to do so without 32 bytes of memory for each.
 */
const tableOf = ({ kernels, base }: (typeof modules)[keyof typeof modules]) => ({
  afterCompile(module: binaryen.Module): void {
    const functions = kernels.map((name) => binaryen.getExportInfo(module.getExport(name)).value);
    module.addActiveElementSegment("0", "kernels", functions, module.i32.const(base));
    for (const name of kernels) module.removeExport(name);
  },
});

/** Compiles one module; gives its bytes. */
async function compile(
  entry: keyof typeof modules,
  build: "simd" | "relaxed",
  shared: boolean,
): Promise<{ name: string; bytes: Buffer }> {
  const name = `${entry}-${build}${shared ? "-shared" : ""}`;
  const file = `build/${name}.wasm`;
  const { error, stderr } = await asc.main(
    [
      `assembly/${entry}.ts`,
      ...["--config", "asconfig.json", "--outFile", file, "--memoryBase", String(modules[entry].start)],
      ...["--enable", build === "simd" ? "simd,threads" : "simd,relaxed-simd,threads"],
      ...(shared ? ["--sharedMemory", "--maximumMemory", "65536"] : []),
    ],
    { transforms: [tableOf(modules[entry])] },
  );
  if (error) {
    console.error(stderr.toString());
    process.exit(1);
  }
  const bytes = readFileSync(file);
  checkData(name, bytes, shared, modules[entry].end);
  return { name, bytes };
}

/** Throws where a module's constants reach beyond `end`: both modules and the host share one memory. */
function checkData(name: string, bytes: Buffer<ArrayBuffer>, shared: boolean, end: number): void {
  const module = new WebAssembly.Module(bytes);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared });
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 2 * restBase });
  const functions = WebAssembly.Module.imports(module).filter(({ kind }) => kind === "function");
  const core = Object.fromEntries(functions.map((entry) => [entry.name, () => 0]));
  const { dataEnd } = new WebAssembly.Instance(module, { env: { memory, table }, core }).exports;
  const found = (dataEnd as () => number)();
  if (found > end) throw new Error(`build-wasm: the constants of ${name} end at ${found}, beyond ${end}.`);
}

mkdirSync("build", { recursive: true });
for (const entry of ["core", "rest"] as const)
  for (const build of ["simd", "relaxed"] as const)
    for (const shared of [false, true]) {
      const { name, bytes } = await compile(entry, build, shared);
      const base64 = Buffer.from(await zopfli.deflateAsync(bytes, { numiterations: 15 })).toString("base64");
      const text = `// Written by scripts/build-wasm.ts: do not edit.\nexport default ${JSON.stringify(base64)};\n`;
      writeFileSync(`${generated}/${name}.ts`, text);
      const sizes = [bytes, text].map((content) => gzipSync(content, { level: 9 }).length);
      console.log(`${name}.wasm: ${bytes.length} bytes, ${sizes[0]} gzipped, ${sizes[1]} gzipped in the package`);
    }
