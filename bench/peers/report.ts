import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { checkSection, machine, writeSection } from "../page.ts";
import { type Chart, chart } from "./chart.ts";
import type { Contest, Measured } from "./contest.ts";

interface Row {
  readonly contest: Contest;
  readonly measured: Measured;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const section = "bench:peers";

/** A row as text for the terminal. */
export function row({ goal }: Contest, { result, distance, rounds, dropped }: Measured): string {
  const { suite, case: name, peerName, ours, peer, unit, ratio } = result;
  const verdict = goal === undefined ? "" : `, goal ${goal}: ${ratio >= goal ? "reached" : "not reached"}`;
  return `${suite.padEnd(12)} ${name}: ${ours} ${unit}; ${peerName} ${peer}; ratio ${ratio}${verdict} (apart ${distance.toPrecision(2)}; ${rounds} rounds, ${dropped} left out)`;
}

/** @throws Error where docs/performance.md has no place for the report: better before the measurement than after. */
export const checkPage = () => checkSection(section);

/** Writes the charts, and the table into docs/performance.md. */
export function writeReport(rows: readonly Row[]): void {
  const folder = `${root}docs/performance`;
  mkdirSync(folder, { recursive: true });
  const charts = chartsOf(rows);
  for (const [name, drawn] of Object.entries(charts)) writeFileSync(`${folder}/${name}.svg`, chart(drawn));
  const images = Object.entries(charts).map(([name, { title }]) => `![${title}](performance/${name}.svg)`);
  writeSection(section, [circumstances(), "", table(rows), "", images.join("\n\n")]);
}

/** Machine, versions and commit. */
function circumstances(): string {
  const versionOf = (name: string) =>
    (JSON.parse(readFileSync(`${root}bench/peers/node_modules/${name}/package.json`, "utf8")) as { version: string })
      .version;
  return [
    machine(),
    `one thread each; tfjs ${versionOf("@tensorflow/tfjs-core")}, jax-js ${versionOf("@jax-js/jax")}.`,
  ].join("\n");
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ contest: { goal, agreement }, measured: { result, distance, rounds, dropped } }) => {
    const { case: name, ours, peer, peerName, unit, ratio } = result;
    const aim = goal === undefined ? "–" : `≥ ${goal}${ratio >= goal ? "" : " (not reached)"}`;
    return `| ${name} | ${peerName} | ${ours} | ${peer} | ${unit} | **${ratio}** | ${aim} | ${brief(distance)} (${brief(agreement.limit)}) | ${rounds} (${dropped}) |`;
  });
  return [
    "| work | rival | ours | rival's | unit | ratio | to reach | apart (allowed) | rounds (left out) |",
    "|---|---|---|---|---|---|---|---|---|",
    ...lines,
  ].join("\n");
}

/** One digit: 2e-6, 0.03, 5. */
const brief = (value: number): string =>
  value !== 0 && value < 0.01 ? value.toExponential(0) : String(Number(value.toPrecision(1)));

/** A chart per unit: training steps and other times by the logarithm, rates as they are. */
function chartsOf(rows: readonly Row[]): Readonly<Record<string, Chart>> {
  const of = (choose: (row: Row) => boolean) => groupsOf(rows.filter(choose));
  return {
    training: {
      title: "A training step",
      unit: "ms, shorter is better",
      isLogarithmic: true,
      groups: of(({ contest }) => contest.suite === "training"),
    },
    kernels: {
      title: "Products and convolutions",
      unit: "GFLOP/s, longer is better",
      groups: of(({ contest }) => contest.flops !== undefined),
    },
    elementwise: {
      title: "A million elements",
      unit: "ms, shorter is better",
      groups: of(({ contest }) => contest.suite === "elementwise" || contest.suite === "random"),
    },
  };
}

/** Rows of one case together; ours as the first of them measured it. */
function groupsOf(rows: readonly Row[]): Chart["groups"] {
  const groups = new Map<string, { name: string; value: number }[]>();
  for (const { measured } of rows) {
    const { case: label, ours, peer, peerName } = measured.result;
    const bars = groups.get(label) ?? [{ name: "aretejs", value: ours }];
    bars.push({ name: peerName, value: peer });
    groups.set(label, bars);
  }
  return [...groups].map(([label, bars]) => ({ label, bars }));
}
