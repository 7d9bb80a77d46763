/**
 * The race against native Keras: the same networks from the same weights on the same data, here and in Keras on JAX,
 * PyTorch and TensorFlow. Losses are compared before anything is timed; then both sides train in turn, and rounds in
 * which other work slowed the machine down are left out (../witness.ts).
 *
 *     npm run bench:native [-- --json] [--filter TEXT] [--threads 1,2] [--rivals jax,torch,tensorflow] [--write]
 *
 * `--json` prints one object a line. `--filter` takes the networks whose name has the text. `--write` puts the table
 * and the charts into docs/.
 */
import { parseArgs } from "node:util";
import { checkSection } from "../page.ts";
import { Witness } from "../witness.ts";
import { races } from "./networks.ts";
import { hold, type Outcome } from "./race.ts";
import { row, section, writeReport } from "./report.ts";
import { type RivalName, rivalNames } from "./rival.ts";

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    filter: { type: "string", default: "" },
    threads: { type: "string", default: "1,2" },
    rivals: { type: "string", default: rivalNames.join() },
    write: { type: "boolean", default: false },
  },
});
const threadCounts = options.threads.split(",").map(Number);
if (!threadCounts.every((count) => Number.isInteger(count) && count > 0))
  throw new Error(`bench/native: --threads takes whole numbers from 1, such as 1,2. It was ${options.threads}.`);
const rivals = options.rivals.split(",").map((name) => {
  if (!(rivalNames as readonly string[]).includes(name))
    throw new Error(`bench/native: --rivals takes ${rivalNames.join()}. It was ${options.rivals}.`);
  return name as RivalName;
});
const chosen = races.filter(({ name }) => name.includes(options.filter));
if (chosen.length === 0) throw new Error(`bench/native: no network has "${options.filter}" in its name.`);
if (options.write) checkSection(section);

const outcomes: Outcome[] = [];
let failures = 0;
for (const threads of threadCounts) {
  const witness = await Witness.create(threads);
  for (const race of chosen)
    for (const rival of rivals)
      try {
        const outcome = await hold(race, rival, threads, witness);
        outcomes.push(outcome);
        console.log(options.json ? JSON.stringify(outcome) : row(outcome));
      } catch (error) {
        // One race that fails must not cost the others.
        failures++;
        console.error(`${race.name}, ${rival}: ${error instanceof Error ? error.message : String(error)}`);
      }
  await witness.close();
}
if (options.write) writeReport(outcomes);
process.exitCode = failures > 0 ? 1 : 0;
