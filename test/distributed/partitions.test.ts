// Workers that are cut off from the server: each has a network namespace, whose link is taken down.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { suite } from "./limits.ts";
import { canCut, Namespaces } from "./namespaces.ts";
import { assertNoFork } from "./replay.ts";
import { isBatch, isGeneration, killWorkers, repeat, Server, sameResult, sleep, Worker } from "./support.ts";
import type { WorkerOptions } from "./worker.ts";

const namespaces = new Namespaces(3);
const server = new Server(4350, [], { host: namespaces.host });
let jobs = 0;

function start(options: Partial<WorkerOptions> = {}) {
  const job = `partitions${jobs++}`;
  const fit = { checkpointEvery: 3, shuffle: false };
  return [0, 1, 2].map(
    (index) =>
      new Worker({ servers: server.servers, job, workers: 3, slow: 40, fit, ...options }, namespaces.prefix(index)),
  ) as [Worker, Worker, Worker];
}

/** How many updates a worker has made. */
const updatesOf = ({ lines }: Worker) =>
  Math.max(...lines.map((line) => ("trained" in line ? Number(line.trained.updates) : 0)));

/** Waits for an event of this worker. */
const hears = (worker: Worker, type: string) => worker.line((line) => "event" in line && line.event.type === type);

describe("a job on a network that is cut", { ...suite, skip: !canCut && "needs ip netns, as root" }, () => {
  before(async () => {
    namespaces.start();
    await server.start();
  });
  after(async () => {
    killWorkers();
    await server.stop();
    namespaces.stop();
  });

  it("goes on without a worker that is cut off, which stops, and is taken back", () =>
    repeat(async (run) => {
      const workers = start();
      const cut = run % 3;
      const [lost, other] = [workers[cut], workers[(cut + 1) % 3]] as [Worker, Worker];
      await lost.line(isBatch(4));
      namespaces.set(cut, "down");
      const before = updatesOf(lost);
      await other.line(isGeneration(2));
      await hears(lost, "disconnected");
      // At most the update for which all had been sent.
      assert.ok(updatesOf(lost) <= before + 1, `${updatesOf(lost)} updates, ${before} before`);
      namespaces.set(cut, "up");
      const result = await sameResult(workers);
      await assertNoFork(workers, result);
      const sizes = result.log.map(({ members }) => members.length);
      assert.deepEqual(sizes.slice(0, 2), [3, 2]);
    }));

  it("stops where fewer than minWorkers are connected, and goes on when they are", () =>
    repeat(async (run) => {
      const workers = start({ minWorkers: 2 });
      const left = run % 3;
      const cut = [0, 1, 2].filter((index) => index !== left);
      await workers[left]?.line(isBatch(4));
      for (const index of cut) namespaces.set(index, "down");
      await Promise.all(cut.map((index) => hears(workers[index] as Worker, "disconnected")));
      const before = workers.map(updatesOf);
      await sleep(3000);
      assert.deepEqual(workers.map(updatesOf), before);
      for (const index of cut) namespaces.set(index, "up");
      const result = await sameResult(workers);
      await assertNoFork(workers, result);
      for (const { members } of result.log) assert.ok(members.length >= 2, JSON.stringify(result.log));
    }));

  it("is trained to the end by those that are connected, whose result one that comes back gets", () =>
    repeat(async (run) => {
      const workers = start({ slow: 15 });
      const cut = run % 3;
      const [lost, ...others] = [workers[cut], workers[(cut + 1) % 3], workers[(cut + 2) % 3]] as [
        Worker,
        Worker,
        Worker,
      ];
      await lost.line(isBatch(4));
      namespaces.set(cut, "down");
      const result = await sameResult(others);
      const before = updatesOf(lost);
      namespaces.set(cut, "up");
      assert.deepEqual(await lost.result(), result);
      assert.equal(updatesOf(lost), before);
      await assertNoFork(workers, result);
    }));
});
