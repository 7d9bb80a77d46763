// Writes what benchmarks measured into docs/performance.md, between two marks per benchmark.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = `${root}docs/performance.md`;

/** @throws Error where the page does not have the marks of the section. */
export function checkSection(name: string): void {
  partsOf(name);
}

/** Puts lines between the marks of a section, in place of what is there. */
export function writeSection(name: string, lines: readonly string[]): void {
  const [before, after] = partsOf(name);
  writeFileSync(page, [before, "", ...lines, "", after].join("\n"));
}

/** The page up to and with the first mark, and from the second one. */
function partsOf(name: string): [before: string, after: string] {
  const text = readFileSync(page, "utf8");
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [start, end] = [text.indexOf(open), text.indexOf(close)];
  if (start < 0 || end < start)
    throw new Error(`bench: ${page} must have the marks ${open} and ${close}, in this order.`);
  return [text.slice(0, start + open.length), text.slice(end)];
}

/** Commit, processors and versions of this measurement. */
export function machine(): string {
  const git = (...args: string[]) => execFileSync("git", ["-C", root, ...args], { encoding: "utf8" }).trim();
  const isChanged = git("status", "--porcelain", "--", "src", "assembly", "bench", "scripts") !== "";
  const processors = cpus();
  return [
    `Measured at commit ${git("rev-parse", "--short", "HEAD")}${isChanged ? " with changes" : ""} on ${processors.length} × ${processors[0]?.model ?? "?"},`,
    `${process.platform} ${process.arch}, Node ${process.versions.node} (V8 ${process.versions.v8}),`,
  ].join("\n");
}
