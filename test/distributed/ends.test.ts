// How a worker's part in a job ends before training does: errors of onEvent, leave, connections that are closed.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { type Job, type JobEvent, join } from "../../src/distributed/index.ts";
import { suite } from "./limits.ts";
import { Server } from "./support.ts";
import { fitOptions, makeData, makeModel } from "./task.ts";

const server = new Server(4364);
let jobs = 0;

/** What a worker is given. */
interface Given {
  readonly onEvent?: (event: JobEvent) => void | Promise<void>;
  /** Called in the 6th batch of the second epoch. */
  readonly act?: (job: Job, nc: NatsConnection) => void | Promise<void>;
}

/** A worker in this process. */
async function train(name: string, { onEvent, act }: Given = {}): Promise<Job> {
  const nc = await connect({ servers: server.servers, pingInterval: 1000, maxPingOut: 2 });
  try {
    const job = await join(nc, { job: name, workers: 2, ...(onEvent && { onEvent }) });
    const { x, y } = makeData();
    let epoch = 0;
    const callbacks = {
      onEpochBegin: (begun: number) => {
        epoch = begun;
      },
      onTrainBatchBegin: (batch: number) => (epoch === 1 && batch === 5 ? act?.(job, nc) : undefined),
    };
    await job.fit(makeModel(), [x, y], { ...fitOptions, checkpointEvery: 2, callbacks });
    return job;
  } finally {
    await nc.close();
  }
}

/** One of two workers ends with this error; the other one trains to the end. */
async function endsAlone(given: Given, message: RegExp): Promise<void> {
  const name = `ends${jobs++}`;
  const [one, other] = await Promise.allSettled([train(name, given), train(name)]);
  assert.equal(one.status, "rejected");
  assert.match(String(one.reason), message);
  assert.equal(other.status, "fulfilled", String((other as PromiseRejectedResult).reason));
  assert.equal(other.value.log.at(-1)?.members.length, 1);
}

describe("a worker", suite, () => {
  before(() => server.start());
  after(() => server.stop());

  it("whose onEvent throws when members are there gets that error from join", async () => {
    const onEvent = () => {
      throw new RangeError("mine");
    };
    await endsAlone({ onEvent }, /^RangeError: mine$/);
  });

  for (const kind of ["throws", "rejects"])
    it(`whose onEvent ${kind} while it trains gets that error from fit`, async () => {
      // Both are told of the member that is lost, one of them of checkpoints.
      const name = `ends${jobs++}`;
      const fail = () => {
        throw new RangeError("mine");
      };
      const onEvent = ({ type }: JobEvent) => {
        if (type !== "checkpoint") return;
        return kind === "throws" ? fail() : Promise.resolve().then(fail);
      };
      const [one, other] = await Promise.allSettled([train(name, { onEvent }), train(name, { onEvent })]);
      for (const { status, reason } of [one, other] as PromiseRejectedResult[]) {
        assert.equal(status, "rejected");
        assert.match(String(reason), /^RangeError: mine$/);
      }
    });

  it("that leaves while it trains is told so by fit", () =>
    endsAlone({ act: (job) => job.leave() }, /^StateError: job "ends\d+": this worker has left/));

  it("that leaves has told the server when leave resolves: closing a connection at once may lose what was sent", async () => {
    const nc = await connect({ servers: server.servers });
    const seen: string[] = [];
    const recorded: NatsConnection = Object.create(nc, {
      publish: {
        value: (subject: string, data: Uint8Array) => {
          if (new TextDecoder().decode(data).includes('"hasLeft":true')) seen.push("sent");
          nc.publish(subject, data);
        },
      },
      request: {
        value: async (...given: Parameters<typeof nc.request>) => {
          const isAfter = seen.includes("sent");
          const answer = await nc.request(...given);
          if (isAfter) seen.push("answered");
          return answer;
        },
      },
    });
    const job = await join(recorded, { job: `ends${jobs++}`, workers: 1 });
    await job.leave();
    await nc.close();
    assert.deepEqual(seen, ["sent", "answered"]);
  });

  it("that has left gets no more events, and no longer listens to the connection", async () => {
    const name = `ends${jobs++}`;
    const nc = await connect({ servers: server.servers, pingInterval: 1000, maxPingOut: 2, reconnectTimeWait: 100 });
    let listening = 0;
    const counting: NatsConnection = Object.create(nc, {
      status: {
        value: () => {
          const status = nc.status();
          listening++;
          // The official client's own.
          void (status as { iterClosed?: Promise<void> }).iterClosed?.then(() => listening--);
          return status;
        },
      },
    });
    const events: JobEvent[] = [];
    const left = await join(counting, { job: name, workers: 1, onEvent: (event) => void events.push(event) });
    assert.deepEqual(
      events.map(({ type }) => type),
      ["generation"],
    );
    assert.equal(listening, 1);
    left.leave();
    const reconnected = (async () => {
      for await (const { type } of nc.status()) if (type === "reconnect") return;
    })();
    await server.kill();
    await server.start();
    await reconnected;
    await nc.flush();
    assert.equal(events.length, 1);
    assert.equal(listening, 0);
    await nc.close();
  });

  it("whose connection is closed while it trains is told so by fit", () =>
    endsAlone({ act: (_, nc) => nc.close() }, /^StateError: job "ends\d+": the connection is closed/));

  it("whose connection is drained while it trains is told so by fit", () =>
    endsAlone({ act: (_, nc) => nc.drain() }, /^StateError: job "ends\d+": the connection is closed/));

  it("whose connection is closed before it trains leaves nothing that keeps the process alive", async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    const nc = await connect({ servers: server.servers });
    await join(nc, { job: `ends${jobs++}`, workers: 1 });
    assert.ok(timers() > before);
    await nc.close();
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(timers(), before);
  });
});
