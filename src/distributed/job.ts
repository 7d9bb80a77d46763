// A worker's part in a job: what `join` gives.
import { checkCount } from "../checks.ts";
import { checkOptions } from "../options.ts";
import type { History } from "../train/history.ts";
import type { Model } from "../train/model.ts";
import { openBucket } from "./bucket.ts";
import type { NatsConnection } from "./connection.ts";
import { type FitContext, fitJob } from "./fit-job.ts";
import { type JobData, type JobFitOptions, jobFitOptions } from "./fit-options.ts";
import { type GenerationLog, type Group, noGroup } from "./group.ts";
import { checkJobName, keptAs } from "./job-name.ts";
import type { JoinOptions } from "./join.ts";
import { type Members, openMembers } from "./members.ts";

/** What a worker is at. */
export interface JobStatus {
  /** This worker's name among the members. */
  readonly id: string;
  /** Its place among the members, from 0; −1 while it waits to be taken in. */
  readonly rank: number;
  /** Names of the workers that train now, by rank. */
  readonly members: readonly string[];
  /** How often the members have changed, from 1. */
  readonly generation: number;
  /** How many times the weights were updated; undefined before `fit`. */
  readonly updates: number | undefined;
  /** The update of the last checkpoint; undefined before the first. */
  readonly checkpoint: number | undefined;
  /** Milliseconds that the last step took. */
  readonly stepTime: number;
  /** Milliseconds of the last step in which this worker waited for others. */
  readonly waitTime: number;
  /** Bytes of gradients and state that were sent and received in this generation. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Whether the server can be reached. */
  readonly connected: boolean;
}

/** A worker's part in a job. See {@link join}. */
export interface Job {
  /** As it was given to `join`. */
  readonly name: string;
  /** This worker's place among the members, from 0; −1 while it is none of them. */
  readonly rank: number;
  /** How many workers train together now. */
  readonly size: number;
  /** Who has trained, from which update on: with it a run can be repeated to the bit. */
  readonly log: readonly GenerationLog[];
  /** What this worker is at. */
  status(): JobStatus;
  /**
   * Trains a model together with the other workers, as `model.fit` would; all call it with the same model, data and
   * options. Each batch is computed by one worker, and the gradients of `size` batches make one update. `size` workers
   * end in the bits of one process with `gradientAccumulationSteps: size`, batch normalization, dropout, metrics and
   * history included. All begin with the weights of rank 0; a worker that comes later, with those of the last
   * checkpoint. With `sync: { every }` each worker trains on its own, and they agree on weights every so many batches.
   *
   * Where a worker is lost, the others go on from the last checkpoint, without it. Where the server cannot be reached,
   * training waits for it.
   * @param data arrays `[x, y]` or a stream of batches, the same on all workers.
   * @returns what was reported in each epoch, equal on all workers.
   * @throws StateError where the model is not built and compiled, another than that of the job, or of a kind whose
   * batches depend on each other (stateful recurrent layers, spectral normalization), where this worker was dropped,
   * and where the connection is closed; ValueError where options do not fit.
   * @example
   * const history = await job.fit(model, [x, y], { batchSize: 32, epochs: 10, checkpointEvery: 500 });
   */
  fit(model: Model, data: JobData, options?: JobFitOptions): Promise<History>;
  /**
   * Leaves the job: the others go on without this worker. The connection stays open; close it when this has resolved.
   * `fit` leaves when it ends.
   */
  leave(): Promise<void>;
}

/** What `join` runs; loaded when it is called. */
export async function joinJob(nc: NatsConnection, given: JoinOptions): Promise<Job> {
  const options = checkOptions("join", given, {
    job: "string!",
    workers: "number!",
    minWorkers: "number",
    joinTimeout: "number",
    onEvent: "function",
  });
  const { workers, minWorkers = 1, joinTimeout = 60_000, onEvent = () => {} } = options;
  const name = checkJobName("join", options.job);
  checkCount("join", "workers", workers, 1);
  checkCount("join", "minWorkers", minWorkers, 1);
  if (minWorkers > workers) throw (await import("./job-refusals.ts")).tooManyNeeded(workers, minWorkers);
  const deadline = performance.now() + joinTimeout;
  const bucket = await openBucket(nc, keptAs(name));
  const members = openMembers(nc, bucket, name, { workers, minWorkers }, onEvent);
  const isIn = (group: Group) => group.members.includes(members.id);
  try {
    const group = await members.until(() => {
      const { group: current = noGroup } = members;
      return current.isDone || isIn(current) || performance.now() > deadline ? current : undefined;
    });
    if (group.isDone) throw (await import("./job-refusals.ts")).hasEnded(name);
    if (!isIn(group)) {
      const needed = group.generation === 0 ? workers : minWorkers;
      const present = members.present().length;
      const { unanswered } = members;
      const refusals = await import("./job-refusals.ts");
      if (present < needed || unanswered) throw refusals.notEnough(name, needed, joinTimeout, present, unanswered);
      throw refusals.notTakenIn(name, joinTimeout, group.members.length, workers);
    }
  } catch (error) {
    void members.leave();
    throw error;
  }
  members.begin();
  return jobOf(name, nc, members);
}

function jobOf(name: string, nc: NatsConnection, members: Members): Job {
  const training: FitContext["training"] = {};
  let hasFitted = false;
  const groupNow = () => members.group ?? noGroup;
  const job: Job = {
    name,

    get rank() {
      return groupNow().members.indexOf(members.id);
    },

    get size() {
      return groupNow().members.length;
    },

    get log() {
      return groupNow().log;
    },

    status() {
      const { steps, exchange } = training;
      const group = groupNow();
      return {
        id: members.id,
        rank: job.rank,
        members: group.members,
        generation: group.generation,
        updates: steps?.updates,
        checkpoint: group.checkpoint?.updates,
        stepTime: steps?.stepTime ?? 0,
        waitTime: steps?.waitTime ?? 0,
        bytesSent: exchange?.bytesSent ?? 0,
        bytesReceived: exchange?.bytesReceived ?? 0,
        connected: members.connected,
      };
    },

    async fit(model, data, options = {}) {
      const label = `fit of job "${name}"`;
      const checked = await jobFitOptions(label, options);
      if (hasFitted) throw (await import("./job-refusals.ts")).secondFit(label);
      hasFitted = true;
      try {
        const context = { label, nc, members, name: keptAs(name), status: job.status, training };
        return await fitJob(context, model, data, checked);
      } finally {
        // The job is done, or nobody should wait for a worker whose program has failed.
        await members.leave();
      }
    },

    leave: members.leave,
  };
  return job;
}
