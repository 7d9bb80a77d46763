import { StateError } from "../errors.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { Variable } from "../tensor/variable.ts";
import type { BatchSpec } from "./batch.ts";
import type { CallbackList, Training } from "./callback.ts";
import { noBatches, runTest, StepRunner } from "./loops.ts";
import type { BatchCursor, BatchSource } from "./source.ts";
import type { Logs, Step, Trainer } from "./trainer.ts";

/** A training run with everything decided. */
export interface FitPlan {
  readonly trainer: Trainer;
  readonly optimizer: Optimizer;
  readonly training: Training;
  readonly callbacks: CallbackList;
  readonly source: BatchSource;
  readonly initialEpoch: number;
  readonly stepsPerEpoch: number | undefined;
  /** The number that the order of the first epoch is drawn with; the others count on. */
  readonly firstPass: number;
  /** Told after the steps of each epoch: one that fails does not count, so that the call can be made again. */
  readonly onSteps: () => void;
  /** Metrics back to the start of an epoch. */
  readonly reset: () => void;
  /** Told after each step: how many of this epoch's were run. */
  readonly onStep: (batch: number) => void | Promise<void>;
  readonly validation: Validation | undefined;
}

export interface Validation {
  readonly source: BatchSource;
  readonly steps: number | undefined;
  isDue(epoch: number): boolean;
}

/** Runs the epochs. */
export async function runEpochs(plan: FitPlan): Promise<void> {
  const { training, callbacks, validation } = plan;
  const { model } = training;
  const batches = new EpochBatches(plan.source, plan.stepsPerEpoch);
  const runner = new StepRunner(plan.trainer);
  let logs: Logs = {};
  let hasWarned = false;
  await callbacks.call("onTrainBegin");
  try {
    for (let epoch = plan.initialEpoch; epoch < training.epochs && !model.stopTraining; epoch++) {
      plan.reset();
      await callbacks.call("onEpochBegin", epoch);
      const pass = plan.firstPass + epoch - plan.initialEpoch;
      if ((await runSteps(plan, runner, batches, pass)) === 0) break;
      plan.onSteps();
      logs = await plan.trainer.logs();
      if (!hasWarned && !plan.trainer.diagnosing && !Number.isFinite(logs.loss ?? 0)) {
        hasWarned = true;
        console.warn(
          `fit: the loss of epoch ${epoch + 1} is ${logs.loss}. The callback terminateOnNaN() finds the cause.`,
        );
      }
      if (validation?.isDue(epoch)) {
        const found = await runTest(
          plan.trainer,
          plan.reset,
          { source: validation.source, epoch: 0, limit: validation.steps },
          callbacks,
        );
        for (const [name, value] of Object.entries(found)) logs[`val_${name}`] = value;
      }
      await callbacks.call("onEpochEnd", epoch, logs);
    }
  } finally {
    runner.close();
    await batches.close();
  }
  await takeAveragesOver(plan.optimizer, model.trainableVariables);
  await callbacks.call("onTrainEnd", logs);
}

/** Training with an average of the weights ends with that average in their place. */
export async function takeAveragesOver(optimizer: Optimizer, variables: readonly Variable[]): Promise<void> {
  const averages = await Promise.all(variables.map((variable) => optimizer.averageOf(variable)?.read()));
  // All in one tick: no prediction sees some of them only.
  variables.forEach((variable, index) => {
    const average = averages[index];
    if (average) variable.assign(average);
  });
}

/**
 * The steps of one epoch; gives how many were run: none where the data have ended for good. The loop makes nothing that
 * has to be collected; hooks that nobody has are not even looked for.
 */
async function runSteps(
  { trainer, optimizer, training, callbacks, stepsPerEpoch = Number.POSITIVE_INFINITY, onStep }: FitPlan,
  runner: StepRunner,
  batches: EpochBatches,
  pass: number,
): Promise<number> {
  const { pacer, diagnosing } = trainer;
  const diagnose = diagnosing ? (step: Step) => trainer.diagnose(step, diagnosing) : () => undefined;
  const [hasBegin, hasEnd] = [callbacks.has("onTrainBatchBegin"), callbacks.has("onTrainBatchEnd")];
  let spec = await batches.first(pass);
  const cursor = batches.cursor as BatchCursor;
  let done = 0;
  while (spec) {
    if (hasBegin) await callbacks.call("onTrainBatchBegin", done);
    const ran = runner.run(optimizer.phase === "update" ? "train" : "accumulate", spec, cursor, diagnose);
    if (ran instanceof Promise) await ran;
    done++;
    if (hasEnd) await callbacks.call("onTrainBatchEnd", done - 1, await trainer.logs());
    if (pacer.isDue) {
      await onStep(done);
      await pacer.pause();
    }
    if (training.model.stopTraining || done === stepsPerEpoch) return done;
    const next = batches.next();
    spec = next instanceof Promise ? await next : next;
  }
  if (done > 0 && Number.isFinite(stepsPerEpoch)) {
    console.warn(
      `fit: the data ended after ${done} of ${stepsPerEpoch} steps. Give more data, or a smaller stepsPerEpoch.`,
    );
  }
  return done;
}

/**
 * Gives the batches of one epoch after the other. With `stepsPerEpoch` an epoch goes on where the one before stopped,
 * and data that have been read to their end are read again from their beginning, as by Keras's EpochIterator.
 */
class EpochBatches {
  /** What is being read; undefined at the end. */
  cursor: BatchCursor | undefined;
  private taken = 0;
  private hasRead = false;

  constructor(
    private readonly source: BatchSource,
    private readonly stepsPerEpoch: number | undefined,
  ) {}

  /**
   * The first batch of an epoch; undefined (with a warning) where the data can be read only once and have ended.
   * @throws StateError where there never were any.
   */
  async first(pass: number): Promise<BatchSpec | undefined> {
    const { source, stepsPerEpoch } = this;
    // Where the number of batches is known, the end shows before it is reached for.
    const goesOn = this.cursor && stepsPerEpoch !== undefined && this.taken !== source.steps;
    const more = goesOn ? await this.next() : undefined;
    if (more) return more;
    await this.close();
    this.taken = 0;
    this.cursor = source.open(pass);
    try {
      const spec = await this.next();
      if (spec || !this.hasRead) {
        if (!spec) throw noBatches("fit", source);
        this.hasRead = true;
        return spec;
      }
    } catch (error) {
      // What says that a generator was read before.
      if (!(this.hasRead && error instanceof StateError)) throw error;
    }
    console.warn("fit: the data can be read only once and have ended; training stops. Pass a generator function.");
    return undefined;
  }

  /** The next batch; undefined at the end of the data. */
  next(): BatchSpec | undefined | Promise<BatchSpec | undefined> {
    const next = this.cursor?.next();
    return next instanceof Promise ? next.then((spec) => this.note(spec)) : this.note(next);
  }

  async close(): Promise<void> {
    const { cursor } = this;
    this.cursor = undefined;
    await cursor?.close();
  }

  private note(spec: BatchSpec | undefined): BatchSpec | undefined {
    if (spec) this.taken++;
    else this.cursor = undefined;
    return spec;
  }
}
