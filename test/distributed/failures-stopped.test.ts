// What happens when workers are stopped, wherever they are at the time, are given up, and go on then.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Failures, fit, points, sizesOf, survive, times } from "./failures.ts";
import { suite } from "./limits.ts";
import { isBatch, isGeneration, repeat, sameResult, sleep, type Worker } from "./support.ts";

describe("a job", suite, () => {
  const failures = new Failures(4324);

  for (const point of points)
    it(`does not hear a worker that was stopped in a ${point} and goes on when it was replaced`, () =>
      repeat(async (run) => {
        const options = { slow: 40, ...failures.stopAt(point, 4 + (run % 5), "SIGSTOP") };
        const workers = failures.start(...times(3, options));
        await Promise.any(workers.map((worker) => worker.line(isGeneration(2))));
        for (const worker of workers) worker.signal("SIGCONT");
        assert.deepEqual(sizesOf(await survive(workers, () => false)).slice(0, 2), [3, 2]);
      }));

  it("keeps the checkpoint that counts when one was overtaken while it was written", () =>
    repeat(async () => {
      const options = { slow: 60, fit: { ...fit, checkpointEvery: 12 } };
      const stop = failures.stopAt("checkpoint: before it counts", 1, "SIGSTOP");
      const workers = failures.start(...times(3, { ...options, ...stop }));
      await Promise.any(workers.map((worker) => worker.line(isGeneration(2))));
      for (const worker of workers) worker.signal("SIGCONT");
      await Promise.all(workers.map((worker) => worker.line(isGeneration(2))));
      await sleep(300);
      for (const worker of workers) worker.signal("SIGKILL");
      await Promise.all(workers.map(({ ended }) => ended));
      const others = failures.more(3, ...times(3, options));
      const { log } = await survive([...workers, ...others], ({ isKilled }) => isKilled);
      assert.equal(log.at(-1)?.updates, 0, JSON.stringify(log));
    }));

  it("goes on as if nothing had been when all workers were stopped for longer than stepTimeout", () =>
    repeat(async () => {
      const options = { fit: { ...fit, epochs: 1, stepTimeout: 3000 } };
      const workers = failures.start({ ...options, slow: 1 }, { ...options, slow: 400 });
      const [waiting, computing] = workers as [Worker, Worker];
      await computing.line(isBatch(2));
      for (const worker of workers) worker.signal("SIGSTOP");
      await sleep(4000);
      waiting.signal("SIGCONT");
      await sleep(200);
      computing.signal("SIGCONT");
      assert.deepEqual(sizesOf(await sameResult(workers)), [2]);
    }));
});
