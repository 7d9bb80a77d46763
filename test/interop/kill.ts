/**
 * Kills a process with SIGKILL at a random moment while it saves files, 100 times (or as often as the argument says):
 * whatever the moment, the file is one of those that were saved, whole.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { findHdf5 } from "../../src/io/hdf5/open.ts";
import { openHdf5 } from "../../src/io/hdf5/read.ts";
import { listFiles, readSource } from "../../src/io/stores/files.ts";
import { openZip } from "../../src/io/zip/read.ts";

const times = Number(process.argv[2] ?? 100);
const folder = mkdtempSync(join(tmpdir(), "aretejs-kill-"));
const target = join(folder, "model.keras");

// As one plain script, which starts at once.
const script = `${folder}.mjs`;
const entryPoints = [join(import.meta.dirname, "kill-writer.ts")];
buildSync({ entryPoints, outfile: script, bundle: true, platform: "node", format: "esm" });

/** Which of the two files it is. @throws where it is neither. */
async function check(): Promise<number> {
  const entry = openZip(await readSource(target)).get("model.weights.h5");
  const weights = findHdf5(openHdf5((await entry?.read()) as Uint8Array), "weights");
  const data = weights?.kind === "dataset" ? ((await weights.read()) as Float32Array) : new Float32Array();
  const [first] = data;
  if (data.length !== (first === 1 ? 300_000 : 500_000) || !data.every((value) => value === first))
    throw new Error(`kill: the file is a mixture, ${data.length} values that begin with ${first}`);
  return first as number;
}

let inTheMiddle = 0;
const found = [0, 0];
try {
  for (let i = 0; i < times; i++) {
    const writer = spawn(process.execPath, [script, target]);
    const ended = new Promise((resolve) => writer.on("exit", resolve));
    await new Promise((resolve, reject) => {
      writer.stdout.once("data", resolve);
      writer.once("exit", () => reject(new Error("kill: the writer ended by itself")));
    });
    await new Promise((resolve) => setTimeout(resolve, 40 * Math.random()));
    writer.kill("SIGKILL");
    await ended;
    const file = (await check()) - 1;
    found[file] = (found[file] as number) + 1;
    // What was being written is left under its temporary name, and is not listed.
    const all = readdirSync(folder);
    if (all.length > 1) inTheMiddle++;
    if ((await listFiles(folder)).join() !== "model.keras") throw new Error(`kill: other files are listed: ${all}`);
    for (const name of all) if (name !== "model.keras") rmSync(join(folder, name));
  }
} finally {
  rmSync(folder, { recursive: true });
  rmSync(script);
}
console.log(`${times} kills, ${inTheMiddle} in the middle of writing: always a whole file (${found.join(" and ")})`);
if (inTheMiddle === 0) {
  console.error("kill: no kill came in the middle of writing; nothing was tried.");
  process.exit(1);
}
