/**
 * Packs the package: finds files that were not packed, and files that nobody needs. Run `npm run build` first. What
 * installs it as a user does is test/package.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pack } from "./pack.ts";

const root = new URL("..", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "aretejs-package-"));

/** What the exports of package.json give away, and what that imports in turn. */
const reached = (() => {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    exports: Record<string, string | Record<string, string>>;
  };
  const open = Object.values(exports)
    .flatMap((target) => (typeof target === "string" ? [target] : Object.values(target)))
    .map((target) => target.slice(2));
  const seen = new Set<string>();
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    if (!/\.(js|d\.ts)$/.test(file)) continue;
    const specifiers = [
      ...readFileSync(join(root, file), "utf8").matchAll(/(?:\bfrom|\bimport|\bimport\() ?['"](\.[^'"]+)['"]/g),
    ].map(([, specifier]) => specifier as string);
    for (const specifier of specifiers)
      open.push(join(dirname(file), file.endsWith(".d.ts") ? specifier.replace(/\.(js|ts)$/, ".d.ts") : specifier));
  }
  return seen;
})();

try {
  const { path, size, files } = pack(folder);
  console.log(`${path.split("/").at(-1)}: ${files.length} files, ${(size / 1000).toFixed(0)} kB`);
  const wanted = new Set([...reached, "README.md", "CHANGELOG.md", "LICENSE"]);
  // tsc declares every source file, also those whose types no entry shows.
  const strays = files.filter((file) => !wanted.has(file) && !file.endsWith(".d.ts"));
  const missing = [...wanted].filter((file) => !files.includes(file));
  if (strays.length > 0 || missing.length > 0)
    throw new Error(
      `packed without need: ${strays.join(", ") || "nothing"}; missing: ${missing.join(", ") || "nothing"}`,
    );
} finally {
  rmSync(folder, { recursive: true });
}
