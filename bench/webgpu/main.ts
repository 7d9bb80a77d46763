// Runs the rows in a process that has an adapter; index.ts starts it.
import { hold } from "../peers/contest.ts";
import { row } from "../peers/report.ts";
import { hostWork } from "./host-work.ts";
import { adapterInfo, isSoftware } from "./limits.ts";
import { products } from "./products.ts";
import { steps } from "./steps.ts";

const {
  json,
  filter,
  peers,
  seconds = Number.POSITIVE_INFINITY,
} = JSON.parse(process.env.BENCH_OPTIONS ?? "{}") as {
  json: boolean;
  filter: string;
  /** Where given, only rows against these. */
  peers?: readonly string[];
  /** After these no other row begins. */
  seconds?: number;
};
// tfjs advertises its native package on the console; a line that is no JSON would break `--json`.
console.warn = () => {};
const say = (text: string) => {
  if (!json) console.log(text);
};
say(`adapter: ${adapterInfo}${isSoftware ? " (software)" : ""}, Node ${process.versions.node}`);

const isOver = () => performance.now() > 1000 * seconds;
let failures = 0;
const failed = (name: string, error: unknown) => {
  failures++;
  console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
};
for (const contest of [...products, ...steps]) {
  const name = `${contest.suite} ${contest.case} ${contest.peerName}`;
  if (!name.includes(filter) || (peers && !peers.includes(contest.peerName)) || isOver()) continue;
  try {
    const measured = await hold(contest);
    console.log(json ? JSON.stringify(measured.result) : row(contest, measured));
  } catch (error) {
    // One row that fails must not cost the others.
    failed(name, error);
  }
}
for (const { name, measure } of hostWork) {
  if (!name.includes(filter) || isOver()) continue;
  try {
    for (const { result, note } of await measure()) console.log(json ? JSON.stringify(result) : `${note}`);
  } catch (error) {
    failed(name, error);
  }
}
// Dawn keeps the process alive.
process.exit(failures > 0 ? 1 : 0);
