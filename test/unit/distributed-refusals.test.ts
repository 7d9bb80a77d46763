import { describe, expect, it } from "vitest";
import { compiledOf, jobFitOptions } from "../../src/distributed/fit-options.ts";
import { join, type NatsConnection, removeJob } from "../../src/distributed/index.ts";
import { adam, dense, sequential } from "../../src/index.ts";
import { sessionOf } from "../../src/train/session.ts";

const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** A server with one value in a bucket, and no other worker; JetStream answers as `answer` says, where it does. */
function connection(answer?: (subject: string) => Promise<never> | undefined): NatsConnection {
  const kept: { data: string }[] = [];
  const reply = (value: unknown) => ({ subject: "", data: text(value) });
  return {
    publish: () => {},
    subscribe: () => ({ unsubscribe: () => {} }),
    async request(subject, data) {
      await answer?.(subject);
      if (subject.startsWith("$KV.")) {
        kept.push({ data: btoa(String.fromCharCode(...(data as Uint8Array))) });
        return reply({ seq: kept.length });
      }
      if (!subject.includes("MSG.GET")) return reply({});
      const last = kept.at(-1);
      return reply(last ? { message: { seq: kept.length, ...last } } : { error: { err_code: 10037 } });
    },
    status: async function* () {
      await new Promise(() => {});
    },
    isClosed: () => false,
  };
}

function makeModel(options: { gradientAccumulationSteps?: number } = {}) {
  const model = sequential([dense(1, { inputShape: [2] })], { seed: 1 });
  model.compile({ optimizer: adam(options), loss: "meanSquaredError" });
  return model;
}

describe("a job refuses", () => {
  it("more workers to go on with than there are", async () => {
    await expect(join(connection(), { job: "a", workers: 2, minWorkers: 3 })).rejects.toThrow(
      "join: minWorkers is at most workers. Expected ≤ 2, received 3.",
    );
  });

  it("names that cannot be part of a subject", async () => {
    const message = 'the name of a job has letters, digits, - and _. Expected 1 to 100 of them, such as "fashion", ';
    await expect(join(connection(), { job: "a.b", workers: 1 })).rejects.toThrow(
      `join: ${message}received the string "a.b".`,
    );
    await expect(removeJob(connection(), "")).rejects.toThrow(`removeJob: ${message}received the string "".`);
  });

  it("a server without JetStream", async () => {
    const nc = connection(() => Promise.reject(new Error("no responders")));
    await expect(join(nc, { job: "a", workers: 1 })).rejects.toThrow(
      'aretejs/distributed: the server must have JetStream. Expected a server started with "jetstream" in its ' +
        "configuration, and permission to use it, received no responders.",
    );
  });

  it("to wait for workers for longer than it was told, and says whether the server has answered", async () => {
    await expect(join(connection(), { job: "a", workers: 2, joinTimeout: 100 })).rejects.toThrow(
      'join of job "a": not enough workers have come. Expected 2 within 100 ms, received 1.',
    );
    const nc = connection((subject) =>
      subject.includes("MSG.GET") ? Promise.reject(new Error("timeout")) : undefined,
    );
    await expect(join(nc, { job: "a", workers: 2, joinTimeout: 100 })).rejects.toThrow(
      'join of job "a": the server must answer. Expected an answer in time, received timeout.',
    );
  });

  it("a second fit", async () => {
    const job = await join(connection(), { job: "a", workers: 1 });
    expect([job.rank, job.size, job.log.length]).toEqual([0, 1, 1]);
    const train = () => job.fit(sequential([dense(1)]), [[[1, 2]], [[1]]]);
    await expect(train()).rejects.toThrow("a model that is built");
    await expect(train()).rejects.toThrow(
      'fit of job "a": a job trains once. Expected another job for another fit, received a second fit. ' +
        "Call join with another name.",
    );
  });

  it("options that the job decides on, and callbacks that look into train steps", async () => {
    await expect(jobFitOptions("fit", { initialEpoch: 2 } as never)).rejects.toThrow(
      "fit: initialEpoch is no option of a job. Expected the epoch of the job's checkpoint, received 2.",
    );
    await expect(jobFitOptions("fit", { sampleWeight: [1] } as never)).rejects.toThrow(
      "fit: sampleWeight is no option of a job. Expected [x, y, sampleWeight] as data, received ",
    );
    await expect(jobFitOptions("fit", { callbacks: { diagnoses: true } })).rejects.toThrow(
      "fit: callbacks that look into train steps are for fit of models. " +
        "Expected callbacks without diagnoses and measures, received one that has them.",
    );
  });

  it("optimizers that accumulate gradients themselves", async () => {
    const session = sessionOf("fit", makeModel({ gradientAccumulationSteps: 2 }));
    await expect(compiledOf("fit", session)).rejects.toThrow(
      "fit: an optimizer of a job has no gradientAccumulationSteps. Expected an optimizer without it: the gradients of " +
        "the workers are added up, and divided by their number, received 2.",
    );
  });
});
