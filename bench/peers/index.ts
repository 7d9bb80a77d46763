/**
 * The race: the same work in this library and in its rivals, in one process, checked to agree before it is timed, both
 * sides in turn. Rounds in which other work slowed the machine down are left out (../witness.ts).
 *
 *     npm run bench:peers [-- --json] [--filter TEXT] [--write]
 *
 * `--json` prints one object a line: {"suite","case","ours","peer","peerName","unit","ratio"}, where a ratio above 1
 * means that ours is better. `--filter` takes the rows that have the text in suite, case or rival's name. `--write`
 * puts the table and the charts into docs/. The rivals are packages of bench/peers alone; they are installed on first
 * use.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Contest, Measured } from "./contest.ts";
import { checkPage, row, writeReport } from "./report.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Installs what the lock says unless just that is there. */
function install(): void {
  const { dependencies } = JSON.parse(readFileSync(`${here}package.json`, "utf8")) as {
    dependencies: Record<string, string>;
  };
  const isThere = Object.entries(dependencies).every(([name, version]) => {
    const path = `${here}node_modules/${name}/package.json`;
    return existsSync(path) && (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version === version;
  });
  if (!isThere)
    execFileSync("npm", ["ci", "--prefix", here, "--no-audit", "--no-fund"], {
      stdio: ["ignore", "ignore", "inherit"],
    });
}

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    filter: { type: "string", default: "" },
    write: { type: "boolean", default: false },
  },
});
// tfjs advertises its native package on the console; a line that is no JSON would break `--json`.
console.warn = () => {};
if (options.write) {
  if (options.filter !== "") throw new Error("bench/peers: --write needs all rows. Leave --filter out.");
  checkPage();
}
install();
const { hold } = await import("./contest.ts");
const { Witness } = await import("../witness.ts");
const { contests } = await import("./rows/index.ts");
const chosen = contests.filter(({ suite, case: name, peerName }) =>
  `${suite} ${name} ${peerName}`.includes(options.filter),
);
if (chosen.length === 0) throw new Error(`bench/peers: no row has "${options.filter}" in suite, case or rival's name.`);

const measured: { contest: Contest; measured: Measured }[] = [];
let failures = 0;
const witness = await Witness.create(1);
for (const contest of chosen) {
  try {
    const result = await hold(contest, { witness });
    measured.push({ contest, measured: result });
    console.log(options.json ? JSON.stringify(result.result) : row(contest, result));
  } catch (error) {
    // One row that fails must not cost the others.
    failures++;
    console.error(
      `${contest.suite} ${contest.case} ${contest.peerName}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
await witness.close();
if (options.write) writeReport(measured);
process.exitCode = failures > 0 ? 1 : 0;
