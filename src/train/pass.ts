import { stateError } from "../errors.ts";
import type { BatchCursor, BatchSource, BatchSpec } from "./batch.ts";
import type { Mode } from "./record-step.ts";
import type { Step, StepRunner } from "./step-runner.ts";

/**
 * Runs steps one after another. It keeps the program of the step before in use, which is that of the next as long as
 * batches have one shape.
 */
export class StepSequence {
  private mode: Mode | undefined;
  private spec: BatchSpec | undefined;
  private step: Step | undefined;
  private count = 0;

  constructor(private readonly stepRunner: StepRunner) {}

  /**
   * Runs the step for the cursor's batch and gives what `read` returns; a promise only where a program has to be bound
   * first. `read` is called in the tick of the run: the next run of any program overwrites the outputs.
   */
  run<T>(mode: Mode, spec: BatchSpec, cursor: BatchCursor, read: (step: Step) => T): T | Promise<T> {
    if (mode === this.mode && spec === this.spec && this.step?.program.isCurrent)
      return this.execute(this.step, cursor, read);
    this.close();
    return this.stepRunner.acquire(mode, spec, (step) => {
      this.mode = mode;
      this.spec = spec;
      this.step = step;
      return this.execute(step, cursor, read);
    });
  }

  private execute<T>(step: Step, cursor: BatchCursor, read: (step: Step) => T): T {
    this.stepRunner.run(this.mode as Mode, step, cursor, this.count++);
    return read(step);
  }

  /** Releases the program. */
  close(): void {
    if (this.step) this.stepRunner.release(this.step);
    this.step = undefined;
  }
}

/** What is done with a batch; `run` runs its step. */
type Visit = (run: <T>(mode: Mode, read: (step: Step) => T) => T | Promise<T>, batch: number) => Promise<void>;

/**
 * Visits the batches of one pass over data, at most `limit`.
 * @throws StateError where there are none.
 */
export async function eachBatch(
  stepRunner: StepRunner,
  source: BatchSource,
  limit = Number.POSITIVE_INFINITY,
  visit: Visit,
): Promise<void> {
  const cursor = source.open(0);
  const sequence = new StepSequence(stepRunner);
  const { yielder } = stepRunner;
  let batch = 0;
  try {
    for (; batch < limit; batch++) {
      const spec = await cursor.next();
      if (!spec) break;
      await visit((mode, read) => sequence.run(mode, spec, cursor, read), batch);
      if (yielder.isDue) await yielder.pause();
    }
  } finally {
    sequence.close();
    await cursor.close();
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
