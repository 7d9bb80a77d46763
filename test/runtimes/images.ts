import { openChromium, type Pages } from "./browsers.ts";
import { lastLine, run, runtimes } from "./processes.ts";

/** Reads folders of images in Node, Deno and Bun, and pictures of a page in Chromium. Gives what did not hold. */
export async function imagesEverywhere(scratch: string, pages: Pages): Promise<string[]> {
  const faults: string[] = [];
  for (const { name, command } of runtimes) {
    const { stdout } = await run(scratch, [...command, "images-main.mjs"]);
    faults.push(...lastLine<string[]>(stdout).map((fault) => `images in ${name}: ${fault}`));
  }
  const browser = await openChromium();
  try {
    const page = await browser.newPage();
    const answer = pages.posted();
    await page.goto(pages.url("plain", "images.html"));
    const posted = (await answer) as { faults?: string[]; error?: string };
    faults.push(...(posted.faults ?? [String(posted.error)]).map((fault) => `images in Chromium: ${fault}`));
  } finally {
    await browser.close();
  }
  return faults;
}
