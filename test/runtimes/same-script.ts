import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run, runtimes } from "./processes.ts";

/** Runs examples/22-any-runtime.js as it is in each runtime: it must print what its first lines say. */
export async function sameScript(scratch: string): Promise<string[]> {
  const script = readFileSync(fileURLToPath(new URL("../../examples/22-any-runtime.js", import.meta.url)), "utf8");
  const printed = [...(script.split("*/")[0] ?? "").matchAll(/^ \* {5}(.*)$/gm)]
    .map(([, line = ""]) => line)
    .filter((line) => !/^(node|deno|bun) /.test(line));
  const folder = join(scratch, "any-runtime");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "script.js"), script);
  const faults: string[] = [];
  for (const { name, command } of runtimes) {
    const { stdout } = await run(folder, [...command, "script.js"]);
    if (printed.length !== 3 || stdout.trim() !== printed.join("\n"))
      faults.push(`examples/22-any-runtime.js in ${name} printed, rather than what it says:\n${stdout.trim()}`);
  }
  return faults;
}
