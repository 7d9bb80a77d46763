// Local steps: workers train on their own, and agree on weights every so many batches.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connect } from "@nats-io/transport-node";
import { type JobFitOptions, join, type LocalSync } from "../../src/distributed/index.ts";
import { adam, dense, type Model, sequential, sgd } from "../../src/index.ts";
import { suite } from "./limits.ts";
import { simulate } from "./local-simulation.ts";
import { assertSameWeights } from "./replay.ts";
import {
  isBatch,
  isGeneration,
  killWorkers,
  repeat,
  Server,
  sameResult,
  Worker,
  type WorkerResult,
} from "./support.ts";
import { fitOptions, makeData } from "./task.ts";
import type { WorkerOptions } from "./worker.ts";

const server = new Server(4340);
let jobs = 0;

const diLoCo = { learningRate: 0.7, momentum: 0.9, nesterov: true };

/** Trains with `size` workers in processes of their own. */
function start(size: number, sync: LocalSync, more: Partial<WorkerOptions> = {}) {
  const job = `local${jobs++}`;
  const options = { servers: server.servers, job, workers: size, ...more };
  return Array.from(
    { length: size },
    () => new Worker({ ...options, fit: { shuffle: false, sync, checkpointEvery: 2, ...more.fit } }),
  );
}

function assertSimulated({ hash, history }: WorkerResult, simulated: Awaited<ReturnType<typeof simulate>>) {
  assert.equal(hash, simulated.hash);
  // The simulation adds up losses in another way.
  for (const [epoch, loss] of simulated.losses.entries())
    assert.ok(Math.abs(Number(history.loss?.[epoch]) - loss) < 1e-5, `loss of epoch ${epoch}`);
}

/** Workers in this process, which train small models. Gives what they end with. */
async function trainHere(size: number, makeModel: () => Model, options: JobFitOptions): Promise<Model[]> {
  const job = `local${jobs++}`;
  const { x, y } = makeData();
  return Promise.all(
    Array.from({ length: size }, async () => {
      const nc = await connect({ servers: server.servers });
      try {
        const model = makeModel();
        const joined = await join(nc, { job, workers: size });
        await joined.fit(model, [x, y], { ...fitOptions, ...options });
        return model;
      } finally {
        await nc.close();
      }
    }),
  );
}

/** A network of one layer, with plain gradient descent. */
function descending() {
  const model = sequential([dense(3, { activation: "softmax", inputShape: [20] })], { seed: 3 });
  model.compile({ optimizer: sgd(0.05), loss: "sparseCategoricalCrossentropy" });
  return model;
}

describe("local steps", suite, () => {
  before(() => server.start());
  after(async () => {
    killWorkers();
    await server.stop();
  });

  const kinds: readonly [string, LocalSync][] = [
    ["FedAvg", { every: 2 }],
    ["momentum", { every: 3, outer: { learningRate: 0.9, momentum: 0.5 } }],
    ["DiLoCo", { every: 4, outer: diLoCo }],
  ];
  for (const size of [1, 2, 3])
    for (const [name, sync] of kinds)
      it(`of ${size} workers with ${name} end in the bits of a simulation`, async () => {
        const simulated = await simulate(size, sync);
        await repeat(async () => {
          const result = await sameResult(start(size, sync));
          assert.equal(result.log.length, 1, JSON.stringify(result.log));
          assertSimulated(result, simulated);
        });
      });

  it("lose, repeat and reorder messages without a change", async () => {
    const sync = { every: 2, outer: diLoCo };
    const simulated = await simulate(3, sync);
    await repeat(async (run) => assertSimulated(await sameResult(start(3, sync, { faults: 7 * run })), simulated));
  });

  it("go on with the outer state of the last checkpoint when all workers were killed", async () => {
    const sync = { every: 2, outer: diLoCo };
    // One worker has all of the state; with more, those of the other ranks keep state of their own.
    const simulated = await simulate(1, sync);
    await repeat(async () => {
      const [lost] = start(1, sync, { slow: 15 }) as [Worker];
      await lost.line(isBatch(9));
      lost.signal("SIGKILL");
      await lost.ended;
      const [again] = start(1, sync, { job: `local${jobs - 1}` }) as [Worker];
      const result = await again.result();
      assert.ok((result.log.at(-1)?.updates ?? 0) >= 8, JSON.stringify(result.log));
      assertSimulated(result, simulated);
    });
  });

  it("go on without a worker that is killed, and give a new one weights and outer state", () =>
    repeat(async (run) => {
      const sync = { every: 2, outer: diLoCo };
      const workers = start(3, sync, { slow: 40 });
      const [victim, other] = [workers[run % 3], workers[(run + 1) % 3]] as [Worker, Worker];
      await victim.line(isBatch(2));
      victim.signal("SIGKILL");
      await other.line(isGeneration(2));
      const [more] = start(1, sync, { job: `local${jobs - 1}`, workers: 3, slow: 40 });
      const { log } = await sameResult([...workers.filter((worker) => worker !== victim), more as Worker]);
      assertSameWeights([...workers, more as Worker]);
      assert.deepEqual(
        log.map(({ members }) => members.length),
        [3, 2, 3],
      );
    }));

  it("begin again with the outer state of the first checkpoint, which is zero, on workers that had trained, too", () =>
    repeat(async (run) => {
      const sync = { every: 2, outer: diLoCo };
      const more = { workers: 3, slow: 40, fit: { checkpointEvery: 1000 } };
      const workers = start(3, sync, more);
      const victim = workers[run % 3] as Worker;
      await victim.line(isBatch(1));
      const [spare] = start(1, sync, { ...more, job: `local${jobs - 1}` }) as [Worker];
      await spare.line(isGeneration(1));
      await victim.line(isBatch(3));
      victim.signal("SIGKILL");
      const { log } = await sameResult([...workers.filter((worker) => worker !== victim), spare]);
      assertSameWeights([...workers, spare]);
      assert.deepEqual(
        log.map(({ members, updates }) => [members.length, updates]),
        [
          [3, 0],
          [3, 0],
        ],
      );
    }));

  it("of one batch, with plain gradient descent and the mean of weights, are synchronous steps but for rounding", async () => {
    // An even number of batches, so that all rounds are whole.
    const options = { stepsPerEpoch: 6, epochs: 2 };
    const [local, other] = (await trainHere(2, descending, { ...options, sync: { every: 1 } })) as [Model, Model];
    const [step] = (await trainHere(2, descending, options)) as [Model];
    const [mean, again, expected] = await Promise.all([local, other, step].map((model) => model.getWeights()));
    assert.deepEqual(mean, again);
    for (const [index, { data }] of (expected ?? []).entries())
      for (const [i, value] of data.entries())
        assert.ok(Math.abs(Number(mean?.[index]?.data[i]) - value) < 1e-6, `${mean?.[index]?.data[i]}, not ${value}`);
  });

  it("are refused where options do not fit", async () => {
    const nc = await connect({ servers: server.servers });
    const { x, y } = makeData();
    const refused = async (sync: unknown, message: RegExp, optimizer = adam()) => {
      const model = sequential([dense(3, { inputShape: [20] })]);
      model.compile({ optimizer, loss: "sparseCategoricalCrossentropy" });
      const job = await join(nc, { job: `local${jobs++}`, workers: 1 });
      await assert.rejects(job.fit(model, [x, y], { sync } as JobFitOptions), message);
    };
    await refused("epoch", /unknown sync\. Expected "step" or \{ every: 100 \}, received the string "epoch"/);
    await refused({ every: 0 }, /every must be an integer ≥ 1/);
    await refused({}, /every/);
    await refused({ every: 2, outer: { momentum: 1.5 } }, /momentum must be a number in \[0, 1\]/);
    await refused({ every: 2, outer: { learningRate: -1 } }, /learningRate must be/);
    await refused({ every: 2, inner: 1 }, /inner/);
    await refused({ every: 2 }, /the optimizer of local steps has no useEma/, adam({ useEma: true }));
    await nc.close();
  });
});
