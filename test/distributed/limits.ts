// How long tests may take, and that no process is left when they end.
import type { ChildProcess } from "node:child_process";

/** How often each test runs in a row. */
export const repeats = Number(process.env.REPEAT ?? 1);

/**
 * Options of a suite: its tests run one after the other, and none hangs. Files run beside each other
 * (scripts/test-distributed.sh), each with a server of its own.
 */
export const suite = { concurrency: false, timeout: 300_000 * repeats } as const;

const kills = new Set<() => void>();

/** Kills a process when this one ends, however that is: a file that runs too long is ended by SIGTERM. */
export function killAtExit(child: ChildProcess, kill: () => void = () => child.kill("SIGKILL")): void {
  kills.add(kill);
  child.on("close", () => kills.delete(kill));
}

process.on("exit", () => {
  for (const kill of kills) kill();
});
for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => process.exit(1));
