/**
 * Four workers on this machine train one network on Fashion-MNIST, with a NATS server that this starts. It prints the
 * hash of their weights and that of one process with gradient accumulation; then trains again and kills a worker on the
 * way. `npx tsx examples/distributed/index.ts`; see README.md.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connect } from "@nats-io/transport-node";
import { hashOf, loadImages, makeModel, options } from "./task.ts";

const workers = 4;
const images = Number(process.argv[2] ?? 6000);
const port = 4399;
const servers = `127.0.0.1:${port}`;
const folder = mkdtempSync(join(tmpdir(), "aretejs-example-"));
const children: ChildProcess[] = [];
const program = process.env.NATS_SERVER ?? join(import.meta.dirname, "../../.cache/nats/bin/nats-server");

function run(command: string, args: readonly string[], onLine: (line: string) => void): ChildProcess {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", onLine);
  return child;
}

const ended = (child: ChildProcess) => new Promise((resolve) => child.on("close", resolve));

/** Runs a job; kills its last worker when the first epoch is over, if so wanted. */
async function train(job: string, kills: boolean): Promise<string[]> {
  const lines: string[] = [];
  let isWhole = true;
  const started = Array.from({ length: workers }, () => {
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

try {
  writeFileSync(join(folder, "nats.conf"), `listen: "${servers}"\njetstream { store_dir: "${folder}/store" }\n`);
  children.push(spawn(program, ["-c", join(folder, "nats.conf")], { stdio: "ignore" }));
  const nc = await connect({ servers, waitOnFirstConnect: true });
  await nc.close();

  console.log(`${workers} workers:`);
  const found = await train("whole", false);

  console.log("one process with gradientAccumulationSteps: 4:");
  const { x, y } = await loadImages(images);
  const alone = makeModel(workers);
  await alone.fit(x, y, { ...options, verbose: 2 });
  const hash = await hashOf(alone);
  const isEqual = found.length === workers && found.every((line) => line.includes(hash));
  console.log(`weights ${hash}: ${isEqual ? "equal to those of all workers, to the bit" : "NOT those of the workers"}`);

  console.log(`${workers} workers, one of which is killed:`);
  const left = await train("killed", true);
  const hashes = new Set(left.map((line) => line.split(" ")[3]));
  const agree = left.length === workers - 1 && hashes.size === 1;
  console.log(`${left.length} workers went on and ${agree ? "have equal weights" : "do NOT agree"}`);
  if (!isEqual || !agree) process.exitCode = 1;
} finally {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}
