import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { type Chart, chart } from "./chart.ts";
import type { Contest, Measured } from "./contest.ts";

interface Row {
  readonly contest: Contest;
  readonly measured: Measured;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = `${root}docs/performance.md`;
const [open, close] = ["<!-- bench:peers -->", "<!-- /bench:peers -->"];

/** A row as text for the terminal. */
export function row({ goal }: Contest, { result, distance }: Measured): string {
  const { suite, case: name, peerName, ours, peer, unit, ratio } = result;
  const verdict = goal === undefined ? "" : `, goal ${goal}: ${ratio >= goal ? "reached" : "not reached"}`;
  return `${suite.padEnd(12)} ${name}: ${ours} ${unit}; ${peerName} ${peer}; ratio ${ratio}${verdict} (apart ${distance.toPrecision(2)})`;
}

/** Writes the charts, and the table into docs/performance.md between its two marks. */
export function writeReport(rows: readonly Row[]): void {
  const folder = `${root}docs/performance`;
  mkdirSync(folder, { recursive: true });
  const charts = chartsOf(rows);
  for (const [name, drawn] of Object.entries(charts)) writeFileSync(`${folder}/${name}.svg`, chart(drawn));
  const images = Object.entries(charts).map(([name, { title }]) => `![${title}](performance/${name}.svg)`);
  const [text, before, after] = checkPage();
  writeFileSync(
    page,
    [
      text.slice(0, before + open.length),
      "",
      circumstances(),
      "",
      table(rows),
      "",
      images.join("\n\n"),
      "",
      text.slice(after),
    ].join("\n"),
  );
}

/**
 * The page, and where its marks are. @throws Error where it does not have them: better before the measurement than
 * after.
 */
export function checkPage(): [text: string, open: number, close: number] {
  const text = readFileSync(page, "utf8");
  const [before, after] = [text.indexOf(open), text.indexOf(close)];
  if (before < 0 || after < before)
    throw new Error(`bench/peers: ${page} must have the marks ${open} and ${close}, in this order.`);
  return [text, before, after];
}

/** Machine, versions and commit. */
function circumstances(): string {
  const git = (...args: string[]) => execFileSync("git", ["-C", root, ...args], { encoding: "utf8" }).trim();
  const isChanged = git("status", "--porcelain", "--", "src", "assembly", "bench", "scripts") !== "";
  const versionOf = (name: string) =>
    (JSON.parse(readFileSync(`${root}bench/peers/node_modules/${name}/package.json`, "utf8")) as { version: string })
      .version;
  const processors = cpus();
  return [
    `Measured at commit ${git("rev-parse", "--short", "HEAD")}${isChanged ? " with changes" : ""} on ${processors.length} × ${processors[0]?.model ?? "?"},`,
    `${process.platform} ${process.arch}, Node ${process.versions.node} (V8 ${process.versions.v8}), one thread each;`,
    `tfjs ${versionOf("@tensorflow/tfjs-core")}, jax-js ${versionOf("@jax-js/jax")}.`,
  ].join("\n");
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ contest: { goal, agreement }, measured: { result, distance, rounds } }) => {
    const { case: name, ours, peer, peerName, unit, ratio } = result;
    const aim = goal === undefined ? "–" : `≥ ${goal}${ratio >= goal ? "" : " (not reached)"}`;
    return `| ${name} | ${peerName} | ${ours} | ${peer} | ${unit} | **${ratio}** | ${aim} | ${brief(distance)} (${brief(agreement.limit)}) | ${rounds} |`;
  });
  return [
    "| work | rival | ours | rival's | unit | ratio | to reach | apart (allowed) | rounds |",
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
