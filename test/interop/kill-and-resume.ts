/**
 * Kills training runs with SIGKILL at random moments, four times (or as often as the argument says), and resumes them,
 * until they end: the weights must be those of runs that were left alone. For every optimizer.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { optimizerNames } from "../../src/optim/optimizers.ts";

const times = Number(process.argv[2] ?? 4);
const directory = mkdtempSync(join(tmpdir(), "aretejs-kill-"));

// As plain scripts, which start at once.
const outdir = join(directory, "trainer");
const script = join(outdir, "kill-trainer.mjs");
buildSync({
  entryPoints: [join(import.meta.dirname, "kill-trainer.ts")],
  outdir,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
});

/** Runs the child; kills it so many milliseconds after training has begun. Gives the hash, where it got that far. */
function runChild(name: string, file: string, killAfter?: number): Promise<string | undefined> {
  const child = spawn(process.execPath, [script, name, file], { stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (part) => {
      text += part;
      if (killAfter !== undefined && text === "begun\n") setTimeout(() => child.kill("SIGKILL"), killAfter);
    });
    child.on("close", (code, signal) => {
      if (code !== 0 && signal !== "SIGKILL") reject(new Error(`the child ended with ${code}`));
      resolve(/hash (\w+)/.exec(text)?.[1]);
    });
  });
}

async function check(name: string): Promise<boolean> {
  const start = performance.now();
  const expected = await runChild(name, join(directory, `${name}.safetensors`));
  // The start of the process included: half of it is within training.
  const half = (performance.now() - start) / 2;
  const file = join(directory, `${name}-killed.safetensors`);
  let kills = 0;
  let found: string | undefined;
  while (!found) {
    found = await runChild(name, file, kills < times ? 5 + half * Math.random() : undefined);
    if (!found) kills++;
    else if (kills === 0) {
      // It was faster this time.
      rmSync(file);
      found = undefined;
    }
  }
  const isEqual = found === expected && kills > 0 && existsSync(file);
  console.log(`${isEqual ? "equal" : "DIFFERENT"} after ${kills} kills: ${name}`);
  return isEqual;
}

let failures = 0;
try {
  for (const name of Object.keys(optimizerNames.known)) if (!(await check(name))) failures++;
} finally {
  rmSync(directory, { recursive: true });
}
console.log(failures === 0 ? "all equal" : `${failures} different`);
process.exitCode = failures === 0 ? 0 : 1;
