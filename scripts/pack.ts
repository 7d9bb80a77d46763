import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What `npm pack` made. */
export interface Packed {
  /** The tarball. */
  readonly path: string;
  /** Its bytes. */
  readonly size: number;
  /** What is in it, relative to the package. */
  readonly files: readonly string[];
}

/** Runs a command and gives what it printed. */
export const run = (cwd: string, command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

/** Packs what was built into `dir`. */
export function pack(dir: string): Packed {
  if (!existsSync(join(root, "dist/index.js"))) throw new Error("there is no dist/index.js. Run npm run build first.");
  const [{ filename, size, files }] = JSON.parse(
    run(root, "npm", "pack", "--json", "--ignore-scripts", "--pack-destination", dir),
  ) as [{ filename: string; size: number; files: { path: string }[] }];
  return { path: join(dir, filename), size, files: files.map(({ path }) => path) };
}

/** Packs what was built into `dir`, and installs it there as a user does: the folder becomes a project of its own. */
export function installPacked(dir: string): Packed {
  const packed = pack(dir);
  writeFileSync(join(dir, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  run(dir, "npm", "install", "--no-audit", "--no-fund", packed.path);
  return packed;
}
