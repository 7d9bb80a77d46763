/**
 * The WebGPU backend: products and training steps against what the device can do at most, measured in the same run;
 * against the WASM backend; and against tfjs and jax-js on the same adapter. Results are checked to agree before they
 * are timed.
 *
 *     npm run bench:webgpu [-- --json] [--filter TEXT] [--adapter NAME] [--limit SECONDS] [--write]
 *
 * `--json` prints one object a line: {"suite","case","ours","peer","peerName","unit","ratio"}, where a ratio above 1
 * means that ours is better. `--filter` takes the rows that have the text in suite, case or rival's name. Adapters are
 * as in `npm run test:webgpu`. A row that has no result after `--limit` seconds (240) is ended, and said to be.
 * `--write` measures training steps against rivals, and puts the table into docs/webgpu.md.
 * Packages of test/webgpu and bench/peers are installed on first use.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { environmentFor } from "../../test/webgpu/host/adapter.ts";
import type { Message } from "./messages.ts";
import { checkPage, type Ended, type Finding, writePage } from "./page.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    filter: { type: "string", default: "" },
    adapter: { type: "string" },
    limit: { type: "string", default: "240" },
    write: { type: "boolean", default: false },
  },
});
const limit = Number(options.limit);
if (!(limit > 0)) throw new Error(`bench:webgpu: --limit is a number of seconds above 0, not "${options.limit}".`);
if (options.write) {
  if (options.filter !== "") throw new Error("bench:webgpu: --write has its own rows. Leave --filter out.");
  checkPage();
}

for (const [folder, needed] of [
  ["test/webgpu", "webgpu"],
  ["bench/peers", "@tensorflow/tfjs-backend-webgpu"],
] as const) {
  if (existsSync(`${root}${folder}/node_modules/${needed}`)) continue;
  execFileSync("npm", ["ci", "--prefix", root + folder, "--no-audit", "--no-fund"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

const findings: Finding[] = [];
const ended: Ended[] = [];
let adapter = "";

/** Runs the rows from this one on. Gives the row that was ended because it took too long, and whether all was well. */
async function runFrom(first: number): Promise<{ over?: number; isGood: boolean }> {
  // Dawn finds its adapter by the environment in which the process starts.
  const program = ["--import", "tsx", "--import", `${root}test/webgpu/host/dawn.ts`, `${root}bench/webgpu/main.ts`];
  const child: ChildProcess = spawn(process.execPath, program, {
    cwd: root,
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: {
      ...environmentFor(options.adapter),
      BENCH_DEVICE: "webgpu",
      BENCH_OPTIONS: JSON.stringify({
        json: options.json,
        filter: options.filter,
        first,
        ...(options.write && { suites: ["training"] }),
      }),
    },
  });
  let stage: Extract<Message, { kind: "stage" }> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let over: number | undefined;
  child.on("message", (message: Message) => {
    if (message.kind === "adapter") adapter = message.text;
    else if (message.kind === "result") findings.push(message);
    else if (message.kind === "end") clearTimeout(timer);
    else {
      const isNext = message.row !== stage?.row;
      stage = message;
      if (!isNext) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        over = message.row;
        child.kill("SIGKILL");
      }, 1000 * limit);
    }
  });
  const code = await new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
  clearTimeout(timer);
  if (over === undefined || !stage) return { isGood: code === 0 };
  console.error(`${stage.name}: no result in ${limit} s; ended while ${stage.what}.`);
  ended.push({ name: stage.name, limit, what: stage.what });
  return { over, isGood: false };
}

let isGood = true;
for (let first: number | undefined = 0; first !== undefined; ) {
  const outcome = await runFrom(first);
  isGood &&= outcome.isGood;
  first = outcome.over === undefined ? undefined : outcome.over + 1;
}
if (options.write) writePage(adapter, findings, ended);
process.exitCode = isGood ? 0 : 1;
