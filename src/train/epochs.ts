import { stateError } from "../errors.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { Variable } from "../tensor/variable.ts";
import type { CallbackList, Training } from "./callback.ts";
import { runTest, StepRunner } from "./loops.ts";
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

/** Runs the epochs; gives the logs of the last. */
export async function runEpochs(plan: FitPlan): Promise<void> {
  const { training, callbacks, validation } = plan;
  const { model } = training;
  const batches = new EpochBatches(plan.source, plan.stepsPerEpoch);
  const runner = new StepRunner(plan.trainer);
  let logs: Logs = {};
  let hasWarned = false;
  await callbacks.call("onTrainBegin", training);
  try {
    for (let epoch = plan.initialEpoch; epoch < training.epochs && !model.stopTraining; epoch++) {
      plan.reset();
      await callbacks.call("onEpochBegin", epoch, training);
      await runSteps(plan, runner, await batches.open(epoch));
      logs = await plan.trainer.logs();
      if (!hasWarned && !plan.trainer.diagnosing && !Number.isFinite(logs.loss ?? 0)) {
        hasWarned = true;
        console.warn(`fit: the loss of epoch ${epoch + 1} is ${logs.loss}. With the callback terminateOnNaN() training stops there and the cause is named.`);
      }
      if (validation?.isDue(epoch)) {
        const found = await runTest(plan.trainer, plan.reset, { source: validation.source, epoch: 0, limit: validation.steps }, callbacks);
        for (const [name, value] of Object.entries(found)) logs[`val_${name}`] = value;
      }
      await callbacks.call("onEpochEnd", epoch, logs, training);
    }
  } finally {
    runner.close();
    await batches.close();
  }
  await takeAveragesOver(plan.optimizer, model.trainableVariables);
  await callbacks.call("onTrainEnd", logs, training);
}

/** Training with an average of the weights ends with that average in their place. */
async function takeAveragesOver(optimizer: Optimizer, variables: readonly Variable[]): Promise<void> {
  for (const variable of variables) {
    const average = optimizer.averageOf(variable);
    if (average) variable.assign(await average.read());
  }
}

/** The steps of one epoch. The loop makes nothing that has to be collected; hooks that nobody has are not even looked for. */
async function runSteps(
  { trainer, optimizer, training, callbacks, stepsPerEpoch = Number.POSITIVE_INFINITY, onStep }: FitPlan,
  runner: StepRunner,
  cursor: BatchCursor,
): Promise<void> {
  const { pacer, diagnosing } = trainer;
  const diagnose = diagnosing ? (step: Step) => trainer.diagnose(step, diagnosing) : () => undefined;
  const [hasBegin, hasEnd] = [callbacks.has("onTrainBatchBegin"), callbacks.has("onTrainBatchEnd")];
  for (let batch = 0; batch < stepsPerEpoch; batch++) {
    const next = cursor.next();
    const spec = next instanceof Promise ? await next : next;
    if (!spec) {
      if (batch === 0) throw noBatches();
      if (Number.isFinite(stepsPerEpoch))
        console.warn(`fit: the data ended after ${batch} of ${stepsPerEpoch} steps. Give more data, or a smaller stepsPerEpoch.`);
      return;
    }
    if (hasBegin) await callbacks.call("onTrainBatchBegin", batch, training);
    const done = runner.run(optimizer.phase === "update" ? "train" : "accumulate", spec, cursor, diagnose);
    if (done instanceof Promise) await done;
    if (hasEnd) await callbacks.call("onTrainBatchEnd", batch, await trainer.logs(), training);
    if (pacer.isDue) {
      await onStep(batch + 1);
      await pacer.pause();
    }
    if (training.model.stopTraining) return;
  }
}

/** Opens an epoch's batches; with `stepsPerEpoch`, epochs go on where the one before stopped reading. */
class EpochBatches {
  private cursor: BatchCursor | undefined;

  constructor(
    private readonly source: BatchSource,
    private readonly stepsPerEpoch: number | undefined,
  ) {}

  async open(epoch: number): Promise<BatchCursor> {
    const goesOn = this.stepsPerEpoch !== undefined && this.stepsPerEpoch !== this.source.steps;
    if (this.cursor && goesOn) return this.cursor;
    await this.close();
    const opened = this.source.open(epoch);
    const cursor: BatchCursor = {
      next: () => {
        const next = opened.next();
        if (next instanceof Promise) return next.then((spec) => this.noteEnd(spec));
        return this.noteEnd(next);
      },
      write: (ports) => opened.write(ports),
      close: () => opened.close(),
    };
    this.cursor = cursor;
    return cursor;
  }

  async close(): Promise<void> {
    const { cursor } = this;
    this.cursor = undefined;
    await cursor?.close();
  }

  /** What was read to its end is opened anew for the next epoch. */
  private noteEnd<T>(spec: T | undefined): T | undefined {
    if (!spec) this.cursor = undefined;
    return spec;
  }
}

const noBatches = () =>
  stateError("fit", {
    rule: "there must be data",
    expected: "at least one batch",
    received: "none",
    advice: "Was a generator read before? Pass a function that makes one.",
  });
