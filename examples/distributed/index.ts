/**
 * Four workers on this machine train one network on Fashion-MNIST, with a NATS server that this starts. It prints the
 * hash of their weights and that of one process with gradient accumulation; then trains again and kills a worker on the
 * way. `npx tsx examples/distributed/index.ts [--images 6000] [--tab]`; with `--tab` the fourth worker is a browser
 * tab, and nobody is killed. See README.md.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { connect } from "@nats-io/transport-node";
import { loadImages } from "./images.ts";
import { serveTab } from "./serve-tab.ts";
import { hashOf, makeModel, options } from "./task.ts";

const { values } = parseArgs({
  options: { images: { type: "string", default: "6000" }, tab: { type: "boolean", default: false } },
});
const workers = 4;
const images = Number(values.images);
const port = 4399;
const servers = `127.0.0.1:${port}`;
const folder = mkdtempSync(join(tmpdir(), "aretejs-example-"));
const children: ChildProcess[] = [];
const program = process.env.NATS_SERVER ?? join(import.meta.dirname, "../../.cache/nats/bin/nats-server");
const config = `
listen: "${servers}"
ping_interval: "1s"
ping_max: 2
jetstream { store_dir: "${folder}/store" }
websocket { listen: "127.0.0.1:${port + 1}", no_tls: true }
`;

function run(command: string, args: readonly string[], onLine: (line: string) => void): ChildProcess {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", onLine);
  return child;
}

const ended = (child: ChildProcess) => new Promise((resolve) => child.on("close", resolve));

/** Runs processes as workers of a job; kills one that is not rank 0 when the first epoch is over, if so wanted. */
async function train(job: string, processes: number, kills: boolean): Promise<string[]> {
  const lines: string[] = [];
  let isWhole = true;
  const started = Array.from({ length: processes }, () => {
    const file = join(import.meta.dirname, "worker.ts");
    const args = ["--import", "tsx", file, servers, job, String(workers), String(images)];
    const child: ChildProcess = run(process.execPath, args, (line) => {
      console.log(`  ${line}`);
      lines.push(line);
      // Only rank 0 shows how training goes: the victim is another.
      if (!kills || !isWhole || !line.startsWith("Epoch 1/")) return;
      isWhole = false;
      const victim = started.find((other) => other !== child);
      console.log("  (a worker is killed)");
      victim?.kill("SIGKILL");
    });
    return child;
  });
  await Promise.all(started.map(ended));
  return lines.filter((line) => line.startsWith("rank"));
}

/** Trains with all workers; one of them may be a tab. */
async function trainWhole(): Promise<string[]> {
  console.log(`${workers} workers:`);
  if (!values.tab) return train("whole", workers, false);
  const tab = { server: `ws://127.0.0.1:${port + 1}`, job: "whole", workers, images };
  const { url, pages } = await serveTab(tab);
  console.log(`  Open ${url} within a minute, and press "Join".`);
  try {
    return await train("whole", workers - 1, false);
  } finally {
    pages.closeAllConnections();
    pages.close();
  }
}

try {
  writeFileSync(join(folder, "nats.conf"), config);
  children.push(spawn(program, ["-c", join(folder, "nats.conf")], { stdio: "ignore" }));
  const nc = await connect({ servers, waitOnFirstConnect: true });
  await nc.close();

  const found = await trainWhole();

  console.log(`one process with gradientAccumulationSteps: ${workers}:`);
  const { x, y } = await loadImages(images);
  const alone = makeModel(workers);
  await alone.fit(x, y, { ...options, verbose: 2 });
  const hash = await hashOf(alone);
  const isEqual = found.length === workers - (values.tab ? 1 : 0) && found.every((line) => line.includes(hash));
  console.log(`weights ${hash}: ${isEqual ? "equal to those of all workers, to the bit" : "NOT those of the workers"}`);
  if (!isEqual) process.exitCode = 1;

  if (!values.tab) {
    console.log(`${workers} workers, one of which is killed:`);
    const left = await train("killed", workers, true);
    const hashes = new Set(left.map((line) => line.split(" ")[3]));
    const agree = left.length === workers - 1 && hashes.size === 1;
    console.log(`${left.length} workers went on and ${agree ? "have equal weights" : "do NOT agree"}`);
    if (!agree) process.exitCode = 1;
  }
} finally {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}
