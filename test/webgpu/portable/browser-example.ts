// examples/browser with the switch on WebGPU, in Debian's Chromium: draws, trains, and looks whether drawings are
// recognized.
import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { checkDrawings, drawExamples } from "../../browser/drawing.ts";
import { openPage } from "./chromium.ts";

const source = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

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
    alias: {
      aretejs: source("src/index.ts"),
      "aretejs/plot": source("src/plot/index.ts"),
      "aretejs/webgpu": source("src/backends/webgpu/index.ts"),
    },
    logLevel: "error",
  });
  return openPage(project, "index.html", async (page, said) => {
    await drawExamples(page);
    const faults: string[] = [];
    const speeds: Record<string, string> = {};
    for (const backend of ["wasm", "webgpu"]) {
      await page.check(`input[value=${backend}]`);
      await page.click("#train");
      await page.locator("#train:enabled").waitFor({ timeout: 120_000 });
      speeds[backend] = (await page.locator(`#${backend}-speed`).textContent()) ?? "";
      if (!/^[1-9]\d* steps\/s$/.test(speeds[backend])) faults.push(`${backend}: ${speeds[backend]}`);
      for (const fault of await checkDrawings(page, 10_000)) faults.push(`${backend}: ${fault}`);
    }
    return { faults: [...faults, ...said], speeds };
  });
}
