/**
 * Packs the package and installs it into an empty project, as a user does: finds files that were not packed, and files
 * that nobody needs. Run `npm run build` first.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { installPacked } from "./pack.ts";

const root = new URL("..", import.meta.url).pathname;
const project = mkdtempSync(join(tmpdir(), "aretejs-package-"));
// What a command prints is shown where it fails: tsc complains on its standard output.
process.on("uncaughtException", (error: Error & { stdout?: string }) => {
  console.error(error.stdout ?? "", error.message);
  process.exit(1);
});

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
  const { path, size, files } = installPacked(project);
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
  rmSync(project, { recursive: true });
}
