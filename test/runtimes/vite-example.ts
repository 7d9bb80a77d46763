import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect, inspectKeyboard } from "../browser/inspect.ts";
import { openChromium, type Pages } from "./browsers.ts";
import { run } from "./processes.ts";

/** Builds examples/vite with its own Vite, against the packed package, and uses the page as a user does. */
export async function viteExample(
  scratch: string,
  pages: Pages,
): Promise<{ faults: readonly string[]; seconds: number }> {
  const project = join(scratch, "vite-example");
  cpSync(fileURLToPath(new URL("../../examples/vite", import.meta.url)), project, { recursive: true });
  // There aretejs is what is installed, rather than the source of the repository.
  writeFileSync(join(project, "tsconfig.json"), "{}");
  await run(project, [process.execPath, join(project, "node_modules/vite/bin/vite.js"), "build", "--base", "./"]);

  const faults: string[] = [];
  const browser = await openChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) faults.push(`says: ${message.text()}`);
    });
    // tsx names functions with a helper that the page does not have.
    await page.addInitScript("globalThis.__name = (f) => f");
    await page.goto(pages.url("isolated", "vite-example/dist/index.html"));
    const status = async (start: string) => {
      await page.locator("#status").filter({ hasText: start }).waitFor({ timeout: 60_000 });
      return (await page.textContent("#status")) ?? "";
    };
    const curve = () => page.getAttribute("#curve", "d");

    faults.push(...(await inspect(page, "body")), ...(await inspectKeyboard(page, "body")));
    await page.emulateMedia({ colorScheme: "dark" });
    faults.push(...(await inspect(page, "body")));
    await page.evaluate(() => {
      const line = document.querySelector("#curve") as SVGPathElement;
      let count = 0;
      new MutationObserver(() => {
        line.dataset.drawn = String(++count);
      }).observe(line, { attributeFilter: ["d"] });
    });
    const start = performance.now();
    await page.click("#train");
    const trained = await status("Trained");
    const seconds = (performance.now() - start) / 1000;
    const error = Number(/error ([\d.]+)$/.exec(trained)?.[1]);
    // The points are 0.1 at most beside a curve: a mean square of 0.0033.
    if (!(error < 0.01)) faults.push(`the wave is not fitted: ${trained}`);
    const drawn = Number(await page.getAttribute("#curve", "data-drawn"));
    if (!(drawn > 20)) faults.push(`the curve was drawn ${drawn} times while it was learned, not often`);

    await page.selectOption("#shape", "step");
    if (await curve()) faults.push("a curve is left when the points change");
    await page.click("#train");
    await status("epoch");
    await page.click("#stop");
    await status("Stopped");
    if (!(await page.isEnabled("#train"))) faults.push("it cannot train again once it is stopped");
    return { faults: faults.map((fault) => `examples/vite: ${fault}`), seconds };
  } finally {
    await browser.close();
  }
}
