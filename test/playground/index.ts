/**
 * The playground and examples/browser in Chromium, used as readers do: clicks, keys, training, addresses, both themes,
 * a computer and a telephone. Run `npm run build` first.
 *
 *     npm run test:playground [-- PART…]      with parts: only those whose name holds one of these
 *
 * SITE=folder takes the playground of a built documentation site, SCREENSHOTS=folder keeps pictures.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build } from "vite";
import { aliases } from "../../site/playground/aliases.js";
import { chromiumFlags } from "../browser/chromium-flags.ts";
import { exampleScenarios } from "./browser-example.ts";
import { scenarios } from "./playground.ts";
import { serve } from "./server.ts";

const wanted = process.argv.slice(2);
const { SITE: site, SCREENSHOTS: pictures } = process.env;
const scratch = mkdtempSync(join(tmpdir(), "aretejs-playground-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
if (pictures) mkdirSync(pictures, { recursive: true });

const source = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Builds a page with Vite, with the built package in the place of the installed one. */
async function built(name: string, root: string): Promise<string> {
  const outDir = join(scratch, name);
  await build({
    root,
    base: "./",
    configFile: false,
    logLevel: "error",
    resolve: { alias: aliases },
    worker: { format: "es" },
    build: { outDir, emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 1000 },
  });
  return outDir;
}

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  // With the software adapter of WebGPU.
  args: [...chromiumFlags, "--enable-unsafe-webgpu"],
});
let failed = 0;

async function runAll(group: string, all: ReturnType<typeof scenarios>, folder: () => Promise<string>, path: string) {
  const chosen = Object.entries(all).filter(
    ([name]) => wanted.length === 0 || wanted.some((word) => `${group}, ${name}`.includes(word)),
  );
  if (chosen.length === 0) return;
  const server = await serve(await folder());
  for (const [name, run] of chosen) {
    const begun = performance.now();
    const faults = await run(browser, `${server.origin}/${path}`);
    failed += faults.length;
    for (const fault of faults) console.error(`fault: ${name}: ${fault}`);
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    console.log(`${faults.length > 0 ? "FAILED" : "ok"}  ${group}, ${name} (${seconds} s)`);
  }
  server.close();
}

try {
  const playground = async () => site ?? built("playground", source("site/playground"));
  await runAll("playground", scenarios(pictures), playground, site ? "playground" : "");
  await runAll("example", exampleScenarios(pictures), () => built("example", source("examples/browser")), "");
} finally {
  await browser.close();
}
process.exitCode = failed > 0 ? 1 : 0;
