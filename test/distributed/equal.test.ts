// Any number of workers ends in the bits of one process that accumulates gradients.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connect } from "@nats-io/transport-node";
import { removeJob } from "../../src/distributed/index.ts";
import { suite } from "./limits.ts";
import { killWorkers, repeat, Server, Worker } from "./support.ts";
import { fitOptions, hashOf, makeData, makeModel } from "./task.ts";

const server = new Server(4310);
let jobs = 0;

/** Hash and history of one process with accumulation. */
async function alone(workers: number) {
  const model = makeModel({ accumulate: workers > 1 ? workers : undefined });
  const { x, y } = makeData();
  const { history } = await model.fit(x, y, fitOptions);
  return { hash: await hashOf(model), history };
}

describe("a job", suite, () => {
  before(() => server.start());
  after(async () => {
    killWorkers();
    await server.stop();
  });

  for (const size of [1, 2, 3, 4])
    it(`of ${size} workers ends in the bits of one process with accumulation`, async () => {
      const expected = await alone(size);
      await repeat(async () => {
        const job = `equal${jobs++}`;
        // Only rank 0's weights and seed count; which worker that is, is not known. All must start with the same.
        const workers = Array.from(
          { length: size },
          () => new Worker({ servers: server.servers, job, workers: size, fit: { checkpointEvery: 6 } }),
        );
        for (const worker of workers) {
          const { hash, history, log } = await worker.result();
          // With other members other bits would be right.
          assert.equal(log.length, 1, JSON.stringify(log));
          assert.deepEqual({ hash, history }, expected);
        }
        await Promise.all(workers.map(({ ended }) => ended));
      });
    });

  it("gives the weights of one worker to all", async () => {
    const job = `equal${jobs++}`;
    const workers = [11, 12].map((seed) => new Worker({ servers: server.servers, job, workers: 2, seed }));
    const [first, second] = await Promise.all(workers.map((worker) => worker.result()));
    assert.deepEqual(first, second);
  });

  it("loses, repeats and reorders messages without a change", async () => {
    const expected = await alone(3);
    await repeat(async (run) => {
      const job = `equal${jobs++}`;
      const workers = [1, 2, 3].map(
        (rank) => new Worker({ servers: server.servers, job, workers: 3, faults: 100 * run + rank }),
      );
      for (const worker of workers) {
        const { hash, history, log } = await worker.result(120_000);
        assert.equal(log.length, 1, JSON.stringify(log));
        assert.deepEqual({ hash, history }, expected);
      }
    });
  });

  it("refuses a worker with another model, and a job that is done", async () => {
    const job = `equal${jobs++}`;
    const one = new Worker({ servers: server.servers, job, workers: 2, slow: 50 });
    const other = new Worker({ servers: server.servers, job, workers: 2, units: 65 });
    const isError = (line: object): line is { error: string } => "error" in line;
    const { error } = await Promise.race([one.line(isError), other.line(isError)]);
    assert.match(error, /^StateError: fit of job "equal\d+": all workers of a job must train the same model/);
    // The one that came first goes on alone.
    await Promise.any([one.result(), other.result()]);
    const late = new Worker({ servers: server.servers, job, workers: 2 });
    assert.match((await late.line(isError)).error, /the job has ended.*removeJob\(nc, "equal\d+"\)/);
    const nc = await connect({ servers: server.servers });
    await removeJob(nc, job);
    await nc.close();
    const again = new Worker({ servers: server.servers, job, workers: 1 });
    await again.result();
  });
});
