// Uses examples/browser as its users do.
import { join } from "node:path";
import { checkDrawings, drawExamples } from "../browser/drawing.ts";
import { inspect, inspectKeyboard } from "../browser/inspect.ts";
import { views, visit } from "./page.ts";
import type { Scenario } from "./playground.ts";

/** Trained on the samples alone, it knows new drawings; then with drawings of one's own, under another name. */
const training: Scenario = (browser, address) =>
  visit(browser, address, { width: 390, theme: "light" }, async (page) => {
    const trained = () => page.locator("#status").filter({ hasText: "Trained: 100 %" }).waitFor({ timeout: 60_000 });
    await page.click("#train");
    await trained();
    const faults = await checkDrawings(page, 10_000);
    if ((await page.locator("#chart svg path").count()) === 0) faults.push("no curves");
    await drawExamples(page);
    const counts = await page.locator(".kind ul").evaluateAll((lists) => lists.map(({ children }) => children.length));
    if (counts.join() !== "7,7,7") faults.push(`three drawings more of each kind, not ${counts}`);
    await page.fill(".kind:nth-child(1) input", "Ring");
    await page.locator(".kind:nth-child(1) li button").last().click();
    await page.click("#clear");
    await page.click("text=It is Ring");
    await page.locator("#status").filter({ hasText: "Draw something first" }).waitFor();
    await page.click("#train");
    await trained();
    const [first] = await checkDrawings(page, 3000);
    if (!first?.includes("This looks like Ring")) faults.push(`a ring is not called by its new name: ${first}`);
    return faults;
  });

/** What is seen, in each view. */
const looks =
  (pictures: string | undefined): Scenario =>
  async (browser, address) => {
    const faults: string[] = [];
    for (const view of views)
      faults.push(
        ...(await visit(browser, address, view, async (page) => {
          const before = await inspect(page, "body");
          await page.click("#train");
          await page.locator("#train:enabled").waitFor({ timeout: 60_000 });
          const seen = [...before, ...(await inspect(page, "body")), ...(await inspectKeyboard(page, "body"))];
          if (pictures)
            await page.screenshot({ path: join(pictures, `example-${view.width}-${view.theme}.png`), fullPage: true });
          return seen;
        })),
      );
    return faults;
  };

/** By name. @param pictures folder for screenshots. */
export const exampleScenarios = (pictures: string | undefined): Readonly<Record<string, Scenario>> => ({
  training,
  looks: looks(pictures),
});
