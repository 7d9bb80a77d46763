import { readFileSync } from "node:fs";
import { openChromium, type Pages } from "./browsers.ts";
import { lastLine, run, runtimes } from "./processes.ts";

/** Tries the files of aretejs/io in Node, Deno, Bun and a page of Chromium. Gives what did not hold. */
export async function filesEverywhere(scratch: string, pages: Pages): Promise<string[]> {
  const faults: string[] = [];
  for (const { name, command } of runtimes) {
    const { stdout } = await run(scratch, [...command, "files-main.mjs"]);
    faults.push(...lastLine<string[]>(stdout).map((fault) => `files in ${name}: ${fault}`));
  }
  const browser = await openChromium();
  try {
    const page = await browser.newPage();
    const answer = pages.posted();
    const download = page.waitForEvent("download", { timeout: 60_000 });
    await page.goto(pages.url("plain", "files.html"));
    const posted = (await answer) as { faults?: string[]; error?: string };
    faults.push(...(posted.faults ?? [String(posted.error)]).map((fault) => `files in Chromium: ${fault}`));
    if (posted.faults) {
      const saved = await download;
      const bytes = readFileSync(await saved.path());
      if (saved.suggestedFilename() !== "model.keras" || bytes.join() !== "1,2,3")
        faults.push(`files in Chromium: the download is ${saved.suggestedFilename()}, ${bytes.join()}`);
    } else download.catch(() => {});
  } finally {
    await browser.close();
  }
  return faults;
}
