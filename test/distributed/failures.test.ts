// What happens when workers or the server fail.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { killWorkers, Server, sleep, Worker } from "./support.ts";
import { fitOptions, hashOf, makeData, makeModel } from "./task.ts";
import type { WorkerLine } from "./worker.ts";

const repeats = Number(process.env.REPEAT ?? 1);
const server = new Server(4320);
let jobs = 0;

const isBatch = (updates: number) => (line: WorkerLine) => "updates" in line && Number(line.updates) >= updates;

const isGeneration = (generation: number) => (line: WorkerLine) =>
  "event" in line && line.event.type === "generation" && line.event.generation === generation;

/** Starts workers that take their time. */
function start(count: number, options: Partial<ConstructorParameters<typeof Worker>[0]> = {}) {
  const job = `failures${jobs++}`;
  return Array.from(
    { length: count },
    () =>
      new Worker({ servers: server.servers, job, workers: count, slow: 15, fit: { checkpointEvery: 3 }, ...options }),
  );
}

/** All workers end with the same weights, history and log. */
async function sameResult(workers: readonly Worker[]) {
  const [first, ...others] = await Promise.all(workers.map((worker) => worker.result()));
  assert.ok(first);
  for (const other of others) assert.deepEqual(other, first);
  return first;
}

describe("a job", { concurrency: false }, () => {
  before(() => server.start());
  after(async () => {
    killWorkers();
    await server.stop();
  });

  it("goes on without a worker that is killed, from the last checkpoint", async () => {
    for (let run = 0; run < repeats; run++) {
      const workers = start(3);
      const [victim, ...rest] = [...workers.slice(run % 3), ...workers.slice(0, run % 3)] as [Worker, ...Worker[]];
      await victim.line(isBatch(4 + (run % 5)));
      const killed = performance.now();
      victim.signal("SIGKILL");
      await (rest[0] as Worker).line(isGeneration(2));
      // Noticed within 4 s; the rest is for a busy machine.
      assert.ok(performance.now() - killed < 6000, `noticed after ${performance.now() - killed} ms`);
      const { log } = await sameResult(rest);
      assert.deepEqual(
        log.map(({ members }) => members.length),
        [3, 2],
      );
    }
  });

  for (const pause of [1000, 10_000])
    it(`waits for a server that is killed and comes again after ${pause / 1000} s, with the same bits`, async () => {
      const model = makeModel({ accumulate: 2 });
      const { x, y } = makeData();
      const { history } = await model.fit(x, y, fitOptions);
      for (let run = 0; run < repeats; run++) {
        const workers = start(2);
        await (workers[0] as Worker).line(isBatch(4 + (run % 8)));
        await server.kill();
        await sleep(pause);
        await server.start();
        const result = await sameResult(workers);
        assert.deepEqual([result.hash, result.history], [await hashOf(model), history]);
        assert.equal(result.log.length, 1);
      }
    });

  it("drops a worker that is stopped, and takes it back when it goes on", async () => {
    for (let run = 0; run < repeats; run++) {
      const workers = start(3, { slow: 40 });
      const [stopped, ...rest] = workers as [Worker, ...Worker[]];
      await stopped.line(isBatch(3));
      stopped.signal("SIGSTOP");
      await (rest[0] as Worker).line(isGeneration(2));
      stopped.signal("SIGCONT");
      await sameResult(workers);
    }
  });

  it("goes on from the last checkpoint when all workers were killed and others come", async () => {
    const job = `failures${jobs++}`;
    const begin = () => start(2, { job });
    const killed = begin();
    await (killed[0] as Worker).line(isBatch(7));
    for (const worker of killed) worker.signal("SIGKILL");
    await Promise.all(killed.map(({ ended }) => ended));
    const { log } = await sameResult(begin());
    assert.ok((log.at(-1)?.updates ?? 0) >= 6, JSON.stringify(log));
  });

  it("drops a worker that is alive and slower than stepTimeout, whose fit says so", async () => {
    const job = `failures${jobs++}`;
    const fit = { checkpointEvery: 3, stepTimeout: 1500 };
    const [quick, slow] = [
      ...start(1, { job, workers: 2, slow: 1, fit }),
      ...start(1, { job, workers: 2, slow: 8000, fit }),
    ] as [Worker, Worker];
    const { log } = await quick.result();
    assert.equal(log.at(-1)?.members.length, 1);
    const line = await slow.line((each) => "error" in each);
    assert.match((line as { error: string }).error, /slower than stepTimeout, and was dropped/);
  });
});
