// What happens when workers are killed, wherever they are at the time.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { Failures, killed, points, sizesOf, survive, times } from "./failures.ts";
import { suite } from "./limits.ts";
import { isBatch, isGeneration, repeat, type Worker } from "./support.ts";

const isKilled = (worker: Worker) => worker.isKilled;

describe("a job", suite, () => {
  const failures = new Failures(4320);

  /** Nothing is kept but the last checkpoint: one message, and one that says so. */
  async function assertTidy() {
    const nc = await connect({ servers: failures.server.servers });
    const { state } = await (await jetstreamManager(nc)).streams.info(`OBJ_aretejs_${failures.job}`);
    await nc.close();
    assert.equal(state.messages, 2);
  }

  it("goes on without a worker that is killed, from the last checkpoint", () =>
    repeat(async (run) => {
      const workers = failures.start(...times(3));
      const [victim, other] = [workers[run % 3], workers[(run + 1) % 3]] as [Worker, Worker];
      await victim.line(isBatch(4 + (run % 5)));
      const time = performance.now();
      victim.signal("SIGKILL");
      await other.line(isGeneration(2));
      // Noticed within 4 s; on a machine that has too much to do, later.
      assert.ok(performance.now() - time < 20_000, `noticed after ${performance.now() - time} ms`);
      assert.deepEqual(sizesOf(await survive(workers, isKilled)), [3, 2]);
    }));

  for (const point of points)
    it(`goes on without a worker that is killed in a ${point}`, () =>
      repeat(async (run) => {
        const workers = failures.start(...times(3, failures.stopAt(point, 4 + (run % 5))));
        await killed(workers);
        assert.deepEqual(sizesOf(await survive(workers, isKilled)), [3, 2]);
        await assertTidy();
      }));

  for (const point of [
    "join: after the first sign of life",
    "join: before the first group is written",
    "join: after the first group is written",
  ] as const)
    it(`begins without a worker that is killed in a ${point}`, () =>
      repeat(async () => {
        const workers = failures.start(...times(2, failures.stopAt(point, 0)));
        await killed(workers);
        // Where it was not heard, one is missing.
        const more = failures.more(2, {});
        await survive([...workers, ...more], isKilled);
      }));

  it("goes on from the last checkpoint when all workers were killed and others come", () =>
    repeat(async () => {
      const lost = failures.start(...times(2));
      await (lost[0] as Worker).line(isBatch(7));
      for (const worker of lost) worker.signal("SIGKILL");
      await Promise.all(lost.map(({ ended }) => ended));
      const { log } = await survive([...lost, ...failures.more(2, ...times(2))], isKilled);
      assert.ok((log.at(-1)?.updates ?? 0) >= 6, JSON.stringify(log));
    }));
});
