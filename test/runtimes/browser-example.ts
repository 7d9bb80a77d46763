import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { checkDrawings, drawExamples } from "../browser/drawing.ts";
import { openChromium, type Pages } from "./browsers.ts";

/** What happened in examples/browser. */
export interface Outcome {
  readonly faults: readonly string[];
  /** Milliseconds of the longest task of the page from the first click on. */
  readonly longest: number;
  /** Frames that the browser painted while it trained, and how long that took. */
  readonly frames: number;
  readonly seconds: number;
}

/**
 * Draws, clicks and trains as a user does, in Chromium, and looks whether new drawings are recognized and the page
 * stays alive.
 */
export async function browserExample(scratch: string, pages: Pages, screenshot?: string): Promise<Outcome> {
  const project = join(scratch, "browser-example");
  cpSync(fileURLToPath(new URL("../../examples/browser", import.meta.url)), project, { recursive: true });
  await build({
    entryPoints: [join(project, "main.js")],
    outdir: join(project, "bundled"),
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    logLevel: "error",
  });
  rmSync(join(project, "main.js"));
  cpSync(join(project, "bundled"), project, { recursive: true });

  const browser = await openChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 820, height: 540 } });
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(`examples/browser: ${error}`));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) faults.push(`examples/browser says: ${message.text()}`);
    });
    await page.addInitScript({ path: fileURLToPath(new URL("program/watch.js", import.meta.url)) });
    await page.goto(pages.url("isolated", "browser-example/index.html"));
    await drawExamples(page);
    await page.evaluate("watch()");
    await page.click("#train");
    await page.waitForFunction(() => document.getElementById("status")?.textContent?.startsWith("Trained"), undefined, {
      timeout: 60_000,
    });
    const { longest, frames, seconds } = await page.evaluate<Omit<Outcome, "faults">>("watched()");
    const wrong = await checkDrawings(page, 5000, async (kind) => {
      if (screenshot && kind === "Cross") await page.screenshot({ path: screenshot });
    });
    faults.push(...wrong.map((fault) => `examples/browser: ${fault}`));
    return { faults, longest, frames, seconds };
  } finally {
    await browser.close();
  }
}
