/**
 * Builds the WASM: of each build of the kernels ("simd", "relaxed") the core and the rest module, each for a memory of
 * one thread and for one that threads share, into build/*.wasm; and writes all of them into
 * src/backends/wasm/generated/, deflated and as base64, so that the package needs no file at run time and stays small:
 * compressed text does not compress again. Zopfli's deflate is 7 % smaller than zlib's; functions are in an order that
 * compresses well. Prints the sizes.
 *
 * Compiles nothing where nothing has changed since the last time. With the name of a module as its argument it compiles
 * that one only: the script runs itself so for several at once.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import zopfli from "@gfx/zopfli";
import asc from "assemblyscript/asc";
import binaryen from "assemblyscript/binaryen";
import { coreKernels, heapBase, restBase, restData, restKernels } from "./kernel-slots.ts";
import { orderFunctions } from "./order-functions.ts";

process.chdir(new URL("..", import.meta.url).pathname);
const generated = "src/backends/wasm/generated";

/** Where the kernels of a module begin in the table of functions; where its constants lie in memory. */
const parts = {
  core: { kernels: coreKernels, base: 1, start: 1024, end: restData },
  rest: { kernels: restKernels, base: restBase, start: restData, end: heapBase },
} as const;
type Part = keyof typeof parts;

/** Every module: its name says which part it is, of which build, and whether for shared memory. */
const names = ["", "-shared"].flatMap((shared) =>
  ["", "-relaxed"].flatMap((relaxed) => ["core", "rest"].map((part) => part + relaxed + shared)),
);

/** The kernels of a part in the order of their places in the table, the fused ones last. */
function kernelsOf(part: Part): string[] {
  const fused = readFileSync(`assembly/generated/fused-${part}.ts`, "utf8").matchAll(/^export function (\w+)/gm);
  const kernels = [...parts[part].kernels, ...[...fused].map(([, name]) => name as string)];
  if (part === "core" && kernels.length >= restBase)
    throw new Error("build-wasm: the core module has too many kernels; enlarge restBase.");
  return kernels;
}

/** Compiles a module. */
async function compile(name: string): Promise<void> {
  const part = name.slice(0, 4) as Part;
  const isRelaxed = name.includes("relaxed");
  const isShared = name.includes("shared");
  const { base, start, end } = parts[part];
  const kernels = kernelsOf(part);
  const { error, stderr } = await asc.main(
    [
      `assembly/${part}.ts`,
      ...["--config", "asconfig.json", "--outFile", `build/${name}.wasm`, "--memoryBase", String(start)],
      ...["--enable", isRelaxed ? "simd,relaxed-simd,threads" : "simd,threads"],
      ...(isShared ? ["--sharedMemory", "--maximumMemory", "65536"] : []),
    ],
    {
      transforms: [
        {
          /**
           * Puts kernels into the table of functions, by the names under which they are exported, and takes the exports
           * away. AssemblyScript has no other way to do so without 32 bytes of memory for each.
           */
          afterCompile(module: binaryen.Module): void {
            const functions = kernels.map((kernel) => binaryen.getExportInfo(module.getExport(kernel)).value);
            module.addActiveElementSegment("0", "kernels", functions, module.i32.const(base));
            for (const kernel of kernels) module.removeExport(kernel);
          },
          // biome-ignore lint/suspicious/noExplicitAny: its type wants what the compiler adds by itself.
        } as any,
      ],
    },
  );
  if (error) throw new Error(stderr.toString());
  // Node 20 cannot compile relaxed SIMD; the constants are the same.
  if (!isRelaxed) checkData(name, isShared, end);
}

/** Throws where a module's constants reach beyond `end`: both modules and the host share one memory. */
function checkData(name: string, shared: boolean, end: number): void {
  const module = new WebAssembly.Module(readFileSync(`build/${name}.wasm`));
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared });
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 4 * restBase });
  const functions = WebAssembly.Module.imports(module).filter(({ kind }) => kind === "function");
  const core = Object.fromEntries(functions.map((entry) => [entry.name, () => 0]));
  const { dataEnd } = new WebAssembly.Instance(module, { env: { memory, table }, core }).exports;
  const found = (dataEnd as () => number)();
  if (found > end) throw new Error(`build-wasm: the constants of ${name} end at ${found}, beyond ${end}.`);
}

/** Compiles a module in a process of its own and writes it into the package; gives its sizes. */
async function build(name: string): Promise<string> {
  await promisify(execFile)(process.execPath, [...process.execArgv, import.meta.filename, name]);
  const bytes = orderFunctions(readFileSync(`build/${name}.wasm`));
  writeFileSync(`build/${name}.wasm`, bytes);
  const base64 = Buffer.from(await zopfli.deflateAsync(bytes, { numiterations: 15 })).toString("base64");
  const text = `// Written by scripts/build-wasm.ts: do not edit.\nexport default ${JSON.stringify(base64)};\n`;
  writeFileSync(`${generated}/${name}.ts`, text);
  const [binary, carried] = [bytes, text].map((content) => gzipSync(content, { level: 9 }).length);
  return `${name}.wasm: ${bytes.length} bytes, ${binary} gzipped, ${carried} gzipped in the package`;
}

async function buildAll(): Promise<void> {
  const { generateTiles } = await import("./generate-tiles.ts");
  const { generateKernels } = await import("./generate-kernels.ts");
  generateTiles();
  const { core, rest } = await generateKernels();
  console.log(`${core} fused kernels in core, ${rest} in rest`);
  mkdirSync("build", { recursive: true });
  const sources = readdirSync("assembly", { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  const files = [
    ...sources.map((path) => `assembly/${path}`),
    "asconfig.json",
    "package-lock.json",
    import.meta.filename,
    new URL("order-functions.ts", import.meta.url).pathname,
  ];
  const hash = createHash("sha256");
  for (const file of files.sort()) hash.update(readFileSync(file));
  const inputs = hash.digest("hex");
  const record = "build/inputs.txt";
  const isThere = (name: string) => existsSync(`build/${name}.wasm`) && existsSync(`${generated}/${name}.ts`);
  if (existsSync(record) && readFileSync(record, "utf8") === inputs && names.every(isThere)) {
    console.log("nothing has changed: the WASM stays as it is");
    return;
  }
  rmSync(record, { force: true });
  const left = [...names];
  const workers = Array.from({ length: Math.min(availableParallelism(), left.length) }, async () => {
    for (let name = left.shift(); name; name = left.shift()) console.log(await build(name));
  });
  await Promise.all(workers);
  writeFileSync(record, inputs);
}

const [, , name] = process.argv;
await (name ? compile(name) : buildAll());
