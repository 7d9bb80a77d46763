// `search`, its options and what it gives; what it runs is loaded when it is called.
import type { NatsConnection } from "./connection.ts";

/** Options of {@link search}. */
export interface SearchOptions<T> {
  /** The job's name: letters, digits, "-" and "_". What the search keeps on the server is called `aretejs_<job>`. */
  job: string;
  /**
   * What is to be tried: values of JSON (numbers, NaN and infinities among them, text, booleans, null, lists and plain
   * objects of them). The same list on all workers.
   */
  trials: readonly T[];
  /** How often a trial is tried whose function throws, ≥ 1; then it has failed. Default 3. */
  maxAttempts?: number;
  /**
   * How many workers may be lost with a trial, or aborted in it, ≥ 1: then it has failed, since it is likely to end its
   * workers. Default 10.
   */
  maxLosses?: number;
  /**
   * Milliseconds without a heartbeat after which a worker counts as lost, and its trial is given to another, ≥ 1000.
   * They are sent while the trial's function runs, as long as the event loop is not blocked. Default 30 000.
   */
  ackWait?: number;
  /**
   * Called with what happens to trials: those of this worker, and results of all. What it throws ends the search on
   * this worker.
   */
  onTrial?: (event: TrialEvent<T>) => void;
  /** Ends the search on this worker: the others go on with its trial. */
  signal?: AbortSignal;
}

/** What a trial's function gets beside the trial. */
export interface TrialRun {
  /** The trial's place in the list. */
  readonly index: number;
  /** How often it was handed out, from 1: more than once where its function threw, or its worker was lost. */
  readonly attempt: number;
}

/** What came out of a trial. */
export type TrialResult<T = unknown, R = unknown> = {
  /** The trial's place in the list. */
  readonly index: number;
  /** What was tried. */
  readonly trial: T;
  /** The worker that finished it. */
  readonly worker: string;
  /** How often it was handed out. */
  readonly attempts: number;
  /** Milliseconds that the last attempt took. */
  readonly time: number;
} & (
  | {
      /** Its function has given a result. */
      readonly status: "done";
      /** What the function gave. */
      readonly result: R;
    }
  | {
      /** It was tried too often. */
      readonly status: "failed";
      /** What the function threw last, or that workers were lost with it. */
      readonly error: string;
    }
);

/** What happens to a trial. */
export type TrialEvent<T = unknown> =
  | {
      /** This worker begins with it. */
      readonly type: "started";
      /** The trial's place in the list. */
      readonly index: number;
      /** How often it was handed out, from 1. */
      readonly attempt: number;
    }
  | {
      /** Its function has thrown on this worker, and it is tried again, by any worker. */
      readonly type: "again";
      /** The trial's place in the list. */
      readonly index: number;
      /** How often it was handed out, from 1. */
      readonly attempt: number;
      /** What the function threw. */
      readonly error: string;
    }
  | {
      /** A worker, this one or another, has finished it; called once for each trial, earlier ones among them. */
      readonly type: "finished";
      /** What came out. */
      readonly result: TrialResult<T>;
      /** How many trials are finished. */
      readonly finished: number;
      /** How many there are. */
      readonly trials: number;
    };

/**
 * Runs trials in parallel, such as trainings with different hyperparameters: any number of workers call it with the
 * same list, at any time, and each takes one trial after the other from a work queue of the NATS server until all are
 * finished. Each trial is finished once in the results. That of a worker that is lost is given to another; one whose
 * function throws is tried again, and has failed after `maxAttempts`. After all workers have ended, the search goes on
 * when one comes again; once it is done, it only gives the results, until `removeJob(nc, job)`.
 * @param nc a connected client of a server with JetStream, as for `join`.
 * @param run runs one trial; gives a value of JSON, at most about 1 MB. It may be called again for the same trial.
 * @returns what came out, in the order of `trials`; the same on all workers.
 * @throws ValueError where options do not fit, or trials are no values of JSON; StateError where the search has another
 * list, the server has no JetStream, or the connection is closed; what `signal` was aborted with, or `onTrial` throws.
 * @example
 * const trials = [0.1, 0.01, 0.001].map((learningRate) => ({ learningRate }));
 * const results = await search(nc, { job: "rates", trials }, async ({ learningRate }) => {
 *   const model = makeModel();
 *   model.compile({ optimizer: adam({ learningRate }), loss: "meanSquaredError" });
 *   const { history } = await model.fit(x, y, { epochs: 10, validationSplit: 0.1, verbose: 0 });
 *   return { loss: history.val_loss?.at(-1) };
 * });
 */
export async function search<T, R>(
  nc: NatsConnection,
  options: SearchOptions<T>,
  run: (trial: T, context: TrialRun) => R | Promise<R>,
): Promise<TrialResult<T, Awaited<R>>[]> {
  const { runSearch } = await import("./run-search.ts");
  return runSearch(nc, options as SearchOptions<unknown>, run) as Promise<TrialResult<T, Awaited<R>>[]>;
}
