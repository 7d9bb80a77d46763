import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median, type Row, type Times, type Trained } from "./report.ts";

/** A runtime that is a program of its own. */
interface Runtime {
  readonly name: string;
  readonly command: readonly string[];
}

const installed = (path: string) => fileURLToPath(new URL(`node_modules/${path}`, import.meta.url));

export const runtimes: readonly Runtime[] = [
  { name: "Node (this one)", command: [process.execPath] },
  { name: "Node 22", command: [installed("n22/bin/node")] },
  { name: "Node 24", command: [installed("n24/bin/node")] },
  { name: "Deno", command: [installed("@deno/linux-x64-glibc/deno"), "run", "--allow-all", "--quiet"] },
  { name: "Bun", command: [installed("@oven/bun-linux-x64/bin/bun")] },
];

/** How often a step is timed, each time in a new process. */
const repeats = 9;

/** Runs a program to its end, which has to come by itself. */
export function run(
  cwd: string,
  command: readonly string[],
  seconds = 60,
): Promise<{ stdout: string; stderr: string; milliseconds: number }> {
  return new Promise((resolve, reject) => {
    const [file = "", ...args] = command;
    const begun = performance.now();
    const child = spawn(file, args, {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: seconds * 1000,
      env: { ...process.env, NO_COLOR: "1" },
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve({ stdout, stderr, milliseconds: performance.now() - begun });
      else reject(new Error(`${command.join(" ")} ended with ${signal ?? code}: ${stderr || stdout}`));
    });
  });
}

/** The object on the last line. */
export const lastLine = <T>(stdout: string): T => JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as T;

/** Trains in a runtime with one thread and with two; times its first step. */
export async function inProcess({ name, command }: Runtime, scratch: string): Promise<Row[]> {
  const { stdout } = await run(scratch, [command[0] as string, "--version"]);
  const version = stdout.match(/\d+\.\d+\.\d+/)?.[0] ?? stdout.trim();
  const samples: { times: Times; milliseconds: number }[] = [];
  for (let i = 0; i < repeats; i++) {
    const { stdout, milliseconds } = await run(scratch, [...command, "first-step-main.mjs"]);
    samples.push({ times: lastLine<Times>(stdout), milliseconds });
  }
  const times = {
    imported: median(samples.map(({ times }) => times.imported ?? Number.NaN)),
    firstStep: median(samples.map(({ times }) => times.firstStep)),
  };
  const rows: Row[] = [];
  for (const threads of [1, 2]) {
    const { stdout } = await run(scratch, [...command, "train-main.mjs", String(threads)]);
    const trained = lastLine<Trained>(stdout);
    rows.push({
      runtime: name,
      version,
      asked: threads,
      ...trained,
      ...(threads === 1 ? { times, process: median(samples.map(({ milliseconds }) => milliseconds)) } : {}),
    });
  }
  return rows;
}
