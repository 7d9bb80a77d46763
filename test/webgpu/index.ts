/**
 * The WebGPU backend on a real or a software adapter.
 *
 *     npm run test:webgpu [-- --adapter NAME] [PART…]
 *
 * Parts: `node` (all suites, in Node with Dawn), `chromium`, `worker in chromium` and `deno` (a part of them), `browser
 * example`; with parts only those whose name holds one of these. Without `--adapter` it takes SwiftShader, the software
 * adapter of Debian's Chromium. With it Dawn takes the adapter of that name, in Node alone; a name that does not exist
 * makes Dawn list those that do.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { environmentFor, temporaryFolder } from "./host/adapter.ts";
import { browserExample } from "./portable/browser-example.ts";
import { bundle } from "./portable/bundle.ts";
import { inChromium, inWorker } from "./portable/chromium.ts";
import { inDeno } from "./portable/deno.ts";
import { type Outcome, summary } from "./portable/vitest.ts";

const { values: options, positionals: wanted } = parseArgs({
  options: { adapter: { type: "string" } },
  allowPositionals: true,
});
const root = fileURLToPath(new URL("../..", import.meta.url));

/** All suites, by vitest. Says whether they passed. */
function inNode(): boolean {
  const command = ["node_modules/vitest/vitest.mjs", "run", "--config", "test/webgpu/vitest.config.ts"];
  return (
    spawnSync(process.execPath, command, { cwd: root, stdio: "inherit", env: environmentFor(options.adapter) })
      .status === 0
  );
}

/** Suites that also run in pages and in Deno. */
const portable = ["adapter", "complaints", "numbers", "training"];

/** A part of the suites, bundled. Says whether they passed. */
async function elsewhere(
  suites: readonly string[],
  run: (file: string, progress: (line: string) => void) => Promise<Outcome>,
): Promise<boolean> {
  const file = join(temporaryFolder("aretejs-webgpu-"), "suites.mjs");
  await bundle(
    suites.map((suite) => `webgpu/suites/${suite}`),
    file,
  );
  const { files, failures } = await run(file, (line) => console.log(`    ${line}`));
  for (const { name, message } of failures) console.log(`FAILED ${name}: ${message}`);
  console.log(summary(Object.values(files)));
  return failures.length === 0;
}

/** Says whether examples/browser trains on both backends. */
async function example(): Promise<boolean> {
  const { faults, speeds } = await browserExample(temporaryFolder("aretejs-webgpu-"));
  for (const [backend, speed] of Object.entries(speeds)) console.log(`    ${backend}: ${speed}`);
  for (const fault of faults) console.log(`FAILED ${fault}`);
  return faults.length === 0;
}

const parts: Readonly<Record<string, () => boolean | Promise<boolean>>> = {
  node: inNode,
  // A named adapter is Dawn's, in Node.
  ...(options.adapter === undefined
    ? {
        // What fails must not reach the console either.
        chromium: () => elsewhere([...portable, "faults", "loops"], inChromium),
        "worker in chromium": () => elsewhere(["complaints"], inWorker),
        deno: () => elsewhere(portable, inDeno),
        "browser example": example,
      }
    : undefined),
};
const failed: string[] = [];
for (const [name, run] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.some((word) => name.includes(word.toLowerCase()))) continue;
  const begun = performance.now();
  const passed = await Promise.resolve(run()).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    return false;
  });
  if (!passed) failed.push(name);
  console.log(`${passed ? "ok" : "FAILED"}  ${name} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
}
process.exitCode = failed.length > 0 ? 1 : 0;
