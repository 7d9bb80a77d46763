import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Page } from "playwright-core";
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

type Point = readonly [x: number, y: number];
type Stroke = readonly Point[];

/** Three kinds of drawings, with a wobble, so that no two are alike. */
const figures: Readonly<Record<string, (wobble: number) => readonly Stroke[]>> = {
  A: (w) => [
    Array.from(
      { length: 25 },
      (_, i): Point => [140 + (70 + w) * Math.cos(i / 3.8), 140 + w + (75 - w) * Math.sin(i / 3.8)],
    ),
  ],
  B: (w) => [
    [
      [70 + w, 60],
      [205, 215 - w],
    ],
    [
      [205 - w, 65],
      [70, 210 + w],
    ],
  ],
  C: (w) => [
    [
      [135 + w, 50],
      [140, 225 + w],
    ],
  ],
};

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
    for (const wobble of [-12, 0, 12]) {
      for (const [kind, strokes] of Object.entries(figures)) {
        await draw(page, strokes(wobble));
        await page.click(`text=It is ${kind}`);
      }
    }
    await page.evaluate("watch()");
    await page.click("#train");
    await page.waitForFunction(() => document.getElementById("status")?.textContent?.startsWith("Trained"), undefined, {
      timeout: 60_000,
    });
    const { longest, frames, seconds } = await page.evaluate<Omit<Outcome, "faults">>("watched()");
    for (const [kind, strokes] of Object.entries(figures)) {
      await page.click("#clear");
      await draw(page, strokes(6));
      // Each stroke is answered, the last one last.
      const status = page.locator("#status");
      const isRight = await status
        .filter({ hasText: `This looks like ${kind}` })
        .waitFor({ timeout: 5000 })
        .then(
          () => true,
          () => false,
        );
      if (!isRight) faults.push(`examples/browser: a drawing of ${kind}: ${await status.textContent()}`);
      if (screenshot && kind === "B") await page.screenshot({ path: screenshot });
    }
    return { faults, longest, frames, seconds };
  } finally {
    await browser.close();
  }
}

async function draw(page: Page, strokes: readonly Stroke[]): Promise<void> {
  const box = await page.locator("#drawing").boundingBox();
  if (!box) throw new Error("examples/browser: nothing to draw on");
  for (const [[x, y], ...rest] of strokes as readonly [Point, ...Point[]][]) {
    await page.mouse.move(box.x + x, box.y + y);
    await page.mouse.down();
    for (const [x, y] of rest) await page.mouse.move(box.x + x, box.y + y, { steps: 3 });
    await page.mouse.up();
  }
}
