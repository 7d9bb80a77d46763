/**
 * The built site in Chromium: every guide and some pages of the reference, at 1280 and 390 px, light and dark. No error on
 * the console, no request to elsewhere, and of what is shown (`test/browser/inspect.ts`) width, contrast and names; on some
 * pages also the Tab key: it reaches every control, and where it is shows. Run `npm run docs:build` first; Debian's chromium must be there.
 *
 *     npm run check --prefix site [-- --shots DIR]
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { chromiumFlags } from "../test/browser/chromium-flags.ts";
import { inspect, inspectKeyboard } from "../test/browser/inspect.ts";
import { serve } from "../test/playground/server.ts";

const dist = fileURLToPath(new URL(".vitepress/dist", import.meta.url));
const shots = process.argv.includes("--shots") ? process.argv[process.argv.indexOf("--shots") + 1] : undefined;
const guides = readdirSync(dist)
  .filter((name) => name.endsWith(".html") && name !== "404.html" && name !== "playground.html")
  .map((name) => name.replace(".html", "").replace("index", ""));
const pages = [...guides, "reference/", "reference/layers/functions/dense", "reference/aretejs/classes/Model"];

const { origin, close } = await serve(dist);
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
    for (const what of await inspect(page, "body")) fault(what);
    if (shots)
      await page.screenshot({ path: join(shots, `${path.replaceAll("/", "-") || "index"}-${width}-${scheme}.png`) });
    if (scheme === "light" && ["", "start", "reference/layers/functions/dense"].includes(path))
      for (const what of await inspectKeyboard(page, "body")) fault(what);
  }
  await context.close();
}
await browser.close();
close();
for (const fault of faults) console.error(`FAILED  ${fault}`);
console.log(`${pages.length} pages in two widths and two schemes; ${faults.size} faults`);
process.exit(faults.size > 0 ? 1 : 0);
