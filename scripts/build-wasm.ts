/**
 * Builds the WASM of both targets of asconfig.json and writes it into src/backends/wasm/generated/ as base64, so that the package needs
 * no file at run time. Prints their sizes.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import asc from "assemblyscript/asc";
import { generateKernels } from "./generate-kernels.ts";

process.chdir(new URL("..", import.meta.url).pathname);
console.log(`${generateKernels()} fused kernels`);
mkdirSync("build", { recursive: true });
for (const target of ["simd", "relaxed"]) {
  const { error, stderr } = await asc.main(["--config", "asconfig.json", "--target", target]);
  if (error) {
    console.error(stderr.toString());
    process.exit(1);
  }
  const bytes = readFileSync(`build/${target}.wasm`);
  const text = `// Written by scripts/build-wasm.ts: do not edit.\nexport default ${JSON.stringify(bytes.toString("base64"))};\n`;
  writeFileSync(`src/backends/wasm/generated/${target}.ts`, text);
  console.log(
    `${target}.wasm: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzipped, ${gzipSync(text, { level: 9 }).length} gzipped as base64`,
  );
}
