// Runs the rows in a process that has an adapter; index.ts starts it, and is told how far it is.
import { hold, type Result } from "../peers/contest.ts";
import { row } from "../peers/report.ts";
import { hostWork } from "./host-work.ts";
import { adapterInfo, isSoftware } from "./limits.ts";
import type { Message } from "./messages.ts";
import { products } from "./products.ts";
import { steps } from "./steps.ts";

const {
  json,
  filter,
  first = 0,
  peers,
  suites,
  seconds = Number.POSITIVE_INFINITY,
} = JSON.parse(process.env.BENCH_OPTIONS ?? "{}") as {
  json: boolean;
  filter: string;
  /** The number of the row to begin with. */
  first?: number;
  /** Where given, only rows against these. */
  peers?: readonly string[];
  /** Where given, only rows of these. */
  suites?: readonly string[];
  /** After these no other row begins. */
  seconds?: number;
};
// tfjs advertises its native package on the console; a line that is no JSON would break `--json`.
console.warn = () => {};
const say = (text: string) => {
  if (!json) console.log(text);
};
// Where index.ts has not started it, nobody listens; where that has ended, nobody waits for a row.
const tell = (message: Message) => process.send?.(message);
let under = "starting";
process.on("disconnect", () => process.exit(1));
process.on("SIGTERM", () => {
  console.error(`${under}: ended here; this row and those after it have no result.`);
  process.exit(124);
});

interface Row {
  readonly name: string;
  readonly suite: string;
  readonly peerName?: string;
  /** What was measured, each with a line for the terminal. */
  measure(stage: (what: string) => void): Promise<{ result: Result; text: string; distance?: number }[]>;
}

const rows: readonly Row[] = [
  ...[...products, ...steps].map((contest) => ({
    name: `${contest.suite} ${contest.case} ${contest.peerName}`,
    suite: contest.suite,
    peerName: contest.peerName,
    measure: async (stage: (what: string) => void) => {
      const measured = await hold(contest, { stage });
      return [{ ...measured, text: row(contest, measured) }];
    },
  })),
  ...hostWork.map(({ name, measure }) => ({
    name,
    suite: "host",
    measure: async (stage: (what: string) => void) => {
      stage("counting and timing");
      return (await measure()).map(({ result, note }) => ({ result, text: note }));
    },
  })),
];

if (first === 0) say(`adapter: ${adapterInfo}${isSoftware ? " (software)" : ""}, Node ${process.versions.node}`);
tell({ kind: "adapter", text: adapterInfo });
let failures = 0;
const left: string[] = [];
for (const [index, { name, suite, peerName, measure }] of rows.entries()) {
  const isWanted =
    name.includes(filter) &&
    (!peers || peerName === undefined || peers.includes(peerName)) &&
    (!suites || suites.includes(suite));
  if (index < first || !isWanted) continue;
  if (performance.now() > 1000 * seconds) {
    left.push(name);
    continue;
  }
  try {
    const measured = await measure((what) => {
      under = `${name}: ${what}`;
      tell({ kind: "stage", row: index, name, what });
    });
    for (const { result, text, distance } of measured) {
      console.log(json ? JSON.stringify(result) : text);
      tell({ kind: "result", result, distance });
    }
  } catch (error) {
    // One row that fails must not cost the others.
    failures++;
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
if (left.length > 0) console.error(`left out, since ${seconds} s were over: ${left.join("; ")}`);
// Dawn keeps the process alive; what was told must be gone before it ends.
if (process.send) process.send({ kind: "end", failures } satisfies Message, () => process.exit(failures > 0 ? 1 : 0));
else process.exit(failures > 0 ? 1 : 0);
