import { StateError } from "../errors.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { Variable } from "../tensor/variable.ts";
import type { BatchCursor, BatchSource, BatchSpec } from "./batch.ts";
import type { CallbackList, Training, TrainingPosition } from "./callback.ts";
import { noBatches, type StepSequence } from "./pass.ts";
import type { Compiled } from "./session.ts";
import type { Logs, Step } from "./step-runner.ts";

/** A training run with everything decided. */
export interface FitPlan {
  readonly compiled: Compiled;
  readonly sequence: Pick<StepSequence, "run" | "finish" | "close">;
  readonly training: Training;
  readonly callbacks: CallbackList;
  readonly source: BatchSource;
  readonly stepsPerEpoch: number | undefined;
  /** Called now and then between steps: how many of this epoch's were run. */
  readonly onStep: (batch: number) => void | Promise<void>;
  readonly validation: Validation | undefined;
}

/** Data to validate with. */
export interface Validation {
  readonly source: BatchSource;
  isDue(epoch: number): boolean;
  /** Losses and metrics over these data. */
  measure(compiled: Compiled, callbacks: CallbackList): Promise<Logs>;
}

/** Runs the epochs. */
export async function runEpochs(plan: FitPlan): Promise<void> {
  const { compiled, sequence, training, callbacks, validation } = plan;
  const { setup, stepRunner } = compiled;
  const { model, position } = training;
  const batches = new EpochBatches(plan.source, plan.stepsPerEpoch, position);
  let logs: Partial<Logs> = {};
  let hasWarned = false;
  await callbacks.call("onTrainBegin");
  try {
    await batches.begin();
    while (position.epoch < training.epochs && !model.stopTraining) {
      const { epoch } = position;
      setup.objective.reset();
      await callbacks.call("onEpochBegin", epoch);
      if ((await runSteps(plan, batches)) === 0) break;
      const finished = sequence.finish();
      if (finished) await finished;
      // An epoch whose steps failed does not count, so that the call can be made again.
      setup.epochs++;
      const means = await stepRunner.logs();
      logs = means;
      if (!hasWarned && !stepRunner.instrument && !Number.isFinite(means.loss)) {
        hasWarned = true;
        console.warn(
          `fit: the loss of epoch ${epoch + 1} is ${means.loss}. The callback terminateOnNaN() finds the cause.`,
        );
      }
      if (validation?.isDue(epoch)) {
        const found = await validation.measure(compiled, callbacks);
        for (const [name, value] of Object.entries(found)) means[`val_${name}`] = value;
      }
      batches.endEpoch();
      await callbacks.call("onEpochEnd", epoch, means);
    }
  } finally {
    sequence.close();
    await batches.close();
  }
  await assignAverages(setup.optimizer, model.trainableVariables);
  await callbacks.call("onTrainEnd", logs);
}

/** Training with an average of the weights (`useEma`) ends with that average in their place. */
export async function assignAverages(optimizer: Optimizer, variables: readonly Variable[]): Promise<void> {
  const averages = await Promise.all(variables.map((variable) => optimizer.averageOf(variable)?.read()));
  // Assigned in one tick, so that no prediction sees only some of them.
  variables.forEach((variable, index) => {
    const average = averages[index];
    if (average) variable.assign(average);
  });
}

/**
 * Runs the steps of one epoch; gives how many there were: none where the data have ended for good. The loop allocates
 * nothing; hooks that no callback has are not called.
 */
async function runSteps(
  { compiled, sequence, training, callbacks, stepsPerEpoch = Number.POSITIVE_INFINITY, onStep }: FitPlan,
  batches: EpochBatches,
): Promise<number> {
  const { setup, stepRunner } = compiled;
  const { position } = training;
  const { yielder, instrument } = stepRunner;
  const read = instrument ? (step: Step) => stepRunner.read(step, instrument) : () => undefined;
  const [hasBegin, hasEnd] = [callbacks.has("onTrainBatchBegin"), callbacks.has("onTrainBatchEnd")];
  let done = position.batch;
  if (done === stepsPerEpoch) return done;
  let spec = await (done > 0 ? batches.next() : batches.first());
  const cursor = batches.cursor as BatchCursor;
  while (spec) {
    if (hasBegin) await callbacks.call("onTrainBatchBegin", done);
    const ran = sequence.run(setup.trainingMode, spec, cursor, read);
    if (ran instanceof Promise) await ran;
    position.batch = ++done;
    training.lastBatch = spec;
    if (hasEnd) await callbacks.call("onTrainBatchEnd", done - 1, await stepRunner.logs());
    if (yielder.isDue) {
      await onStep(done);
      await yielder.pause();
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
 * The batches of one epoch after another. With `stepsPerEpoch` an epoch continues where the one before stopped, and at
 * the end of the data they are read again from the start, as by Keras's EpochIterator.
 */
class EpochBatches {
  /** What is being read; undefined at the end. */
  cursor: BatchCursor | undefined;
  private hasRead = false;

  constructor(
    private readonly source: BatchSource,
    private readonly stepsPerEpoch: number | undefined,
    private readonly position: TrainingPosition,
  ) {}

  /** Reads on to the position, where that is within the data. */
  async begin(): Promise<void> {
    const { position } = this;
    const { dataBatch } = position;
    if (dataBatch === 0) return;
    this.open(position.dataPass);
    this.hasRead = true;
    while (position.dataBatch < dataBatch && (await this.next()));
  }

  /** Moves the position to the start of the next epoch. */
  endEpoch(): void {
    const { position } = this;
    position.epoch++;
    position.pass++;
    position.batch = 0;
    if (!this.cursor) position.dataBatch = 0;
  }

  /**
   * The first batch of an epoch; undefined (with a warning) where the data can be read only once and have ended.
   * @throws StateError where there never were any.
   */
  async first(): Promise<BatchSpec | undefined> {
    const { source, stepsPerEpoch, position } = this;
    // A source that knows its number of batches need not be asked for one more to find its end.
    const goesOn = this.cursor && stepsPerEpoch !== undefined && position.dataBatch !== source.steps;
    const more = goesOn ? await this.next() : undefined;
    if (more) return more;
    await this.close();
    this.open(position.pass);
    try {
      const spec = await this.next();
      if (spec || !this.hasRead) {
        if (!spec) throw noBatches("fit", source);
        this.hasRead = true;
        return spec;
      }
    } catch (error) {
      // That a generator was read before.
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

  private open(pass: number): void {
    this.position.dataPass = pass;
    this.position.dataBatch = 0;
    this.cursor = this.source.open(pass);
  }

  private note(spec: BatchSpec | undefined): BatchSpec | undefined {
    if (spec) this.position.dataBatch++;
    else this.cursor = undefined;
    return spec;
  }
}
