import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brief } from "../options.ts";
import { machine, writeSection } from "../page.ts";
import { type Chart, chart } from "../peers/chart.ts";
import type { Outcome, Times } from "./race.ts";
import type { RivalName } from "./rival.ts";

/** The part of docs/performance.md that `writeReport` writes. */
export const section = "bench:native";

const titles: Readonly<Record<RivalName, string>> = {
  jax: "Keras on JAX",
  torch: "Keras on PyTorch",
  tensorflow: "Keras on TensorFlow",
};

const threadsOf = ({ threads }: Outcome): string => `${threads} ${threads === 1 ? "thread" : "threads"}`;

/** An outcome as text for the terminal. */
export function row(outcome: Outcome): string {
  const { race, rival, ours, theirs, ratio, apart, rounds, dropped } = outcome;
  const times = ({ median, best }: Times) => `${brief(median)} ms (best ${brief(best)})`;
  return [
    `${race}, ${threadsOf(outcome)}: ${times(ours)}; ${titles[rival]} ${times(theirs)}; ratio ${brief(ratio)};`,
    `first epoch ${brief(ours.firstEpoch)} and ${brief(theirs.firstEpoch)} ms;`,
    `apart ${apart.toPrecision(1)}; ${rounds} rounds, ${dropped} left out`,
  ].join(" ");
}

/** Writes the table and a chart per number of threads. */
export function writeReport(outcomes: readonly Outcome[]): void {
  const folder = fileURLToPath(new URL("../../docs/performance", import.meta.url));
  mkdirSync(folder, { recursive: true });
  const images = [...new Set(outcomes.map(({ threads }) => threads))].map((threads) => {
    const rows = outcomes.filter((outcome) => outcome.threads === threads);
    const drawn = chartOf(rows);
    writeFileSync(`${folder}/native-${threads}.svg`, chart(drawn));
    return `![${drawn.title}](performance/native-${threads}.svg)`;
  });
  writeSection(section, [`${machine()} Keras 3.15.1.`, "", ...table(outcomes), "", images.join("\n\n")]);
}

function table(outcomes: readonly Outcome[]): string[] {
  return [
    "| network | threads | rival | ours, ms | rival's, ms | ratio | first epoch | losses apart | rounds (left out) |",
    "|---|---|---|---|---|---|---|---|---|",
    ...outcomes.map(({ race, threads, rival, ours, theirs, ratio, apart, rounds, dropped }) => {
      const times = ({ median, best }: Times) => `${brief(median)} (${brief(best)})`;
      const first = brief(theirs.firstEpoch / ours.firstEpoch);
      return `| ${race} | ${threads} | ${titles[rival]} | ${times(ours)} | ${times(theirs)} | **${brief(ratio)}** | ${first} | ${apart.toExponential(0)} | ${rounds} (${dropped}) |`;
    }),
  ];
}

/** A group of bars per network; ours as it was measured beside the first rival. */
function chartOf(outcomes: readonly Outcome[]): Chart {
  const [first] = outcomes;
  const groups = new Map<string, { name: string; value: number }[]>();
  for (const { race, rival, ours, theirs } of outcomes) {
    const bars = groups.get(race) ?? [{ name: "aretejs", value: ours.median }];
    bars.push({ name: titles[rival].replace("Keras on ", ""), value: theirs.median });
    groups.set(race, bars);
  }
  return {
    title: `A training step, ${first ? threadsOf(first) : ""}`,
    unit: "ms, shorter is better",
    isLogarithmic: true,
    groups: [...groups].map(([label, bars]) => ({ label, bars })),
  };
}
