/**
 * Pictures of the built site and its playground for README and docs/: writes docs/screenshots/*.png, with at most 256
 * colours each. Run `npm run docs:build` first; Debian's chromium must be there.
 *
 *     npm run screenshots --prefix site
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright-core";
import sharp from "sharp";
import { chromiumFlags } from "../test/browser/chromium-flags.ts";
import { serve } from "../test/playground/server.ts";

const folder = fileURLToPath(new URL("../docs/screenshots/", import.meta.url));

interface Screenshot {
  readonly path: string;
  /** Of the window, in CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly colorScheme: "light" | "dark";
  /** Of the picture. */
  readonly pixels: number;
  /** What is done before the picture is taken. */
  readonly use?: (page: Page) => Promise<void>;
}

/** Trains until the page has counted so many epochs, and pauses. */
const trainFor = (least: number) => async (page: Page) => {
  const play = page.locator("button[name=play]:enabled");
  await play.click({ timeout: 60_000 });
  await page.waitForFunction(
    (count) =>
      Number.parseInt(document.querySelector("output[name=epoch]")?.textContent?.replace(",", "") ?? "", 10) >= count,
    least,
    { timeout: 120_000 },
  );
  await play.click();
  await page.locator(".pg-status").filter({ hasText: "Paused after" }).waitFor();
};

const screenshots: Readonly<Record<string, Screenshot>> = {
  playground: {
    path: "playground#data=spiral&layers=8-8-8&activation=relu&initializer=heNormal&rate=0.01&speed=medium",
    width: 1280,
    height: 900,
    colorScheme: "light",
    pixels: 1120,
    use: trainFor(400),
  },
  "playground-phone": {
    path: "playground#data=xor&layers=8-8-8-8-8-8&activation=sigmoid&optimizer=sgd&rate=0.1&speed=medium",
    width: 390,
    height: 844,
    colorScheme: "dark",
    pixels: 390,
    use: async (page) => {
      await trainFor(60)(page);
      await page.locator(".pg-findings").scrollIntoViewIfNeeded();
    },
  },
  guide: {
    path: "deep-networks#_2-initialization-that-fits-the-activation",
    width: 1280,
    height: 900,
    colorScheme: "dark",
    pixels: 1120,
  },
};

const { origin, close } = await serve(fileURLToPath(new URL(".vitepress/dist", import.meta.url)));
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: [...chromiumFlags] });
mkdirSync(folder, { recursive: true });
for (const [name, { path, width, height, colorScheme, pixels, use }] of Object.entries(screenshots)) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
  // tsx keeps the names of functions by a helper that pages do not have.
  await page.addInitScript("globalThis.__name = (f) => f");
  await page.goto(`${origin}/${path}`, { waitUntil: "networkidle" });
  await use?.(page);
  // What is scrolled to is painted by then.
  await page.waitForTimeout(1000);
  const png = await sharp(await page.screenshot())
    .resize(pixels)
    .png({ palette: true, colours: 256, effort: 10 })
    .toBuffer();
  writeFileSync(`${folder}${name}.png`, png);
  console.log(`docs/screenshots/${name}.png: ${Math.ceil(png.length / 1000)} kB`);
  await page.close();
}
await browser.close();
close();
