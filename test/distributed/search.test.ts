// Trials of a search: each is finished once, whatever happens to its workers and to the server.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { removeJob, search, type TrialResult } from "../../src/distributed/index.ts";
import { suite } from "./limits.ts";
import { killWorkers, repeat, Server, sleep, Worker } from "./support.ts";
import type { Trial, TrialWorkerOptions } from "./trial-worker.ts";
import type { WorkerLine } from "./worker.ts";

const server = new Server(4410);
let jobs = 0;
let nc: NatsConnection;

const trialsOf = (count: number, time: number): Trial[] =>
  Array.from({ length: count }, (_, index) => ({ name: `trial ${index}`, time }));

const isStarted = (line: WorkerLine) => "event" in line && line.event.type === "started";
const startedBy = ({ lines }: Worker) => lines.filter(isStarted).length;

/** The results that a worker gives. */
async function resultsOf(worker: Worker): Promise<readonly TrialResult<Trial>[]> {
  const line = await worker.line((each) => "results" in each || "error" in each);
  if ("error" in line) throw new Error(line.error);
  return (line as { results: readonly TrialResult<Trial>[] }).results;
}

/** All workers give the same results: one for each trial, in their order. */
async function sameResults(workers: readonly Worker[], trials: readonly Trial[]) {
  const [first, ...others] = await Promise.all(workers.map(resultsOf));
  assert.ok(first);
  for (const other of others) assert.deepEqual(other, first);
  assert.deepEqual(
    first.map(({ index, trial }) => ({ index, trial })),
    trials.map((trial, index) => ({ index, trial })),
  );
  return first;
}

/** How often results were written, by what the server counts. */
async function writtenResults(job: string): Promise<number> {
  const entries = await (await new Kvm(nc).open(`aretejs_${job}`)).history({ key: "trial.*" });
  let count = 0;
  for await (const { operation } of entries) if (operation === "PUT") count++;
  return count;
}

describe("a search", suite, () => {
  before(async () => {
    await server.start();
    nc = await connect({ servers: server.servers, maxReconnectAttempts: -1 });
  });
  after(async () => {
    killWorkers();
    await nc.close();
    await server.stop();
  });

  /** Starts workers of a new search. */
  function begin(count: number, trials: readonly Trial[], options: Partial<TrialWorkerOptions> = {}) {
    const job = options.job ?? `search${jobs++}`;
    const start = () => new Worker({ servers: server.servers, job, trials, ackWait: 1000, ...options });
    return { job, workers: Array.from({ length: count }, start) };
  }

  it("finishes each of 64 trials once on four workers, two of which are killed", async () => {
    await repeat(async (run) => {
      const trials = trialsOf(64, 100);
      const { job, workers } = begin(4, trials);
      const victims = [workers[run % 4], workers[(run + 1) % 4]] as [Worker, Worker];
      for (const [place, victim] of victims.entries()) {
        await victim.line(() => startedBy(victim) >= 2 + place);
        victim.signal("SIGKILL");
      }
      const results = await sameResults(
        workers.filter((worker) => !victims.includes(worker)),
        trials,
      );
      for (const { status, trial, ...rest } of results) {
        assert.equal(status, "done");
        assert.deepEqual("result" in rest && rest.result, { greeting: `hello ${trial.name}`, loss: "1" });
      }
      assert.equal(await writtenResults(job), 64);
      assert.ok(results.filter(({ attempts }) => attempts > 1).length <= 2);
      const { state } = await (await jetstreamManager(nc)).streams.info(`TRIALS_aretejs_${job}`);
      assert.equal(state.messages, 0);
    });
  });

  it("tries a trial again whose function throws, and keeps the error where it throws too often", async () => {
    const trials = [
      { name: "unlucky", time: 1, throws: 2 },
      { name: "hopeless", time: 1, throws: 99 },
      { name: "lucky", time: 1 },
    ];
    const { workers } = begin(2, trials);
    const [unlucky, hopeless, lucky] = await sameResults(workers, trials);
    assert.deepEqual([unlucky?.attempts, unlucky?.status], [3, "done"]);
    assert.deepEqual(unlucky?.status === "done" && unlucky.result, { greeting: "hello unlucky", loss: "NaN" });
    assert.deepEqual([hopeless?.attempts, hopeless?.status], [3, "failed"]);
    assert.equal(hopeless?.status === "failed" && hopeless.error, "RangeError: attempt 3 of hopeless");
    assert.deepEqual([lucky?.attempts, lucky?.status], [1, "done"]);
    const again = workers.flatMap(({ lines }) =>
      lines.filter((line) => "event" in line && line.event.type === "again"),
    );
    assert.equal(again.length, 4);
  });

  it("gives up a trial that ends its workers", async () => {
    const trials = [{ name: "deadly", time: 1, kills: true }, ...trialsOf(3, 1)];
    const { workers } = begin(3, trials, { maxLosses: 2 });
    const ended = workers.map((worker) => worker.ended.then(() => worker));
    const first = await Promise.race(ended);
    const second = await Promise.race(ended.filter((_, place) => workers[place] !== first));
    const [deadly, ...others] = await sameResults(
      workers.filter((worker) => worker !== first && worker !== second),
      trials,
    );
    assert.equal(deadly?.status === "failed" && deadly.error, "2 workers were lost, or too slow, with this trial");
    assert.ok(others.every(({ status }) => status === "done"));
  });

  it("keeps a trial that takes longer than ackWait, and ignores what a worker gives that was stopped", async () => {
    const trials = trialsOf(2, 3500);
    const { job, workers } = begin(2, trials);
    const [stopped, other] = workers as [Worker, Worker];
    await Promise.all([stopped.line(isStarted), other.line(isStarted)]);
    stopped.signal("SIGSTOP");
    const results = await sameResults([other], trials);
    stopped.signal("SIGCONT");
    assert.deepEqual(await resultsOf(stopped), results);
    assert.deepEqual(results.map(({ attempts }) => attempts).sort(), [1, 2]);
    assert.equal(new Set(results.map(({ worker }) => worker)).size, 1);
    assert.equal(await writtenResults(job), 2);
  });

  it("goes on when all workers were killed, and when the server was", async () => {
    const trials = trialsOf(24, 40);
    const { job, workers } = begin(2, trials);
    const [first, second] = workers as [Worker, Worker];
    await first.line(() => startedBy(first) >= 4);
    for (const worker of workers) worker.signal("SIGKILL");
    await Promise.all([first.ended, second.ended]);
    const { workers: next } = begin(2, trials, { job });
    // One that is not connected yet would not wait for the server.
    await Promise.all(next.map((worker) => worker.line(() => startedBy(worker) >= 2)));
    await server.kill();
    await sleep(1000);
    await server.start();
    await sameResults(next, trials);
    assert.equal(await writtenResults(job), 24);
    const started = [...workers, ...next].reduce((sum, worker) => sum + startedBy(worker), 0);
    assert.ok(started <= 24 + 4, `${started} trials were begun`);
    // One that comes later only gets the results.
    const { workers: late } = begin(1, trials, { job });
    await sameResults(late, trials);
    assert.equal(startedBy(late[0] as Worker), 0);
  });

  it("refuses another list or other options, until the search is removed", async () => {
    const job = `search${jobs++}`;
    const double = (trial: number) => 2 * trial;
    assert.equal((await search(nc, { job, trials: [1, 2] }, double)).length, 2);
    await assert.rejects(search(nc, { job, trials: [1, 3] }, double), {
      name: "StateError",
      message:
        /^search "search\d+": all workers of a search must have the same trials\. Expected that of the search \(hash \w+\), received another/,
    });
    await assert.rejects(search(nc, { job, trials: [1, 2], maxAttempts: 1 }, double), /the same maxAttempts/);
    await removeJob(nc, job);
    const results = await search(nc, { job, trials: [1, 3], maxAttempts: 1 }, double);
    assert.deepEqual(
      results.map((each) => each.status === "done" && each.result),
      [2, 6],
    );
    await removeJob(nc, job);
  });

  it("ends where it is aborted, and others take the trial at once", async () => {
    const job = `search${jobs++}`;
    const controller = new AbortController();
    const { signal } = controller;
    const abort = () => setTimeout(() => controller.abort(new Error("enough")), 10);
    const options = { job, trials: ["a", "b"], ackWait: 60_000 };
    const never = new Promise<string>(() => {});
    const aborted = search(nc, { ...options, signal, onTrial: abort }, () => never);
    await assert.rejects(aborted, /enough/);
    const results = await search(nc, options, (letter) => letter.toUpperCase());
    assert.deepEqual(
      results.map(({ status, attempts }) => [status, attempts]),
      [
        ["done", 2],
        ["done", 1],
      ],
    );
  });

  it("rejects with what the signal was aborted with, whatever the trial throws then, and leaves no listener", async () => {
    const job = `search${jobs++}`;
    const reason = new RangeError("enough");
    const controller = new AbortController();
    const { signal } = controller;
    let listeners = 0;
    signal.addEventListener = (...given: Parameters<AbortSignal["addEventListener"]>) => {
      listeners++;
      AbortSignal.prototype.addEventListener.apply(signal, given);
    };
    signal.removeEventListener = (...given: Parameters<AbortSignal["addEventListener"]>) => {
      listeners--;
      AbortSignal.prototype.removeEventListener.apply(signal, given);
    };
    const options = { job, trials: [1, 2], signal };
    await assert.rejects(
      search(nc, options, (trial) => {
        if (trial === 1) return trial;
        controller.abort(reason);
        throw new TypeError("the trial's own");
      }),
      (error) => error === reason,
    );
    assert.equal(listeners, 0);
    await assert.rejects(
      search(nc, options, () => 1),
      (error) => error === reason,
    );
    await removeJob(nc, job);
  });

  for (const type of ["started", "again", "finished"] as const)
    for (const kind of ["throws", "rejects"] as const)
      it(`rejects where onTrial ${kind} when a trial is ${type}, and another worker finishes the trials`, async () => {
        const job = `search${jobs++}`;
        // An error that looks like one of the connection, after which requests are made again.
        const error = new Error("timeout");
        error.name = "TimeoutError";
        const onTrial = (event: { readonly type: string }) => {
          if (event.type !== type) return;
          if (kind === "throws") throw error;
          return Promise.reject(error);
        };
        const run = (trial: number, { attempt }: { readonly attempt: number }) => {
          if (trial === 2 && attempt === 1) throw new RangeError("again");
          return trial;
        };
        const options = { job, trials: [1, 2], ackWait: 60_000 };
        await assert.rejects(search(nc, { ...options, onTrial }, run), (thrown) => thrown === error);
        const results = await search(nc, options, run);
        assert.deepEqual(
          results.map(({ status }) => status),
          ["done", "done"],
        );
      });

  it("fails where the search is removed while it runs, and where a result is too large", async () => {
    const job = `search${jobs++}`;
    const [large] = await search(nc, { job, trials: [1], maxAttempts: 1 }, () => "a".repeat(2e6));
    assert.match(large?.status === "failed" ? large.error : "", /the result of a trial must fit into a message/);
    await removeJob(nc, job);
    const removed = search(nc, { job, trials: [1, 2] }, async (trial) => {
      if (trial === 1) await removeJob(nc, job);
      return trial;
    });
    await assert.rejects(removed, { name: "StateError", message: /^search "search\d+": the search was removed\./ });
  });
});
