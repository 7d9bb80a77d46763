// examples/browser with the switch on WebGPU, in Debian's Chromium: draws, trains, and looks whether drawings are
// recognized.
import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Page } from "playwright-core";
import { openPage } from "./chromium.ts";

const source = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** Lines to draw for each kind, with a wobble so that no two are alike. */
const figures: Readonly<Record<string, (w: number) => readonly (readonly [number, number])[]>> = {
  A: (w) =>
    Array.from({ length: 25 }, (_, i) => [140 + (70 + w) * Math.cos(i / 3.8), 140 + w + 70 * Math.sin(i / 3.8)]),
  B: (w) => [
    [70 + w, 60],
    [205, 215 - w],
    [205, 60 + w],
  ],
  C: (w) => [
    [135 + w, 50],
    [140, 225 + w],
  ],
};

/** Trains on both backends in turn. Gives the speeds that the page shows, and what went wrong. */
export async function browserExample(folder: string): Promise<{ faults: string[]; speeds: Record<string, string> }> {
  const project = join(folder, "browser-example");
  cpSync(source("examples/browser"), project, { recursive: true });
  await build({
    entryPoints: [join(project, "main.js")],
    outdir: project,
    allowOverwrite: true,
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    alias: { aretejs: source("src/index.ts"), "aretejs/webgpu": source("src/backends/webgpu/index.ts") },
    logLevel: "error",
  });
  return openPage(project, "index.html", async (page, said) => {
    for (const wobble of [-12, 0, 12]) {
      for (const [kind, points] of Object.entries(figures)) {
        await draw(page, points(wobble));
        await page.click(`text=It is ${kind}`);
      }
    }
    const faults: string[] = [];
    const speeds: Record<string, string> = {};
    for (const backend of ["wasm", "webgpu"]) {
      await page.check(`input[value=${backend}]`);
      await page.click("#train");
      await page.locator("#train:enabled").waitFor({ timeout: 120_000 });
      speeds[backend] = (await page.locator(`#${backend}-speed`).textContent()) ?? "";
      if (!/^[1-9]\d* steps\/s$/.test(speeds[backend])) faults.push(`${backend}: ${speeds[backend]}`);
      for (const [kind, points] of Object.entries(figures)) {
        await page.click("#clear");
        await draw(page, points(6));
        const status = page.locator("#status");
        const isRight = await status
          .filter({ hasText: `This looks like ${kind}` })
          .waitFor({ timeout: 10_000 })
          .then(
            () => true,
            () => false,
          );
        if (!isRight) faults.push(`${backend}: a drawing of ${kind}: ${await status.textContent()}`);
      }
    }
    return { faults: [...faults, ...said], speeds };
  });
}

async function draw(page: Page, [first, ...rest]: readonly (readonly [number, number])[]): Promise<void> {
  const box = await page.locator("#drawing").boundingBox();
  if (!box || !first) throw new Error("examples/browser: nothing to draw on");
  await page.mouse.move(box.x + first[0], box.y + first[1]);
  await page.mouse.down();
  for (const [x, y] of rest) await page.mouse.move(box.x + x, box.y + y, { steps: 3 });
  await page.mouse.up();
}
