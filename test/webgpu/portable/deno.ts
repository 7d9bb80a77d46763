// Runs bundled suites in Deno, on Mesa's software adapter (lavapipe).
import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Outcome } from "./vitest.ts";

const deno = fileURLToPath(new URL("../node_modules/@deno/linux-x64-glibc/deno", import.meta.url));
const icd = "/usr/share/vulkan/icd.d/lvp_icd.x86_64.json";
/** Begins the line with the outcome. */
const mark = "outcome:";

/** @throws Error where lavapipe is not installed, or Deno ends without an outcome. */
export async function inDeno(file: string, progress: (line: string) => void): Promise<Outcome> {
  if (!existsSync(icd))
    throw new Error(
      `test:webgpu: Deno needs an adapter. Expected ${icd}, found none. Install libvulkan1 and mesa-vulkan-drivers.`,
    );
  const main = file.replace(/\.mjs$/, ".deno.mjs");
  writeFileSync(
    main,
    `import { runAll } from ${JSON.stringify(file)};\nconst outcome = await runAll((line) => console.log(line));\n` +
      `console.log(${JSON.stringify(mark)} + JSON.stringify(outcome));\nDeno.exit(0);\n`,
  );
  const child = spawn(deno, ["run", "--allow-all", "--quiet", main], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NO_COLOR: "1", VK_DRIVER_FILES: icd, VK_ICD_FILENAMES: icd, XDG_RUNTIME_DIR: dirname(file) },
  });
  let [rest, outcome] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith(mark)) outcome = line.slice(mark.length);
      else progress(line);
    }
  });
  const code = await new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
  if (outcome === "") throw new Error(`test:webgpu: Deno must run the suites to their end. It ended with ${code}.`);
  return JSON.parse(outcome) as Outcome;
}
