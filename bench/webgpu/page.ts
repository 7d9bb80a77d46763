// Writes what was measured on an adapter into docs/webgpu.md.
import { readFileSync } from "node:fs";
import { checkSection, machine, writeSection } from "../page.ts";
import type { Result } from "../peers/contest.ts";

/** A result, and how far apart the weights of both sides were. */
export interface Finding {
  readonly result: Result;
  readonly distance?: number | undefined;
}

/** A row that had no result in its time. */
export interface Ended {
  readonly name: string;
  readonly limit: number;
  /** What it was doing. */
  readonly what: string;
}

const [section, page] = ["bench:webgpu", "webgpu.md"];

/** @throws Error where docs/webgpu.md has no place for the table: better before the measurement than after. */
export const checkPage = () => checkSection(section, page);

export function writePage(adapter: string, findings: readonly Finding[], ended: readonly Ended[]): void {
  const versionOf = (name: string) =>
    (
      JSON.parse(readFileSync(new URL(`../peers/node_modules/${name}/package.json`, import.meta.url), "utf8")) as {
        version: string;
      }
    ).version;
  writeSection(
    section,
    [
      `${machine()} adapter ${adapter}; tfjs ${versionOf("@tensorflow/tfjs-core")} on WebGPU, jax-js ${versionOf("@jax-js/jax")} on WebGPU.`,
      "",
      "| training step | rival | aretejs, ms | rival, ms | ratio | weights apart, of how far they moved |",
      "|---|---|---|---|---|---|",
      ...findings.map(
        ({ result: { case: name, peerName, ours, peer, ratio }, distance = Number.NaN }) =>
          `| ${name} | ${peerName} | ${ours} | ${peer} | **${ratio}** | ${distance.toExponential(0)} |`,
      ),
      ...ended.map(({ name, limit, what }) => `| ${name} | | | | | no result in ${limit} s, ended while ${what} |`),
    ],
    page,
  );
}
