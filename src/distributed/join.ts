// `join` and its options; the job itself is loaded when it is called.
import type { NatsConnection } from "./connection.ts";
import type { JobEvent } from "./events.ts";
import type { Job } from "./job.ts";

/** Options of {@link join}. */
export interface JoinOptions {
  /** The job's name: letters, digits, "-" and "_". What the job keeps on the server is called `aretejs_<job>`. */
  job: string;
  /** How many workers train together, ≥ 1. Training begins when they are there. */
  workers: number;
  /** With how many it goes on where some are lost, in [1, workers]. With fewer it waits. Default 1. */
  minWorkers?: number;
  /** Milliseconds to wait for the workers. Default 60 000. */
  joinTimeout?: number;
  /**
   * Called with what happens to the job: members that come and go, checkpoints, the connection. What it throws ends
   * this worker's `join` or `fit`.
   */
  onEvent?: (event: JobEvent) => void;
}

/**
 * Joins a job: workers that train one model together, over a NATS server with JetStream. Gives this worker's part in
 * it once all workers are there. A job whose workers have all ended goes on from its last checkpoint when
 * `minWorkers` come again.
 * @param nc a connected client, such as `await connect({ servers, pingInterval: 1000, maxPingOut: 2,
 * maxReconnectAttempts: -1 })` of `@nats-io/transport-node`; `wsconnect` of `@nats-io/nats-core` in browsers, Deno and
 * Bun.
 * @throws ValueError where options do not fit; StateError where the server has no JetStream, the job has ended, or not
 * enough workers have come in time.
 * @example
 * const job = await join(nc, { job: "fashion", workers: 4, minWorkers: 2 });
 * await job.fit(model, [x, y], { batchSize: 32, epochs: 10 });
 */
export async function join(nc: NatsConnection, options: JoinOptions): Promise<Job> {
  return (await import("./job.ts")).joinJob(nc, options);
}
