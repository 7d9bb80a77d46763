// A nats-server and workers as processes, for tests.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectTo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { type BuildOptions, buildSync } from "esbuild";
import type { AnywhereOptions } from "./anywhere-worker.ts";
import { killAtExit, repeats } from "./limits.ts";
import type { TrialWorkerOptions } from "./trial-worker.ts";
import type { WorkerLine, WorkerOptions } from "./worker.ts";

/** The server's program: `NATS_SERVER`, else the one that scripts/nats-server.sh installs. */
const serverProgram = process.env.NATS_SERVER ?? join(import.meta.dirname, "../../.cache/nats/bin/nats-server");

/** Runs a test as often as `REPEAT` says. */
export async function repeat(act: (run: number) => Promise<void>): Promise<void> {
  for (let run = 0; run < repeats; run++) {
    try {
      await act(run);
    } catch (error) {
      throw repeats > 1 ? new Error(`run ${run + 1} of ${repeats}: ${error}`, { cause: error }) : error;
    }
  }
}

/** A server with JetStream in a folder of its own. It can be killed and started again. */
export class Server {
  readonly servers: string;
  /** Its address for `wsconnect`. */
  readonly webSocket: string;
  /** Where it runs: files of its configuration are looked for here. */
  readonly folder = mkdtempSync(join(tmpdir(), "aretejs-nats-"));
  private child: ChildProcess | undefined;

  /**
   * @param more lines of its configuration.
   * @param options another address, another configuration, and what that takes from the environment.
   */
  constructor(
    private readonly port: number,
    more: readonly string[] = [],
    private readonly options: {
      readonly host?: string;
      readonly config?: string;
      readonly env?: Readonly<Record<string, string>>;
    } = {},
  ) {
    const { host = "127.0.0.1" } = options;
    this.servers = `${host}:${port}`;
    this.webSocket = `ws://${host}:${port + 1}`;
    const config = [
      `listen: "${this.servers}"`,
      'ping_interval: "1s"',
      "ping_max: 2",
      `websocket { listen: "${host}:${port + 1}", no_tls: true }`,
      `jetstream { store_dir: "${this.folder}/store" }`,
      ...more,
    ];
    writeFileSync(join(this.folder, "nats.conf"), options.config ?? config.join("\n"));
  }

  /** @throws where another server has its port, which tests would take for this one. */
  async start(): Promise<void> {
    if (await this.answers()) throw new Error(`${this.servers} is taken`);
    this.child = spawn(serverProgram, ["-c", "nats.conf"], {
      cwd: this.folder,
      stdio: "ignore",
      env: { ...process.env, ...this.options.env },
    });
    killAtExit(this.child);
    let failure: Error | undefined;
    this.child.on("error", (error) => {
      failure = error;
    });
    for (let attempt = 0; !(await this.answers()); attempt++) {
      if (failure) throw failure;
      if (attempt === 100) throw new Error("nats-server does not answer");
      await sleep(100);
    }
  }

  /** Kills it, without a chance to write anything. */
  kill(): Promise<void> {
    return end(this.child);
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private answers(): Promise<boolean> {
    return new Promise<boolean>((resolve) => {
      const socket = connectTo(this.port, this.options.host ?? "127.0.0.1");
      socket.on("data", () => resolve(true)).on("error", () => resolve(false));
      setTimeout(() => resolve(false), 1000).unref();
    });
  }
}

/** What a worker prints last. */
export type WorkerResult = Extract<WorkerLine, { hash: string }>;

/**
 * Bundles programs, so that processes start fast; in several files, as what is loaded on demand is in the package.
 * Gives the folder, which is removed at the end.
 */
export function bundle(programs: readonly string[], options: BuildOptions): string {
  const folder = mkdtempSync(join(tmpdir(), "aretejs-worker-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  buildSync({
    entryPoints: programs.map((name) => resolve(import.meta.dirname, name)),
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    logLevel: "error",
    ...options,
  });
  return folder;
}

/** Bundles programs for Node. */
export const bundleForNode = (...programs: readonly string[]): string =>
  bundle(programs, {
    platform: "node",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });

const programFolder = bundleForNode("worker.ts", "trial-worker.ts");
const programFor = (options: object) => join(programFolder, "trials" in options ? "trial-worker.mjs" : "worker.mjs");

/** A worker process, of a job or a search, and what it has printed. */
export class Worker {
  readonly lines: WorkerLine[] = [];
  readonly ended: Promise<void>;
  private readonly child: ChildProcess;
  private readonly waiters = new Set<() => void>();

  /** @param prefix what the process is started by, such as `ip netns exec`. @param command what runs the options. */
  constructor(
    options: WorkerOptions | TrialWorkerOptions | AnywhereOptions,
    prefix: readonly string[] = [],
    command: readonly string[] = [process.execPath, programFor(options)],
  ) {
    const [file = "", ...args] = [...prefix, ...command, JSON.stringify(options)];
    this.child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
    running.add(this);
    killAtExit(this.child);
    createInterface({ input: this.child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      this.lines.push(JSON.parse(line));
      for (const notify of this.waiters) notify();
    });
    this.ended = new Promise((resolve) => {
      this.child.on("close", () => {
        running.delete(this);
        resolve();
        for (const notify of this.waiters) notify();
      });
    });
  }

  /** The first line that matches. @throws where the worker ends before, or so many milliseconds pass. */
  line<L extends WorkerLine>(matches: (line: WorkerLine) => line is L, patience?: number): Promise<L>;
  line(matches: (line: WorkerLine) => boolean, patience?: number): Promise<WorkerLine>;
  line(matches: (line: WorkerLine) => boolean, patience = 60_000): Promise<WorkerLine> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => fail(`nothing within ${patience} ms`), patience);
      const look = () => {
        const found = this.lines.find(matches);
        if (found) done(() => resolve(found));
        else if (!running.has(this)) fail("the worker has ended");
      };
      const done = (act: () => void) => {
        clearTimeout(timer);
        this.waiters.delete(look);
        act();
      };
      const fail = (why: string) =>
        done(() =>
          reject(new Error(`${why}; its last lines: ${this.lines.slice(-5).map((line) => JSON.stringify(line))}`)),
        );
      this.waiters.add(look);
      look();
    });
  }

  /** What it has trained. @throws where it ends with an error. */
  async result(patience?: number): Promise<WorkerResult> {
    const line = await this.line((each) => "hash" in each || "error" in each, patience);
    if ("error" in line) throw new Error(line.error);
    return line as WorkerResult;
  }

  /** Whether it was killed. */
  get isKilled(): boolean {
    return this.child.signalCode === "SIGKILL";
  }

  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    this.child.kill(name);
  }
}

const running = new Set<Worker>();

/** Whether a worker begins a batch after at least so many updates. */
export const isBatch = (updates: number) => (line: WorkerLine) => "updates" in line && Number(line.updates) >= updates;

/** Whether a worker learns of this generation. */
export const isGeneration = (generation: number) => (line: WorkerLine) =>
  "event" in line && line.event.type === "generation" && line.event.generation === generation;

/** All workers end with the same weights, history and log, which this gives. */
export async function sameResult(workers: readonly Worker[]): Promise<WorkerResult> {
  const [first, ...others] = await Promise.all(workers.map((worker) => worker.result()));
  assert.ok(first);
  for (const other of others) assert.deepEqual(other, first);
  return first;
}

/** Ends all workers that still run. */
export function killWorkers(): void {
  for (const worker of running) worker.signal("SIGKILL");
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

function end(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.on("close", () => resolve());
    child.kill("SIGKILL");
  });
}
