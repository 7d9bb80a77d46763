import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installPacked } from "../../scripts/pack.ts";

/** A user's project: the packed package, installed, and the programs beside it. Gone when the process ends. */
export function makeScratch(): string {
  const dir = mkdtempSync(join(tmpdir(), "aretejs-runtimes-"));
  process.on("exit", () => rmSync(dir, { recursive: true, force: true }));
  installPacked(dir);
  cpSync(fileURLToPath(new URL("program", import.meta.url)), dir, { recursive: true });
  return dir;
}
