import { stateError, valueError } from "../errors.ts";
import { type Bucket, openBucket } from "./bucket.ts";
import type { NatsConnection } from "./connection.ts";
import { isMissing, isRefusal, isTransient } from "./jetstream.ts";
import { keptAs } from "./job-name.ts";
import { pause } from "./pause.ts";
import type { SearchOptions, TrialEvent, TrialResult, TrialRun } from "./search.ts";
import { agreeOnPlan, notePlanIsQueued, type SearchPlan } from "./search-plan.ts";
import { type Taken, TrialQueue } from "./trial-queue.ts";
import { TrialResults } from "./trial-results.ts";
import { toJson } from "./trial-values.ts";

/** What a worker works with. */
export interface SearchWork extends Required<Pick<SearchOptions<unknown>, "job" | "trials" | "onTrial">> {
  readonly plan: SearchPlan;
  readonly signal: AbortSignal;
  readonly run: (trial: never, context: TrialRun) => unknown;
}

/** How an attempt ended. */
type Outcome =
  | { readonly status: "done"; readonly result: unknown }
  | { readonly status: "failed"; readonly error: string };

/** Bytes of a message that hold no result. */
const reserved = 1000;

/** One worker of a search. */
export class SearchWorker {
  private readonly id = crypto.randomUUID().slice(0, 8);
  private readonly label: string;
  private readonly bucketName: string;
  private readonly results: TrialResults<unknown>;
  /** What `onTrial` has thrown: it ends this worker's part in the search. */
  private failure: { readonly error: unknown } | undefined;

  constructor(
    private readonly nc: NatsConnection,
    private readonly work: SearchWork,
  ) {
    const { job, trials } = work;
    this.label = `search "${job}"`;
    this.bucketName = keptAs(job);
    this.results = new TrialResults(nc, this.bucketName, trials, (result, finished) =>
      this.emit({ type: "finished", result, finished, trials: trials.length }),
    );
  }

  /**
   * Works on trials until all are finished; gives all results.
   * @throws StateError where the search has another plan, or the connection is closed; what `signal` was aborted with;
   * what `onTrial` throws.
   */
  async finishAll(): Promise<TrialResult[]> {
    const { nc, results, label } = this;
    const { job, plan } = this.work;
    const bucket = await openBucket(nc, this.bucketName);
    const kept = await this.untilAnswered(() => agreeOnPlan(label, bucket, plan));
    const queue = await this.untilAnswered(() => TrialQueue.open(nc, job, plan.ackWait));
    const subscription = nc.subscribe(results.subject, { callback: () => queue.interrupt() });
    try {
      if (!kept.value.isQueued) {
        await this.untilAnswered(() => results.refresh());
        await this.untilAnswered(() => queue.fill(results.missing));
        await this.untilAnswered(() => notePlanIsQueued(bucket, kept));
      }
      for (;;) {
        await this.untilAnswered(() => results.refresh());
        if (results.isComplete) return results.all;
        const taken = await this.untilAnswered(() => this.unlessAborted(() => queue.next()));
        if (taken) await this.attempt(taken, bucket);
        // Others work on the rest; or the search was removed, which this finds.
        else await this.untilAnswered(() => agreeOnPlan(label, bucket, plan));
      }
    } finally {
      if (!nc.isClosed()) subscription.unsubscribe();
      queue.close();
    }
  }

  /** Runs a trial, unless it is finished, and writes what came out. */
  private async attempt(taken: Taken, bucket: Bucket): Promise<void> {
    const { results } = this;
    const { index, attempt } = taken;
    const timer = setInterval(() => taken.keep(), this.work.plan.ackWait / 3);
    try {
      await this.untilAnswered(() => results.refresh());
      if (!results.has(index)) {
        const started = performance.now();
        const outcome = await this.outcomeOf(taken, bucket);
        if (!outcome) {
          taken.giveBack();
          return;
        }
        const time = performance.now() - started;
        const result = { index, worker: this.id, attempts: attempt, time, ...outcome };
        await this.untilAnswered(() => results.write(result));
      }
      taken.remove();
    } catch (error) {
      taken.giveBack();
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  /** Runs a trial; undefined where its function threw, and it is to be tried again. */
  private async outcomeOf({ index, attempt }: Taken, bucket: Bucket): Promise<Outcome | undefined> {
    const { trials, plan, run, signal } = this.work;
    const { maxAttempts, maxLosses } = plan;
    const key = `errors.${index}`;
    const errorsBefore = attempt > 1 ? await this.untilAnswered(() => bucket.get<string[]>(key)) : undefined;
    const errors = errorsBefore?.value ?? [];
    if (attempt - 1 - errors.length >= maxLosses)
      return { status: "failed", error: `${maxLosses} workers were lost, or too slow, with this trial` };
    await this.emit({ type: "started", index, attempt });
    let error: string;
    try {
      const result = await this.unlessAborted(() => run(trials[index] as never, { index, attempt }));
      this.checkResult(result);
      return { status: "done", result };
    } catch (thrown) {
      signal.throwIfAborted();
      error = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
    }
    if (errors.length + 1 >= maxAttempts) return { status: "failed", error };
    await this.untilAnswered(() => bucket.set(key, [...errors, error], errorsBefore?.revision ?? 0));
    await this.emit({ type: "again", index, attempt, error });
    return undefined;
  }

  /** @throws ValueError where it cannot be kept. */
  private checkResult(result: unknown): void {
    const bytes = new TextEncoder().encode(toJson(this.label, "the result of a trial", { result })).length;
    const most = (this.nc.info?.max_payload ?? 1 << 20) - reserved;
    if (bytes <= most) return;
    throw valueError(this.label, {
      rule: "the result of a trial must fit into a message",
      expected: `at most ${most} bytes of JSON`,
      received: bytes,
      advice: "Keep large results elsewhere, and give their name.",
    });
  }

  /** Tries until the server answers. */
  private async untilAnswered<T>(act: () => Promise<T>): Promise<T> {
    for (let isFirst = true; ; isFirst = false) {
      this.checkOpen();
      if (this.nc.isClosed()) {
        const advice = "Connect, and search again: finished trials are kept.";
        throw this.fault("the connection is closed", "a client that is connected", "one that is not", advice);
      }
      try {
        // Writes to a bucket that was removed are not answered; reading says that it is gone.
        if (!isFirst) await this.results.refresh();
        return await act();
      } catch (error) {
        this.checkOpen();
        if (isRefusal(error))
          throw this.fault("the server must allow what workers do", "permissions for its subjects", error.message);
        if (isMissing(error)) throw this.fault("the search was removed", "its results on the server", "none");
        if (!this.nc.isClosed() && !isTransient(error)) throw error;
        await pause();
      }
    }
  }

  /** Calls `onTrial`. @throws what it throws, here and whenever the server is asked for something. */
  private async emit(event: TrialEvent): Promise<void> {
    try {
      await this.work.onTrial(event);
    } catch (error) {
      this.failure ??= { error };
      throw error;
    }
  }

  /** @throws what has ended this worker's part in the search. */
  private checkOpen(): void {
    if (this.failure) throw this.failure.error;
    this.work.signal.throwIfAborted();
  }

  private fault(rule: string, expected: string, received: string, advice = ""): Error {
    return stateError(this.label, { rule, expected, received, advice });
  }

  /** What `act` gives. @throws what `signal` is aborted with before. */
  private async unlessAborted<T>(act: () => T | Promise<T>): Promise<T> {
    const { signal } = this.work;
    signal.throwIfAborted();
    let abort = () => {};
    const aborted = new Promise<never>((_, reject) => {
      abort = () => reject(signal.reason);
    });
    signal.addEventListener("abort", abort);
    try {
      return await Promise.race([aborted, Promise.resolve().then(act)]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }
}
