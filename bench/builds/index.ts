/**
 * What relaxed SIMD gains: the networks of the native race on the default and on the relaxed build in turn, on one
 * thread, in Node 20 (with its flag), 22 and 24, Chromium and Firefox.
 *
 *     npm run bench:builds [-- --json] [--filter TEXT] [--engines TEXT,TEXT] [--write]
 *
 * `--json` prints one object a line. `--filter` takes the networks whose name has the text, `--engines` the engines.
 * `--write` puts the table into docs/performance.md.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { inChromium, inFirefox, Pages, type Posted } from "../../test/runtimes/browsers.ts";
import { lastLine, run } from "../../test/runtimes/processes.ts";
import { brief } from "../options.ts";
import { checkSection, machine, writeSection } from "../page.ts";
import { rooflineBytes } from "../roofline.ts";
import type { Row } from "./program.ts";

const section = "bench:builds";
/** Rows with fewer undisturbed rounds say nothing. */
const fewestRounds = 3;
/** An engine has so many seconds for all rows. */
const seconds = 900;

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    filter: { type: "string", default: "" },
    engines: { type: "string", default: "" },
    write: { type: "boolean", default: false },
  },
});
if (options.write) checkSection(section);

interface Result {
  readonly version: string;
  readonly rows: readonly Row[];
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "aretejs-builds-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const call = `compareBuilds(Uint8Array.from(atob(${JSON.stringify((await rooflineBytes("simd")).toString("base64"))}), (c) => c.charCodeAt(0)), ${JSON.stringify(options.filter)})`;
await build({
  entryPoints: [here("program.ts")],
  outfile: join(folder, "program.mjs"),
  bundle: true,
  format: "esm",
  target: "es2022",
  external: ["node:*"],
  logLevel: "error",
});
writeFileSync(
  join(folder, "node.mjs"),
  `import { compareBuilds } from "./program.mjs";
console.log(JSON.stringify({ version: process.versions.node, rows: await ${call} }));`,
);
writeFileSync(
  join(folder, "page.html"),
  `<!doctype html><meta charset="utf-8"><title>builds</title><script type="module">
import { compareBuilds } from "./program.mjs";
const answer = await ${call}.then((rows) => ({ rows }), (error) => ({ error: String(error) }));
await fetch("./", { method: "POST", body: JSON.stringify(answer) });
</script>`,
);

const installed = (name: string) => here(`../../test/runtimes/node_modules/${name}/bin/node`);
const inNode =
  (...command: string[]) =>
  async (): Promise<Result> =>
    lastLine((await run(folder, [...command, "node.mjs"], seconds)).stdout);

const pages = new Pages(folder);
await pages.open();
const inBrowser = (open: typeof inChromium) => async (): Promise<Result> => {
  const { version, posted } = await open(pages, [["isolated", 1]], seconds);
  const [{ error, rows } = {}] = posted as (Posted & { rows?: Row[] })[];
  if (!rows) throw new Error(error);
  return { version, rows };
};

const engines: Readonly<Record<string, () => Promise<Result>>> = {
  "Node 20, with its flag": inNode(process.execPath, "--experimental-wasm-relaxed-simd"),
  "Node 22": inNode(installed("n22")),
  "Node 24": inNode(installed("n24")),
  Chromium: inBrowser(inChromium),
  Firefox: inBrowser(inFirefox),
};
const results = new Map<string, Result>();
for (const [name, measure] of Object.entries(engines)) {
  if (!options.engines.split(",").some((text) => name.includes(text))) continue;
  try {
    const result = await measure();
    results.set(name, result);
    for (const row of result.rows) {
      if (row.rounds < fewestRounds) {
        console.error(`${name}, ${row.race}: other work slowed the machine down in ${row.dropped} rounds.`);
        process.exitCode = 1;
        continue;
      }
      console.log(
        options.json
          ? JSON.stringify({ engine: name, version: result.version, ...row })
          : `${name} (${result.version}), ${row.race}: ${row.ms.map(brief).join(" and ")} ms, ratio ${brief(row.ratio)}; ${row.rounds} rounds, ${row.dropped} left out`,
      );
    }
  } catch (error) {
    // One engine that fails must not cost the others.
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
pages.close();
if (options.write) {
  const races = [...new Set([...results.values()].flatMap(({ rows }) => rows.map(({ race }) => race)))];
  writeSection(section, [
    `${machine()} one thread.`,
    "",
    `| network | ${[...results].map(([name, { version }]) => `${name} (${version})`).join(" | ")} |`,
    `|---|${"---|".repeat(results.size)}`,
    ...races.map((race) => {
      const cells = [...results.values()].map(({ rows }) => {
        const row = rows.find((each) => each.race === race);
        return row && row.rounds >= fewestRounds ? `**${brief(row.ratio)}** (${brief(row.ms[0])} ms)` : "–";
      });
      return `| ${race} | ${cells.join(" | ")} |`;
    }),
  ]);
}
