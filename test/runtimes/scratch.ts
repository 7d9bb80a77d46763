import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A user's project: the packed package, installed, and the programs beside it. Gone when the process ends. */
export function makeScratch(): string {
  if (!existsSync(join(root, "dist/index.js"))) throw new Error("test/runtimes: there is no dist/index.js. Run npm run build first.");
  const dir = mkdtempSync(join(tmpdir(), "aretejs-runtimes-"));
  process.on("exit", () => rmSync(dir, { recursive: true, force: true }));
  const npm = (cwd: string, ...args: string[]) => execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const [{ filename }] = JSON.parse(npm(root, "pack", "--json", "--ignore-scripts", "--pack-destination", dir)) as [{ filename: string }];
  writeFileSync(join(dir, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  npm(dir, "install", "--no-audit", "--no-fund", join(dir, filename));
  cpSync(fileURLToPath(new URL("program", import.meta.url)), dir, { recursive: true });
  return dir;
}
