import { stateError } from "../errors.ts";
import { settle } from "../settle.ts";
import type { BatchCursor, BatchSource, BatchSpec } from "./batch.ts";
import type { Mode } from "./record-step.ts";
import type { Step, StepRunner } from "./step-runner.ts";

/** Steps that may wait for a device that works while the host goes on: enough that it is never idle. */
const maxStepsUnderWay = 3;

/**
 * Runs steps one after another. It keeps the program of the step before in use, which is that of the next as long as
 * batches have one shape.
 */
export class StepSequence {
  private mode: Mode | undefined;
  private spec: BatchSpec | undefined;
  private step: Step | undefined;
  private count = 0;
  /** For each step that may still be under way on the device, when it is done. */
  private readonly underWay: Promise<void>[] = [];

  constructor(private readonly stepRunner: StepRunner) {}

  /**
   * Runs the step for the cursor's batch and gives what `read` returns; a promise only where a program has to be bound
   * first or the backend works while the host goes on. `read` is called in the tick of the run: the next run of any
   * program overwrites the outputs.
   */
  run<T>(mode: Mode, spec: BatchSpec, cursor: BatchCursor, read: (step: Step) => T): T | Promise<T> {
    if (mode === this.mode && spec === this.spec && this.step?.program.isCurrent)
      return this.execute(this.step, cursor, read);
    this.close();
    return this.stepRunner.acquire<T | Promise<T>>(mode, spec, (step) => {
      this.mode = mode;
      this.spec = spec;
      this.step = step;
      return this.execute(step, cursor, read);
    }) as T | Promise<T>;
  }

  private execute<T>(step: Step, cursor: BatchCursor, read: (step: Step) => T): T | Promise<T> {
    this.stepRunner.run(this.mode as Mode, step, cursor, this.count++);
    const result = read(step);
    const settled = step.program.backend.settled?.();
    return settled ? this.waitForEarlier(settled, result) : result;
  }

  /** Waits until no more than a few steps are under way, so that batches do not pile up in front of a device. */
  private async waitForEarlier<T>(settled: Promise<void>, result: T): Promise<T> {
    // What fails is reported where it is waited for, here or in `finish`.
    settled.catch(() => {});
    this.underWay.push(settled);
    if (this.underWay.length > maxStepsUnderWay) await this.underWay.shift();
    return result;
  }

  /** Waits for the steps that are still under way, where there are any. @throws what failed in one of them. */
  finish(): Promise<unknown> | undefined {
    return this.underWay.length > 0 ? Promise.all(this.underWay.splice(0)) : undefined;
  }

  /** Releases the program. */
  close(): void {
    if (this.step) this.stepRunner.release(this.step);
    this.step = undefined;
  }
}

/** What is done with a batch; `run` runs its step. */
type Visit = (run: <T>(mode: Mode, read: (step: Step) => T) => T | Promise<T>, batch: number) => void | Promise<void>;

/**
 * Visits the batches of one pass over data, at most `limit`.
 * @throws StateError where there are none.
 */
export function eachBatch(
  stepRunner: StepRunner,
  source: BatchSource,
  limit: number | undefined,
  visit: Visit,
): void | Promise<void> {
  return settle(visitBatches(stepRunner, source, limit, visit));
}

function* visitBatches(
  stepRunner: StepRunner,
  source: BatchSource,
  limit = Number.POSITIVE_INFINITY,
  visit: Visit,
): Generator<unknown, void, never> {
  const cursor = source.open(0);
  const sequence = new StepSequence(stepRunner);
  const { yielder } = stepRunner;
  let batch = 0;
  try {
    for (; batch < limit; batch++) {
      const spec: BatchSpec | undefined = yield cursor.next();
      if (!spec) break;
      yield visit((mode, read) => sequence.run(mode, spec, cursor, read), batch);
      if (yielder.isDue) yield yielder.pause();
    }
    yield sequence.finish();
  } finally {
    sequence.close();
    yield cursor.close();
  }
  if (batch === 0) throw noBatches("dataset", source);
}

/** The error of data without a batch. A stream that does not know its size may have been read before. */
export const noBatches = (owner: string, { steps }: BatchSource): Error =>
  stateError(owner, {
    rule: "there must be data",
    expected: "at least one batch",
    received: "none",
    ...(steps === undefined && { advice: "Was a generator read before? Pass a function that makes one." }),
  });
