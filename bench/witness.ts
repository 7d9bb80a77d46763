/**
 * Finds the samples that other work on the machine slowed down.
 *
 * Processors that are virtual share physical cores: for seconds at a time a neighbour takes a part of the multipliers,
 * and whatever is bound by them runs at half its speed, while a chain of dependent operations does not notice. So the
 * bare multiply-add loop is timed before and after each sample, on as many threads as the sample uses. A sample counts
 * if both times are near the least of the run.
 */
import { Worker } from "node:worker_threads";
import { rooflineModule } from "./roofline.ts";

/** A time, and how long the loop took beside it: the longer of before and after, in the same unit each time. */
export interface Sample {
  readonly ms: number;
  readonly witness: number;
}

/** By how much the loop may be slower than its least time. */
const tolerance = 1.1;

/** Starts the worker's file, which is TypeScript: Node 20 does not hand the loader of the main thread on to workers. */
const startOfWorker = `import("tsx/esm/api").then(({ register }) => {
  register();
  return import(${JSON.stringify(new URL("./witness-worker.ts", import.meta.url).href)});
});`;

/** The multiply-add loop on some threads. Call `close` at the end. */
export class Witness {
  private constructor(private readonly workers: readonly Worker[]) {}

  static async create(threads: number): Promise<Witness> {
    const workerData = await rooflineModule("simd");
    return new Witness(Array.from({ length: threads }, () => new Worker(startOfWorker, { eval: true, workerData })));
  }

  /** Milliseconds that the loop takes now, on the slowest of the threads. */
  async time(): Promise<number> {
    const times = this.workers.map(
      (worker) =>
        new Promise<number>((resolve, reject) => {
          worker.once("error", reject);
          worker.once("message", (ms: number) => {
            worker.off("error", reject);
            resolve(ms);
          });
          worker.postMessage("run");
        }),
    );
    return Math.max(...(await Promise.all(times)));
  }

  /** Takes a sample: `run` gives its own time in milliseconds. */
  async sample(run: () => Promise<number>): Promise<Sample> {
    const before = await this.time();
    const ms = await run();
    return { ms, witness: Math.max(before, await this.time()) };
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}

/** Which samples were taken while the loop ran at its usual speed. `least` is the loop's least time in the run. */
export function isUndisturbed({ witness }: Sample, least: number): boolean {
  return witness <= least * tolerance;
}
