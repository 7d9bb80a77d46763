import { afterAll, describe, expect, it } from "vitest";
import { type JobFitOptions, join, type NatsConnection, removeJob } from "../../src/distributed/index.ts";
import { isTransient } from "../../src/distributed/jetstream.ts";
import { adam, dense, type Model, sequential } from "../../src/index.ts";
import { memoryServer } from "./nats-support.ts";

const makeModel = () => {
  const model = sequential([dense(1, { inputShape: [2] })], { seed: 1 });
  model.compile({ optimizer: adam(), loss: "meanSquaredError" });
  return model;
};
const data = [
  { data: Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)), shape: [16, 2] },
  { data: Float32Array.from({ length: 16 }, (_, i) => Math.cos(i)), shape: [16, 1] },
] as const;
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

/** Trains as one of two workers. */
async function train(nc: NatsConnection, options: JobFitOptions = {}): Promise<Model> {
  const model = makeModel();
  const job = await join(nc, { job: "a", workers: 2 });
  await job.fit(model, data, { batchSize: 4, epochs: 2, verbose: 0, checkpointEvery: 1, ...options });
  return model;
}

/** What two workers have thrown. */
const errorsOf = async (workers: readonly Promise<Model>[]) =>
  (await Promise.allSettled(workers)).map((end) => (end.status === "rejected" ? String(end.reason) : "none"));

describe("a job", () => {
  it("ends with the same weights on all workers, and leaves no subscriptions and no timers", async () => {
    const server = memoryServer();
    const before = timers();
    const models = await Promise.all([1, 2].map(() => train(server.connect())));
    const [first, second] = await Promise.all(models.map((model) => model.getWeights()));
    expect(first).toEqual(second);
    expect(server.subscriptions).toBe(0);
    await sleep(300);
    expect(timers()).toBeLessThanOrEqual(before);
  });
});

describe.concurrent("a job", () => {
  const joined: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const leave of joined.splice(0)) await leave();
  });

  it("waits for a server that is away when the store of checkpoints is made", async () => {
    const server = memoryServer();
    let asked = 0;
    const nc = server.connect((subject) => {
      if (subject.includes("CREATE.OBJ") && asked++ === 0) throw new Error("timeout");
    });
    await Promise.all([train(nc), train(server.connect())]);
    expect(asked).toBe(2);
  });

  it("that is removed while it trains ends on all workers with an error that says so", async () => {
    const server = memoryServer();
    const callbacks = {
      onTrainBatchBegin: (batch: number) => (batch === 2 ? removeJob(server.connect(), "a") : undefined),
    };
    const errors = await errorsOf([train(server.connect(), { callbacks }), train(server.connect())]);
    const expected =
      'StateError: job "a": the job was removed. Expected its members on the server, received none, or those of ' +
      "another job.";
    expect(errors).toEqual([expected, expected]);
  });

  it("that is removed and made again does not take the workers of before for its own", async () => {
    const server = memoryServer();
    const job = await join(server.connect(), { job: "a", workers: 1 });
    await removeJob(server.connect(), "a");
    const again = await join(server.connect(), { job: "a", workers: 1 });
    joined.push(again.leave);
    expect([job.log[0]?.generation, again.log[0]?.generation]).toEqual([1, 1]);
    await expect(job.fit(makeModel(), data, { verbose: 0 })).rejects.toThrow('job "a": the job was removed.');
    await again.fit(makeModel(), data, { verbose: 0 });
    expect(again.log.length).toBe(1);
  });

  it("that trains without a worker that joins says so, in place of that there are not enough", async () => {
    const server = memoryServer();
    joined.push((await join(server.connect(), { job: "a", workers: 1 })).leave);
    await expect(join(server.connect(), { job: "a", workers: 1, joinTimeout: 300 })).rejects.toThrow(
      'join of job "a": a job that trains takes in workers with a checkpoint, where fewer than `workers` train. ' +
        "Expected to be taken in within 300 ms, received a job in which 1 of 1 train. " +
        "Give a longer joinTimeout, or write checkpoints more often.",
    );
  });

  it("whose connection is drained is told that it is closed, also where it may not send any more before that", async () => {
    const server = memoryServer();
    const nc = server.connect();
    let isDraining = false;
    const draining: NatsConnection = {
      ...nc,
      publish(subject, bytes) {
        if (isDraining) throw Object.assign(new Error("connection draining"), { name: "DrainingConnectionError" });
        nc.publish(subject, bytes);
      },
    };
    const drain = (batch: number) => {
      if (batch < 2) return;
      isDraining = true;
      setTimeout(nc.close, 1500);
    };
    const callbacks = { onTrainBatchBegin: drain };
    const errors = await errorsOf([train(draining, { callbacks }), train(server.connect(), { callbacks: {} })]);
    expect(errors).toEqual([expect.stringMatching(/^StateError: job "a": the connection is closed\./), "none"]);
    isDraining = false;
    const again = memoryServer().connect();
    const job = await join({ ...draining, ...again, publish: draining.publish }, { job: "b", workers: 1 });
    isDraining = true;
    await job.leave();
  });

  it("is left once: whoever leaves again waits until the server has heard it, too", async () => {
    const server = memoryServer();
    let [isSlow, heard] = [false, 0];
    const nc = server.connect(async () => {
      if (isSlow) await sleep(100);
      if (isSlow) heard++;
    });
    const job = await join(nc, { job: "a", workers: 1 });
    isSlow = true;
    void job.leave();
    await job.leave();
    expect(heard).toBeGreaterThan(0);
  });

  it("ends on a worker, too, whose checkpoint is removed while it reads it, since the last one is there", async () => {
    const server = memoryServer();
    const callbacks = {
      onEpochEnd(epoch: number) {
        if (epoch === 1) throw new RangeError("lost");
      },
    };
    // All workers are lost after the last update. The next ones have nothing to train, so one of them ends the job.
    const lost = [1, 2].map(() => train(server.connect(), { callbacks }));
    expect(await errorsOf(lost)).toEqual(["RangeError: lost", "RangeError: lost"]);
    let isFirst = true;
    const slow = server.connect(async (subject) => {
      if (!subject.includes("DIRECT.GET") || !isFirst) return;
      isFirst = false;
      await sleep(2000);
    });
    const models = await Promise.all([train(server.connect(), { callbacks: {} }), train(slow, { callbacks: {} })]);
    const [first, second] = await Promise.all(models.map((model) => model.getWeights()));
    expect(first).toEqual(second);
    expect(isFirst).toBe(false);
  });
});

describe("errors of requests", () => {
  it("that another try may not have are told by how they begin: names of jobs may hold any word", () => {
    for (const text of ["timeout", "TIMEOUT", "no responders: 'a'"]) expect(isTransient(new Error(text))).toBe(true);
    expect(isTransient(new Error('object store "aretejs_timeouts": "a" must be there'))).toBe(false);
  });
});
