// A job again from its log, in one process; and whether the workers of a job have ever trained in two ways.
import assert from "node:assert/strict";
import type { GenerationLog } from "../../src/distributed/index.ts";
import { getOptimizerState, type Model, setOptimizerState } from "../../src/index.ts";
import type { Worker, WorkerResult } from "./support.ts";
import { batchesOf, fitOptions, hashOf, hashOfTrained, makeModel } from "./task.ts";

/** What a job must have ended with, and a hash of the trained weights after each update. */
export interface Replay {
  readonly hash: string;
  readonly hashes: ReadonlyMap<number, string>;
}

/**
 * Trains in one process what a job with this log has trained, without shuffling: in each generation from its first
 * batch to that of the next, with as many batches in an update as there were members.
 */
export async function replay(log: readonly GenerationLog[]): Promise<Replay> {
  const all = batchesOf();
  const hashes = new Map<number, string>();
  let model = makeModel();
  for (const [index, { members, updates, batches }] of log.entries()) {
    const size = members.length;
    const end = log[index + 1]?.batches ?? all.length * fitOptions.epochs;
    model = await withAccumulation(model, size);
    const { optimizer } = model;
    let done = updates;
    // As members change, so does the number of batches in an update: the optimizer cannot know it from its batches.
    Object.defineProperties(optimizer, {
      iterations: { get: () => done },
      phase: { get: () => ((optimizer.rawSteps - batches + 1) % size === 0 ? "update" : "accumulate") },
    });
    hashes.set(done, await hashOfTrained(model));
    for (let batch = batches; batch < end; batch++) {
      const { x, y } = all[batch % all.length] as (typeof all)[number];
      optimizer.rawSteps = batch;
      await model.trainOnBatch(x, y);
      if ((batch - batches + 1) % size > 0) continue;
      done++;
      hashes.set(done, await hashOfTrained(model));
    }
  }
  return { hash: await hashOf(model), hashes };
}

/** A model with the same weights and state of the optimizer, which accumulates so many batches. */
async function withAccumulation(from: Model, size: number): Promise<Model> {
  const model = makeModel({ accumulate: size > 1 ? size : undefined });
  model.setWeights(await from.getWeights());
  const before = await getOptimizerState(from);
  const fresh = await getOptimizerState(model);
  setOptimizerState(
    model,
    Object.fromEntries(
      Object.entries(fresh).map(([name, value]) => [
        name,
        name.includes("accumulator") ? value : (before[name] ?? value),
      ]),
    ),
  );
  return model;
}

/**
 * All workers of a job, those among them that did not live to its end, have trained one model: in each generation they
 * had the same weights after the same update. Gives a hash of them, by generation and update.
 */
export function assertSameWeights(workers: readonly Worker[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [index, { lines }] of workers.entries())
    for (const line of lines) {
      if (!("trained" in line)) continue;
      const { generation, updates, hash } = line.trained;
      const place = `${generation}/${updates}`;
      assert.equal(hash, found.get(place) ?? hash, `worker ${index} has other weights in ${place}`);
      found.set(place, hash);
    }
  return found;
}

/** As {@link assertSameWeights}; and they are those of a replay, wherever the next generation did not begin before. */
export async function assertNoFork(workers: readonly Worker[], { hash, log }: WorkerResult): Promise<void> {
  const replayed = await replay(log);
  assert.equal(hash, replayed.hash, `another result than a replay of ${JSON.stringify(log)}`);
  for (const [place, trained] of assertSameWeights(workers)) {
    const [generation = 0, updates = 0] = place.split("/").map(Number);
    const next = log.find((entry) => entry.generation === generation + 1);
    if (next && updates > next.updates) continue;
    assert.equal(
      trained,
      replayed.hashes.get(updates),
      `other weights than a replay in ${place} of ${JSON.stringify(log)}`,
    );
  }
}
