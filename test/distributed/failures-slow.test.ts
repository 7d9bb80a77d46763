// What happens when workers are slow, or silent for a while: they are dropped for steps that take too long only.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Failures, fit, sizesOf, survive, times } from "./failures.ts";
import { suite } from "./limits.ts";
import { repeat, sameResult, type Worker } from "./support.ts";

describe("a job", suite, () => {
  const failures = new Failures(4326);

  it("waits for a worker that is silent when it has joined, or has been silent before", () =>
    repeat(async () => {
      const options = { slow: 300, fit: { ...fit, epochs: 1 } };
      const workers = failures.start(options, { ...options, blocks: [5000, 2000, 4500] });
      assert.deepEqual(sizesOf(await sameResult(workers)), [2]);
    }));

  it("drops a worker that is alive and whose steps take longer than stepTimeout; its fit says so", () =>
    repeat(async () => {
      const options = { fit: { ...fit, stepTimeout: 3000 } };
      const workers = failures.start(options, { ...options, slowSteps: 8000 });
      const [quick, slow] = workers as [Worker, Worker];
      const result = await survive(workers, (worker) => worker === slow);
      assert.deepEqual(sizesOf(result), [2, 1]);
      const dropped = await quick.line((each) => "event" in each && each.event.type === "dropped");
      assert.deepEqual("event" in dropped && dropped.event.members, [
        result.log[0]?.members.find((id) => !result.log[1]?.members.includes(id)),
      ]);
      const line = await slow.line((each) => "error" in each);
      assert.match((line as { error: string }).error, /slower than stepTimeout, and was dropped/);
    }));

  it("waits for workers whose callbacks and checkpoints take longer than stepTimeout", () =>
    repeat(async () => {
      const options = { slowWrites: 4500, fit: { ...fit, epochs: 2, checkpointEvery: 9, stepTimeout: 3000 } };
      const workers = failures.start(options, { ...options, slowEpochs: 5500 });
      assert.deepEqual(sizesOf(await sameResult(workers)), [2]);
    }));

  it("judges nobody while no worker waits for another", () =>
    repeat(async () => {
      // The last round of an epoch has one batch: rank 0 has handed it in and waits for nobody, the others have none.
      const options = { slowEpochs: 4000, fit: { ...fit, epochs: 2, stepTimeout: 2500 } };
      assert.deepEqual(sizesOf(await sameResult(failures.start(...times(3, options)))), [3]);
    }));
});
