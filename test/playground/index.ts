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
import { chromiumFlags } from "../browser/chromium-flags.ts";
import { scenarios } from "./playground.ts";
import { serve } from "./server.ts";

const wanted = process.argv.slice(2);
const { SITE: site, SCREENSHOTS: pictures } = process.env;
const scratch = mkdtempSync(join(tmpdir(), "aretejs-playground-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
if (pictures) mkdirSync(pictures, { recursive: true });

const root = fileURLToPath(new URL("../../site/playground", import.meta.url));
if (!site)
  await build({
    root,
    configFile: join(root, "vite.config.js"),
    logLevel: "error",
    build: { outDir: join(scratch, "playground"), emptyOutDir: true },
  });
const server = await serve(site ?? join(scratch, "playground"));
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  // With the software adapter of WebGPU.
  args: [...chromiumFlags, "--enable-unsafe-webgpu"],
});
const address = `${server.origin}/${site ? "playground" : ""}`;
let failed = 0;
try {
  for (const [name, run] of Object.entries(scenarios(pictures))) {
    if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
    const begun = performance.now();
    const faults = await run(browser, address);
    failed += faults.length;
    for (const fault of faults) console.error(`fault: ${name}: ${fault}`);
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    console.log(`${faults.length > 0 ? "FAILED" : "ok"}  playground, ${name} (${seconds} s)`);
  }
} finally {
  await browser.close();
  server.close();
}
process.exitCode = failed > 0 ? 1 : 0;
