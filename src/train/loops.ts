import { stateError } from "../errors.ts";
import type { TypedArray } from "../ir/dtype.ts";
import type { BatchSpec } from "./batch.ts";
import type { CallbackList } from "./callback.ts";
import type { BatchCursor, BatchSource } from "./source.ts";
import { type Mode, portName } from "./step.ts";
import type { Logs, Step, Trainer } from "./trainer.ts";

/** Steps that a device may have before it: enough that it never waits for the host. */
const maxStepsUnderWay = 3;

/**
 * Runs the steps of one pass over data. It holds the program of the batch before, which mostly is that of the next,
 * too.
 */
export class StepRunner {
  private mode: Mode | undefined;
  private spec: BatchSpec | undefined;
  private step: Step | undefined;
  private runs = 0;
  /** For each step that may still be under way on the device, when it is done. */
  private readonly underWay: Promise<void>[] = [];

  constructor(private readonly trainer: Trainer) {}

  /**
   * Runs the step for a batch and gives what `read` makes of it; a promise only where a program has to be bound first or
   * the backend works while the host goes on.
   * `read` is called in the tick of the run, before another program can write over the outputs.
   */
  run<T>(mode: Mode, spec: BatchSpec, cursor: BatchCursor, read: (step: Step) => T): T | Promise<T> {
    if (mode === this.mode && spec === this.spec && this.step?.program.isCurrent)
      return this.execute(this.step, cursor, read);
    this.close();
    return this.trainer.acquire<T | Promise<T>>(mode, spec, (step) => {
      this.mode = mode;
      this.spec = spec;
      this.step = step;
      return this.execute(step, cursor, read);
    }) as T | Promise<T>;
  }

  private execute<T>(step: Step, cursor: BatchCursor, read: (step: Step) => T): T | Promise<T> {
    this.trainer.run(this.mode as Mode, step, cursor, this.runs++);
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

  /** Lets go of the program. */
  close(): void {
    if (this.step) this.trainer.release(this.step);
    this.step = undefined;
  }
}

/** What the loops over batches have in common. */
export interface Pass {
  readonly source: BatchSource;
  readonly epoch: number;
  /** At most so many batches. */
  readonly limit: number | undefined;
}

/** Evaluates one pass; the metrics begin anew. */
export async function runTest(
  trainer: Trainer,
  reset: () => void,
  { source, epoch, limit }: Pass,
  callbacks: CallbackList,
): Promise<Logs> {
  reset();
  await callbacks.call("onTestBegin");
  const count = await eachBatch(
    source.open(epoch),
    limit,
    async (cursor, runner, batch, spec) => {
      if (callbacks.has("onTestBatchBegin")) await callbacks.call("onTestBatchBegin", batch);
      await runner.run("test", spec, cursor, () => undefined);
      if (callbacks.has("onTestBatchEnd")) await callbacks.call("onTestBatchEnd", batch);
    },
    trainer,
  );
  if (count === 0) throw noBatches("dataset", source);
  const logs = await trainer.logs();
  await callbacks.call("onTestEnd", logs);
  return logs;
}

/** What a model gives for its inputs, output by output: data and the shape of one sample. */
export interface Predicted {
  readonly data: TypedArray;
  readonly shape: readonly number[];
}

/** Predicts one pass and joins the batches. */
export async function runPredict(
  trainer: Trainer,
  outputs: number,
  { source, epoch, limit }: Pass,
  callbacks: CallbackList,
  mode: "predict" | "sample" = "predict",
): Promise<Predicted[]> {
  await callbacks.call("onPredictBegin");
  const names = Array.from({ length: outputs }, (_, index) => portName.output(index));
  const parts: Predicted[][] = Array.from({ length: outputs }, () => []);
  const count = await eachBatch(
    source.open(epoch),
    limit,
    async (cursor, runner, batch, spec) => {
      if (callbacks.has("onPredictBatchBegin")) await callbacks.call("onPredictBatchBegin", batch);
      const found = await runner.run(mode, spec, cursor, async ({ program }) => {
        const data = await program.read(names);
        return names.map((name) => ({ data: data[name] as TypedArray, shape: program.outputShape(name) }));
      });
      for (const [index, list] of parts.entries()) list.push(found[index] as Predicted);
      if (callbacks.has("onPredictBatchEnd")) await callbacks.call("onPredictBatchEnd", batch);
    },
    trainer,
  );
  if (count === 0) throw noBatches("dataset", source);
  await callbacks.call("onPredictEnd");
  return parts.map(join);
}

type Visit = (cursor: BatchCursor, runner: StepRunner, batch: number, spec: BatchSpec) => Promise<void>;

async function eachBatch(
  cursor: BatchCursor,
  limit = Number.POSITIVE_INFINITY,
  visit: Visit,
  trainer: Trainer,
): Promise<number> {
  const runner = new StepRunner(trainer);
  const { pacer } = trainer;
  let batch = 0;
  try {
    for (; batch < limit; batch++) {
      const spec = await cursor.next();
      if (!spec) break;
      await visit(cursor, runner, batch, spec);
      if (pacer.isDue) await pacer.pause();
    }
    const finished = runner.finish();
    if (finished) await finished;
  } finally {
    runner.close();
    await cursor.close();
  }
  return batch;
}

function join(parts: readonly Predicted[]): Predicted {
  const [first] = parts as [Predicted];
  if (parts.length === 1) return first;
  const size = parts.reduce((sum, { data }) => sum + data.length, 0);
  const whole = new (first.data.constructor as new (length: number) => TypedArray)(size);
  let offset = 0;
  for (const { data } of parts) {
    whole.set(data, offset);
    offset += data.length;
  }
  const rows = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 1), 0);
  return { data: whole, shape: [rows, ...first.shape.slice(1)] };
}

/** The error of data without a batch. A stream that does not know its size may have been read before. */
export const noBatches = (owner: string, { steps }: BatchSource): Error =>
  stateError(owner, {
    rule: "there must be data",
    expected: "at least one batch",
    received: "none",
    ...(steps === undefined && { advice: "Was a generator read before? Pass a function that makes one." }),
  });
