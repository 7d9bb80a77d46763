// What happens when workers or the server fail, wherever they are at the time.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Point, Stop } from "./observed.ts";
import { assertNoFork } from "./replay.ts";
import { isBatch, isGeneration, killWorkers, repeat, Server, sameResult, sleep, Worker } from "./support.ts";
import { fitOptions, hashOf, makeData, makeModel } from "./task.ts";
import type { WorkerOptions } from "./worker.ts";

const server = new Server(4320);
const folder = mkdtempSync(join(tmpdir(), "aretejs-failures-"));
let jobs = 0;
const fit = { checkpointEvery: 3, shuffle: false };

/** Starts workers that take their time. */
function start(count: number, options: Partial<WorkerOptions> = {}) {
  const job = `failures${jobs++}`;
  return Array.from(
    { length: count },
    () => new Worker({ servers: server.servers, job, workers: count, slow: 15, fit, ...options }),
  );
}

/** Where the first worker that comes there is stopped, after so many steps. */
const stopAt = (point: Point, step: number, signal: Stop["signal"] = "SIGKILL"): { stop: Stop } => ({
  stop: { point, step, signal, flag: join(folder, `stop${jobs}`) },
});

/** All others end alike, and nobody has trained anything else. Gives what they end with. */
async function survive(workers: readonly Worker[], isLost: (worker: Worker) => boolean) {
  const result = await sameResult(workers.filter((worker) => !isLost(worker)));
  await assertNoFork(workers, result);
  return result;
}

/** The one that is killed. */
const killed = (workers: readonly Worker[]) =>
  Promise.race(workers.map((worker) => worker.ended.then(() => assert.ok(worker.isKilled, "ended by itself"))));

describe("a job", { concurrency: false }, () => {
  before(() => server.start());
  after(async () => {
    killWorkers();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  it("goes on without a worker that is killed, from the last checkpoint", () =>
    repeat(async (run) => {
      const workers = start(3);
      const [victim, other] = [workers[run % 3], workers[(run + 1) % 3]] as [Worker, Worker];
      await victim.line(isBatch(4 + (run % 5)));
      const time = performance.now();
      victim.signal("SIGKILL");
      await other.line(isGeneration(2));
      // Noticed within 4 s; on a machine that has too much to do, later.
      assert.ok(performance.now() - time < 20_000, `noticed after ${performance.now() - time} ms`);
      const { log } = await survive(workers, (worker) => worker === victim);
      assert.deepEqual(
        log.map(({ members }) => members.length),
        [3, 2],
      );
    }));

  const points: readonly Point[] = [
    "step: before what a batch gave is sent",
    "step: after half of the parts",
    "step: before a sum is sent",
    "step: after all sums have come",
    "checkpoint: before the file is complete",
    "checkpoint: before it counts",
    "checkpoint: after it counts",
  ];
  for (const point of points) {
    it(`goes on without a worker that is killed in a ${point}`, () =>
      repeat(async (run) => {
        const workers = start(3, stopAt(point, 4 + (run % 5)));
        await killed(workers);
        const { log } = await survive(workers, ({ isKilled }) => isKilled);
        assert.deepEqual(
          log.map(({ members }) => members.length),
          [3, 2],
        );
      }));

    it(`does not hear a worker that was stopped in a ${point} and goes on when it was replaced`, () =>
      repeat(async (run) => {
        const workers = start(3, { slow: 40, ...stopAt(point, 4 + (run % 5), "SIGSTOP") });
        await Promise.any(workers.map((worker) => worker.line(isGeneration(2))));
        for (const worker of workers) worker.signal("SIGCONT");
        const { log } = await survive(workers, () => false);
        assert.deepEqual(
          log.slice(0, 2).map(({ members }) => members.length),
          [3, 2],
        );
      }));
  }

  it("keeps the checkpoint that counts when one was overtaken while it was written", () =>
    repeat(async () => {
      const options = { slow: 60, fit: { ...fit, checkpointEvery: 12 } };
      const workers = start(3, { ...options, ...stopAt("checkpoint: before it counts", 1, "SIGSTOP") });
      await Promise.any(workers.map((worker) => worker.line(isGeneration(2))));
      for (const worker of workers) worker.signal("SIGCONT");
      await Promise.all(workers.map((worker) => worker.line(isGeneration(2))));
      await sleep(300);
      for (const worker of workers) worker.signal("SIGKILL");
      await Promise.all(workers.map(({ ended }) => ended));
      const others = start(3, { ...options, job: `failures${jobs - 1}` });
      const { log } = await survive([...workers, ...others], ({ isKilled }) => isKilled);
      assert.equal(log.at(-1)?.updates, 0, JSON.stringify(log));
    }));

  for (const point of ["join: after the first sign of life", "join: after the first group is written"] as const)
    it(`begins without a worker that is killed in a ${point}`, () =>
      repeat(async () => {
        const workers = start(2, stopAt(point, 0));
        await killed(workers);
        // Where it was not heard, one is missing.
        const [more] = start(1, { job: `failures${jobs - 1}`, workers: 2 });
        await survive([...workers, more as Worker], ({ isKilled }) => isKilled);
      }));

  it("begins with another worker where one is killed before the first group is written", () =>
    repeat(async () => {
      const workers = start(2, stopAt("join: before the first group is written", 0));
      await killed(workers);
      const [more] = start(1, { job: `failures${jobs - 1}`, workers: 2 });
      await survive([...workers, more as Worker], ({ isKilled }) => isKilled);
    }));

  it("goes on as if nothing had been when all workers were stopped for longer than stepTimeout", () =>
    repeat(async () => {
      const options = { job: `failures${jobs++}`, workers: 2, fit: { ...fit, epochs: 1, stepTimeout: 1500 } };
      const workers = [...start(1, { ...options, slow: 1 }), ...start(1, { ...options, slow: 400 })];
      const [waiting, computing] = workers as [Worker, Worker];
      await computing.line(isBatch(2));
      for (const worker of workers) worker.signal("SIGSTOP");
      await sleep(2500);
      waiting.signal("SIGCONT");
      await sleep(200);
      computing.signal("SIGCONT");
      const { log } = await sameResult(workers);
      assert.equal(log.length, 1, JSON.stringify(log));
    }));

  for (const pause of [1000, 10_000])
    it(`waits for a server that is killed and comes again after ${pause / 1000} s, with the same bits`, async () => {
      const model = makeModel({ accumulate: 2 });
      const { x, y } = makeData();
      const { history } = await model.fit(x, y, { ...fitOptions, shuffle: false });
      const hash = await hashOf(model);
      await repeat(async (run) => {
        const workers = start(2);
        await (workers[0] as Worker).line(isBatch(4 + (run % 8)));
        await server.kill();
        await sleep(pause);
        await server.start();
        const result = await survive(workers, () => false);
        assert.deepEqual([result.hash, result.history], [hash, history]);
        assert.equal(result.log.length, 1);
      });
    });

  it("goes on from the last checkpoint when all workers were killed and others come", () =>
    repeat(async () => {
      const job = `failures${jobs++}`;
      const lost = start(2, { job });
      await (lost[0] as Worker).line(isBatch(7));
      for (const worker of lost) worker.signal("SIGKILL");
      await Promise.all(lost.map(({ ended }) => ended));
      const { log } = await survive([...lost, ...start(2, { job })], ({ isKilled }) => isKilled);
      assert.ok((log.at(-1)?.updates ?? 0) >= 6, JSON.stringify(log));
    }));

  it("waits for a worker that is silent when it has joined, or has been silent before", () =>
    repeat(async () => {
      const options = { job: `failures${jobs++}`, workers: 2, slow: 300, fit: { ...fit, epochs: 1 } };
      const workers = [...start(1, options), ...start(1, { ...options, blocks: [5000, 2000, 4500] })];
      const { log } = await sameResult(workers);
      assert.equal(log.length, 1, JSON.stringify(log));
    }));

  it("drops a worker that is alive and slower than stepTimeout, whose fit says so", () =>
    repeat(async () => {
      const options = { job: `failures${jobs++}`, workers: 2, fit: { ...fit, stepTimeout: 1500 } };
      const workers = [...start(1, { ...options, slow: 1 }), ...start(1, { ...options, slow: 8000 })];
      const [quick, slow] = workers as [Worker, Worker];
      const { log } = await survive(workers, (worker) => worker === slow);
      assert.equal(log.at(-1)?.members.length, 1);
      const line = await slow.line((each) => "error" in each);
      assert.match((line as { error: string }).error, /slower than stepTimeout, and was dropped/);
      await quick.ended;
    }));
});
