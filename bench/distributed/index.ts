/**
 * Simulated communication scaling of `aretejs/distributed`: how much of the speed of N machines is left once they
 * exchange gradients. Computing is replaced by sleeping as long as a real step was measured to take, since the workers
 * share this machine's cores; the server, the workers, their messages and updates are real. Each worker is in a network
 * namespace of its own, whose link has the rate of the row. Linux, as root.
 *
 *     npm run bench:distributed [-- --json] [--step MS] [--rounds N] [--filter TEXT]
 *
 * `--step` replaces the measured step time; `--json` prints one object a line.
 */
import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { Namespaces } from "../../test/distributed/namespaces.ts";
import { bundleForNode, Server } from "../../test/distributed/support.ts";
import { median } from "../options.ts";
import { recordStepTime } from "./step-time.ts";
import type { ScalingOptions, ScalingResult } from "./worker.ts";

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    step: { type: "string" },
    rounds: { type: "string", default: "20" },
    filter: { type: "string", default: "" },
  },
});

/**
 * Rates of the workers' links, and after how many batches they exchange. The first row shows what the cores take. A
 * burst is what passes at once after a pause. At 1 Gbit it has room for the kernel's packets of 64 kB: those that it
 * cuts take so much of two cores that this, not the rate, is measured (89 and 74 % with 64 kB, 94 and 85 with 96).
 */
const rates = [
  { name: "10 Gbit", rate: "10gbit", burst: "640kb", periods: [1] },
  { name: "1 Gbit", rate: "1gbit", burst: "96kb", periods: [1, 20] },
  { name: "100 Mbit", rate: "100mbit", burst: "16kb", periods: [1, 20] },
] as const;
const most = 4;
const root = join(import.meta.dirname, "../..");

execFileSync("bash", [join(root, "scripts/nats-server.sh")], { stdio: ["ignore", "ignore", "inherit"] });
if (!existsSync(join(root, "test/distributed/node_modules"))) {
  execFileSync("npm", ["ci", "--prefix", join(root, "test/distributed"), "--no-audit", "--no-fund"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}
const program = join(bundleForNode(join(import.meta.dirname, "worker.ts")), "worker.mjs");
const measured = options.step === undefined ? await recordStepTime() : undefined;
const stepTime = Number(options.step ?? measured?.stepTime);
const parameters = measured?.parameters ?? 262_144;
const namespaces = new Namespaces(most, "arete4", "10.79.0");
const server = new Server(4440, [], { host: namespaces.host });

/** Runs a job; gives what its first worker has seen, and what a worker has received at most. */
async function measure(workers: number, every: number, job: string): Promise<ScalingResult> {
  const rounds = Math.max(5, Math.round(Number(options.rounds) / every));
  const given: ScalingOptions = { servers: server.servers, job, workers, stepTime, parameters, every, rounds };
  const started = Array.from({ length: workers }, (_, index) => runWorker(namespaces.prefix(index), given));
  const results = await Promise.all(started);
  const [first] = results as [ScalingResult];
  return { ...first, bytesReceived: Math.max(...results.map(({ bytesReceived }) => bytesReceived)) };
}

/** A worker in a process of its own. */
async function runWorker(prefix: readonly string[], given: ScalingOptions): Promise<ScalingResult> {
  const [command = "", ...args] = [...prefix, process.execPath, program, JSON.stringify(given)];
  const { stdout } = await promisify(execFile)(command, args, { timeout: 300_000 });
  return JSON.parse(stdout);
}

function report(what: string, workers: number, efficiency: number, { bytesSent, bytesReceived, size }: ScalingResult) {
  const optimum = (2 * (workers - 1) * size) / workers;
  const row = {
    suite: "scaling",
    case: what,
    efficiency: Number(efficiency.toFixed(3)),
    received: Number((bytesReceived / optimum).toFixed(3)),
    sent: Number((bytesSent / optimum).toFixed(3)),
  };
  if (options.json) console.log(JSON.stringify(row));
  else {
    const share = `${(100 * efficiency).toFixed(0)} %`.padStart(6);
    console.log(`${what.padEnd(32)} ${share}   received ${row.received}, sent ${row.sent} of the optimum`);
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => {
    namespaces.stop();
    process.exit(1);
  });
try {
  namespaces.start();
  await server.start();
  if (!options.json)
    console.log(`A step takes ${stepTime.toFixed(0)} ms (${measured?.what ?? "as given"}); ${parameters} weights.`);
  for (const { name, rate, burst, periods } of rates) {
    for (let index = 0; index < most; index++) namespaces.limit(index, rate, burst);
    for (const every of periods) {
      const what = `${name}, ${every === 1 ? "each step" : `every ${every}`}`;
      const counts = [2, most].filter((workers) => `${what}, ${workers} workers`.includes(options.filter));
      if (counts.length === 0) continue;
      const run = (workers: number) => measure(workers, every, `scaling-${rate}-${every}-${workers}`);
      const alone = median((await run(1)).times);
      for (const workers of counts) {
        const found = await run(workers);
        report(`${what}, ${workers} workers`, workers, alone / median(found.times), found);
      }
    }
  }
} finally {
  await server.stop();
  namespaces.stop();
}
