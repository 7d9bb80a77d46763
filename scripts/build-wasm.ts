/**
 * Builds the WASM of both targets of asconfig.json, each of which serves one thread or several, and writes it into
 * src/backends/wasm/generated/, deflated and as base64, so that the package needs no file at run time and stays small:
 * compressed text does not compress again. Zopfli's deflate is 7 % smaller than zlib's. Prints the sizes.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import zopfli from "@gfx/zopfli";
import asc from "assemblyscript/asc";
import { generateTiles } from "./generate-tiles.ts";

process.chdir(new URL("..", import.meta.url).pathname);
generateTiles();
// What lists the fused kernels compiles training programs, and so loads the backend that reads the list: on a fresh
// checkout it finds an empty one.
const list = "src/backends/wasm/generated/kernels.ts";
mkdirSync("src/backends/wasm/generated", { recursive: true });
if (!existsSync(list)) writeFileSync(list, 'export const fusedKernels: string = "";\n');
const { generateKernels } = await import("./generate-kernels.ts");
console.log(`${await generateKernels()} fused kernels`);
mkdirSync("build", { recursive: true });
for (const target of ["simd", "relaxed"]) {
  const { error, stderr } = await asc.main(["--config", "asconfig.json", "--target", target]);
  if (error) {
    console.error(stderr.toString());
    process.exit(1);
  }
  const bytes = readFileSync(`build/${target}.wasm`);
  // Where the import of the memory says "at least 1 page": src/backends/wasm/module.ts puts "shared" there.
  const memoryLimits = bytes.indexOf("\u0001\u0003env\u0006memory\u0002\u0000\u0001", 0, "latin1") + 13;
  if (memoryLimits < 13 || bytes[memoryLimits - 15] !== 2 || bytes[memoryLimits - 14] !== 15)
    throw new Error("build-wasm: the memory is not the only import any more.");
  const text = [
    "// Written by scripts/build-wasm.ts: do not edit.",
    `export default ${JSON.stringify(Buffer.from(await zopfli.deflateAsync(bytes, { numiterations: 15 })).toString("base64"))};`,
    `export const memoryLimits = ${memoryLimits};`,
    "",
  ].join("\n");
  writeFileSync(`src/backends/wasm/generated/${target}.ts`, text);
  console.log(
    `${target}.wasm: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzipped, ${gzipSync(text, { level: 9 }).length} gzipped in the package`,
  );
}
