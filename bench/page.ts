// Writes what benchmarks measured into pages of docs/, between two marks per benchmark.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** @throws Error where the page does not have the marks of the section. */
export function checkSection(name: string, page?: string): void {
  partsOf(name, page);
}

/** Puts lines between the marks of a section, in place of what is there. @param page of docs/. */
export function writeSection(name: string, lines: readonly string[], page?: string): void {
  const { file, before, after } = partsOf(name, page);
  writeFileSync(file, [before, "", ...lines, "", after].join("\n"));
}

/** The page up to and with the first mark, and from the second one. */
function partsOf(name: string, page = "performance.md"): { file: string; before: string; after: string } {
  const file = `${root}docs/${page}`;
  const text = readFileSync(file, "utf8");
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [start, end] = [text.indexOf(open), text.indexOf(close)];
  if (start < 0 || end < start)
    throw new Error(`bench: ${file} must have the marks ${open} and ${close}, in this order.`);
  return { file, before: text.slice(0, start + open.length), after: text.slice(end) };
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
