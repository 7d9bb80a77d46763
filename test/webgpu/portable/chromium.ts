// Runs bundled suites in a page of Debian's Chromium, on its software adapter.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";
import type { Outcome } from "./vitest.ts";

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--enable-unsafe-webgpu",
];
/** Served by the test itself; localhost is a secure context, without which there is no WebGPU. */
const origin = "http://localhost:9";

/** What became of the suites, and what `evidence` of the bundle gave; warnings on the console count as failures. */
export async function inChromium(file: string, progress: (line: string) => void): Promise<Outcome> {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: flags });
  try {
    const page = await browser.newPage();
    const said: string[] = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) said.push(message.text());
    });
    page.on("pageerror", (error) => said.push(String(error)));
    await page.route(`${origin}/**`, (route) =>
      route.request().url().endsWith(".mjs")
        ? route.fulfill({ contentType: "text/javascript", body: readFileSync(file, "utf8") })
        : route.fulfill({ contentType: "text/html", body: '<!doctype html><link rel="icon" href="data:,">' }),
    );
    await page.exposeFunction("progress", progress);
    await page.goto(`${origin}/`);
    const outcome = await page.evaluate<Outcome>(
      `import("${origin}/bundle.mjs").then(({ runAll }) => runAll((line) => globalThis.progress(line)))`,
    );
    return {
      ...outcome,
      failures: [...outcome.failures, ...said.map((message) => ({ name: "the console", message }))],
    };
  } finally {
    await browser.close();
  }
}
