// One worker of a test, in a process of its own. Takes its options as JSON, and prints what happens as lines of JSON.
import { connect, nkeyAuthenticator } from "@nats-io/transport-node";
import {
  type Job,
  type JobFitOptions,
  join,
  type NatsConnection,
  type TrialResult,
} from "../../src/distributed/index.ts";
import { faulty } from "./faulty.ts";
import { observe, type Stop } from "./observed.ts";
import { fitOptions, hashOf, hashOfTrained, makeData, makeModel } from "./task.ts";

/** What a worker is told. */
export interface WorkerOptions {
  readonly servers: string;
  readonly job: string;
  readonly workers: number;
  readonly minWorkers?: number;
  readonly fit?: JobFitOptions;
  /** Of the model's weights and random numbers; the job takes those of rank 0. */
  readonly seed?: number;
  /** Another model than that of the others. */
  readonly units?: number;
  /** Loses, repeats and reorders messages, by this seed. */
  readonly faults?: number;
  /** Milliseconds between batches, so that a test has time to do something to a worker. */
  readonly slow?: number;
  /** For TLS: the file of the certificate; and the key by which it connects. */
  readonly certificate?: string;
  readonly nkey?: string;
  /** Milliseconds for which the event loop is blocked: when it has joined, in the 3rd batch, and in the 6th. */
  readonly blocks?: readonly [number, number, number];
  /** Milliseconds for which the event loop is blocked in each step, from the 5th batch on; before, 600. */
  readonly slowSteps?: number;
  /** Milliseconds that a callback takes at the end of an epoch. */
  readonly slowEpochs?: number;
  /** Milliseconds that writing a checkpoint takes. */
  readonly slowWrites?: number;
  /** Where the process is stopped. */
  readonly stop?: Stop;
}

/** What a worker prints. */
export type WorkerLine =
  | { readonly event: { readonly type: string } & Readonly<Record<string, unknown>> }
  | { readonly batch: number; readonly updates: number | undefined }
  | {
      /** A hash of the trained weights after so many updates, and the generation that they were trained in. */
      readonly trained: { readonly generation: number; readonly updates: number; readonly hash: string };
    }
  | { readonly error: string }
  | { readonly results: readonly TrialResult[] }
  | {
      readonly hash: string;
      readonly history: Readonly<Record<string, readonly number[]>>;
      readonly log: Job["log"];
    };

const say = (line: WorkerLine) => process.stdout.write(`${JSON.stringify(line)}\n`);

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A connection on which an object takes so long to be written. */
const slowWriting = (nc: NatsConnection, milliseconds: number): NatsConnection => ({
  get info() {
    return nc.info as { max_payload: number };
  },
  publish: (subject, data) => nc.publish(subject, data),
  subscribe: (subject, options) => nc.subscribe(subject, options),
  async request(subject, data, options) {
    if (/^\$O\..*\.M\./.test(subject)) await sleep(milliseconds);
    return nc.request(subject, data, options);
  },
  status: () => nc.status(),
  isClosed: () => nc.isClosed(),
});

/** Lets nothing else happen in this process. */
const block = (milliseconds: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

async function work(options: WorkerOptions): Promise<void> {
  const {
    servers,
    workers,
    minWorkers = 1,
    seed = 5,
    units = 64,
    faults,
    slow = 0,
    slowSteps = 0,
    slowEpochs = 0,
    slowWrites = 0,
    stop,
    fit,
    blocks = [0, 0, 0],
  } = options;
  const { certificate, nkey } = options;
  const plain = await connect({
    servers,
    pingInterval: 1000,
    maxPingOut: 2,
    maxReconnectAttempts: -1,
    ...(certificate !== undefined && { tls: { caFile: certificate } }),
    ...(nkey !== undefined && { authenticator: nkeyAuthenticator(new TextEncoder().encode(nkey)) }),
  });
  const connection: NatsConnection = faults === undefined ? plain : faulty(plain, faults);
  const observed = observe(slowWriting(connection, slowWrites), stop);
  try {
    const job = await join(observed.nc, {
      job: options.job,
      workers,
      minWorkers,
      onEvent: (event) => say({ event: { ...event } }),
    });
    block(blocks[0]);
    const onStep = (step: number) => slowSteps > 0 && block(step < 4 ? 600 : slowSteps);
    const model = makeModel({ seed, units, onStep });
    const { x, y } = makeData();
    let last: number | undefined;
    const trace = async () => {
      const { updates = 0 } = job.status();
      if (updates === last) return;
      last = updates;
      say({ trained: { generation: observed.generation, updates, hash: await hashOfTrained(model) } });
    };
    const callbacks = {
      onTrainBegin: () => {
        last = undefined;
      },
      onTrainBatchBegin: async (batch: number) => {
        await trace();
        say({ batch, updates: job.status().updates });
        if (batch === 2 || batch === 5) block(blocks[batch === 2 ? 1 : 2]);
        if (slow > 0) await sleep(slow);
      },
      onEpochEnd: async () => {
        await trace();
        if (slowEpochs > 0) await sleep(slowEpochs);
      },
    };
    const given = { ...fitOptions, ...fit, callbacks };
    const { history } = await job.fit(model, [x, y], given);
    say({ hash: await hashOf(model), history, log: job.log });
  } catch (error) {
    say({ error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
  } finally {
    await plain.close();
  }
}

await work(JSON.parse(process.argv[2] ?? ""));
