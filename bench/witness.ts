/**
 * The multiply-add loop beside what is measured, to find the samples that other work on the machine slowed down.
 *
 * Processors that are virtual share physical cores: for seconds at a time a neighbour takes a part of the multipliers,
 * and whatever is bound by them runs at half its speed, while a chain of dependent operations does not notice. So the
 * bare multiply-add loop is timed before and after each sample, on as many threads as the sample uses. A sample counts
 * if both times are near the least of all rounds.
 */
import { Worker } from "node:worker_threads";
import { rooflineModule } from "./roofline.ts";
import { type Sample, sampled } from "./undisturbed.ts";

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

  /** Takes a sample: what `run` measures, and the loop before and after. */
  sample<T>(run: () => T | Promise<T>): Promise<Sample<T>> {
    return sampled(() => this.time(), run);
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}

/** Calls `use` with a witness on so many threads, and closes it. */
export async function withWitness<T>(threads: number, use: (witness: Witness) => Promise<T>): Promise<T> {
  const witness = await Witness.create(threads);
  try {
    return await use(witness);
  } finally {
    await witness.close();
  }
}
