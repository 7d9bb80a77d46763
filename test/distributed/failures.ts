// What the tests of failures share: a server, workers that take their time, and what must hold in the end.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import type { Point, Stop } from "./observed.ts";
import { assertNoFork } from "./replay.ts";
import { killWorkers, Server, sameResult, Worker, type WorkerResult } from "./support.ts";
import type { WorkerOptions } from "./worker.ts";

/** The points of a step and of a checkpoint. */
export const points: readonly Point[] = [
  "step: before what a batch gave is sent",
  "step: after half of the parts",
  "step: before a sum is sent",
  "step: after all sums have come",
  "checkpoint: before the file is complete",
  "checkpoint: before it counts",
  "checkpoint: after it counts",
];

/** What `fit` gets. */
export const fit = { checkpointEvery: 3, shuffle: false };

/** Jobs on a server of their own. Call it in a suite. */
export class Failures {
  readonly server: Server;
  /** The last job. */
  job = "";
  private readonly folder = mkdtempSync(join(tmpdir(), "aretejs-failures-"));
  private jobs = 0;

  constructor(port: number) {
    this.server = new Server(port);
    before(() => this.server.start());
    after(async () => {
      killWorkers();
      await this.server.stop();
      rmSync(this.folder, { recursive: true });
    });
  }

  /** Starts the workers of a new job, each with these options. */
  start(...workers: readonly Partial<WorkerOptions>[]): Worker[] {
    this.job = `failures${this.jobs++}`;
    return this.more(workers.length, ...workers);
  }

  /** Starts workers of the last job. @param count how many of them train together. */
  more(count: number, ...workers: readonly Partial<WorkerOptions>[]): Worker[] {
    const { servers } = this.server;
    return workers.map((options) => new Worker({ servers, job: this.job, workers: count, slow: 15, fit, ...options }));
  }

  /** Where the first worker of the next job that comes there is stopped, after so many steps. */
  stopAt(point: Point, step: number, signal: Stop["signal"] = "SIGKILL"): { stop: Stop } {
    return { stop: { point, step, signal, flag: join(this.folder, `stop${this.jobs}`) } };
  }
}

/** So many workers with the same options. */
export const times = (count: number, options: Partial<WorkerOptions> = {}): Partial<WorkerOptions>[] =>
  new Array(count).fill(options);

/** All others end alike, and nobody has trained anything else. Gives what they end with. */
export async function survive(workers: readonly Worker[], isLost: (worker: Worker) => boolean): Promise<WorkerResult> {
  const result = await sameResult(workers.filter((worker) => !isLost(worker)));
  await assertNoFork(workers, result);
  return result;
}

/** Waits for the one that is killed. */
export const killed = (workers: readonly Worker[]): Promise<void> =>
  Promise.race(workers.map((worker) => worker.ended.then(() => assert.ok(worker.isKilled, "ended by itself"))));

/** Sizes of the generations of a job. */
export const sizesOf = ({ log }: WorkerResult): number[] => log.map(({ members }) => members.length);
