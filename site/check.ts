/**
 * The built site in Chromium: every guide and some pages of the reference, at 1280 and 390 px, light and dark. No error on
 * the console, no request to elsewhere, no page wider than the window, text of contrast 4.5 or more, and every link and
 * button reached with the Tab key. Run `npm run docs:build` first; Debian's chromium must be there.
 *
 *     npm run check --prefix site [-- --shots DIR]
 */
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright-core";
import { chromiumFlags } from "../test/browser/chromium-flags.ts";

const dist = fileURLToPath(new URL(".vitepress/dist", import.meta.url));
const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
};

/** Serves the site as hosts do: a path without an ending is a page. */
const server = createServer((request, response) => {
  const path = new URL(request.url ?? "/", "http://localhost").pathname.replace(/\/$/, "/index");
  const file = join(dist, extname(path) ? path : `${path}.html`);
  try {
    response
      .writeHead(200, { "Content-Type": types[extname(file)] ?? "application/octet-stream" })
      .end(readFileSync(file));
  } catch {
    response.writeHead(404).end();
  }
});

/** Texts whose contrast with what is behind them is below 4.5 (3 for large ones), as CSS computes them. */
function lowContrast(): string[] {
  type Colour = [red: number, green: number, blue: number, alpha: number];
  const parse = (text: string): Colour => {
    const [r = 0, g = 0, b = 0, a = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
    return [r, g, b, a];
  };
  const over = ([r, g, b, a]: Colour, under: Colour): Colour => [
    r * a + under[0] * (1 - a),
    g * a + under[1] * (1 - a),
    b * a + under[2] * (1 - a),
    1,
  ];
  const background = (element: Element | null): Colour => {
    if (element === null) return [255, 255, 255, 1];
    const colour = parse(getComputedStyle(element).backgroundColor);
    return colour[3] >= 1 ? colour : over(colour, background(element.parentElement));
  };
  const luminance = ([r, g, b]: Colour) => {
    const [x = 0, y = 0, z = 0] = [r, g, b].map((v) =>
      v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const found = new Set<string>();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.textContent?.trim();
    if (!text || !element || element.closest("svg,script,style,[disabled]")) continue;
    const style = getComputedStyle(element);
    if (
      !element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) ||
      style.backgroundClip === "text"
    )
      continue;
    const behind = background(element);
    const [a, b] = [luminance(over(parse(style.color), behind)), luminance(behind)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = Number.parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (contrast < (isLarge ? 3 : 4.5))
      found.add(
        `${contrast.toFixed(2)} of "${text.slice(0, 30)}" (${element.tagName}.${element.className}, ${style.color})`,
      );
  }
  return [...found];
}

/** The links, buttons and fields that the Tab key does not reach, by what they say. */
async function unreached(page: Page): Promise<string[]> {
  const count = await page.evaluate(() => {
    const all = [...document.querySelectorAll<HTMLElement>("a[href], button, input, select, textarea")].filter(
      (element) =>
        element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
        !element.hasAttribute("disabled"),
    );
    for (const element of all) element.dataset.unreached = "";
    document.addEventListener("focusin", ({ target }) => delete (target as HTMLElement).dataset.unreached);
    (document.activeElement as HTMLElement | null)?.blur();
    return all.length;
  });
  // Twice round: the first press may begin anywhere.
  for (let i = 0; i < 2 * count + 20; i++) await page.keyboard.press("Tab");
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("[data-unreached]")].map(
      (element) => `${element.tagName} "${(element.textContent || element.ariaLabel || "").trim().slice(0, 30)}"`,
    ),
  );
}

const shots = process.argv.includes("--shots") ? process.argv[process.argv.indexOf("--shots") + 1] : undefined;
const guides = readdirSync(dist)
  .filter((name) => name.endsWith(".html") && name !== "404.html" && name !== "playground.html")
  .map((name) => name.replace(".html", "").replace("index", ""));
const pages = [...guides, "reference/", "reference/layers/functions/dense", "reference/aretejs/classes/Model"];

await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: [...chromiumFlags] });
const faults = new Set<string>();
for (const [width, scheme] of [
  [1280, "light"],
  [390, "light"],
  [1280, "dark"],
  [390, "dark"],
] as const) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme });
  const page = await context.newPage();
  // tsx keeps the names of functions by a helper that pages do not have.
  await page.addInitScript("globalThis.__name = (f) => f");
  let path = "";
  const fault = (what: string) => faults.add(`/${path} at ${width} px, ${scheme}: ${what}`);
  page.on("console", (message) => message.type() === "error" && fault(`console: ${message.text()}`));
  page.on("pageerror", (error) => fault(`error: ${error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith("data:")) fault(`asks ${request.url()}`);
  });
  for (path of pages) {
    await page.goto(`${origin}/${path}`, { waitUntil: "networkidle" });
    const extra = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (extra > 0) fault(`is ${extra} px wider than the window`);
    for (const low of await page.evaluate(lowContrast)) fault(`contrast ${low}`);
    if (shots)
      await page.screenshot({ path: join(shots, `${path.replaceAll("/", "-") || "index"}-${width}-${scheme}.png`) });
    if (scheme === "light" && ["", "start", "reference/layers/functions/dense"].includes(path))
      for (const element of await unreached(page)) fault(`the Tab key does not reach ${element}`);
  }
  await context.close();
}
await browser.close();
server.closeAllConnections();
server.close();
for (const fault of faults) console.error(`FAILED  ${fault}`);
console.log(`${pages.length} pages in two widths and two schemes; ${faults.size} faults`);
process.exit(faults.size > 0 ? 1 : 0);
