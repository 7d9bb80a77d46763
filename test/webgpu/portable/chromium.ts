// Pages of Debian's Chromium with its software adapter, and bundled suites in one.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { chromiumFlags } from "../../browser/chromium-flags.ts";
import type { Outcome } from "./vitest.ts";

/** With the software adapter. */
const flags = [...chromiumFlags, "--enable-unsafe-webgpu"];
/** Answered by the test itself; localhost is a secure context, without which there is no WebGPU. */
const origin = "http://localhost:9";
const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
};
const emptyPage = '<!doctype html><link rel="icon" href="data:,">';

/**
 * Opens a page with the files of a folder. `said` gets the page's errors, and warnings and errors on its console.
 */
export async function openPage<T>(
  folder: string,
  path: string,
  use: (page: Page, said: readonly string[]) => Promise<T>,
): Promise<T> {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: flags });
  try {
    const page = await browser.newPage({ viewport: { width: 820, height: 640 } });
    const said: string[] = [];
    page.on("pageerror", (error) => said.push(String(error)));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) said.push(message.text());
    });
    await page.route(`${origin}/**`, (route) => {
      const file = join(folder, new URL(route.request().url()).pathname);
      const contentType = types[extname(file)] ?? "text/html";
      return route.fulfill({ contentType, body: existsSync(file) && extname(file) ? readFileSync(file) : emptyPage });
    });
    await page.goto(`${origin}/${path}`);
    return await use(page, said);
  } finally {
    await browser.close();
  }
}

/** What became of the suites; what the page says on the console counts as a failure. */
export const inChromium = (file: string, progress: (line: string) => void): Promise<Outcome> =>
  inPage(
    file,
    progress,
    `import("./${basename(file)}").then(({ runAll }) => runAll((line) => globalThis.progress(line)))`,
  );

/** As {@link inChromium}, in a worker of the page. */
export function inWorker(file: string, progress: (line: string) => void): Promise<Outcome> {
  writeFileSync(
    join(dirname(file), "worker.mjs"),
    `import { runAll } from "./${basename(file)}";
postMessage({ outcome: await runAll((line) => postMessage({ line })) });`,
  );
  return inPage(
    file,
    progress,
    `new Promise((resolve, reject) => {
       const worker = new Worker("./worker.mjs", { type: "module" });
       worker.onerror = ({ message }) => reject(new Error(message || "the worker did not start"));
       worker.onmessage = ({ data: { line, outcome } }) => (outcome ? resolve(outcome) : globalThis.progress(line));
     })`,
  );
}

/** @param run an expression of the page, with the folder of `file` as its own. */
function inPage(file: string, progress: (line: string) => void, run: string): Promise<Outcome> {
  return openPage(dirname(file), "", async (page, said) => {
    await page.exposeFunction("progress", progress);
    const outcome = await page.evaluate<Outcome>(run);
    const failures = said.map((message) => ({ name: "the console", message }));
    return { ...outcome, failures: [...outcome.failures, ...failures] };
  });
}
