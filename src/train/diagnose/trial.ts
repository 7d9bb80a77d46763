// A trial: some real training steps on a few batches, after which everything is as it was.
import type { TypedArray } from "../../ir/dtype.ts";
import type { Variable } from "../../tensor/variable.ts";
import { StepSequence } from "../pass.ts";
import { portName } from "../record-step.ts";
import type { Compiled } from "../session.ts";
import { type HeldBatch, heldSource } from "./held-batches.ts";

/** Values of variables, copied before they are changed. */
class Kept {
  private readonly values = new Map<Variable, TypedArray>();

  async keep(variables: readonly Variable[]): Promise<void> {
    for (const variable of variables) if (!this.values.has(variable)) this.values.set(variable, await variable.read());
  }

  restore(): void {
    for (const [variable, values] of this.values) variable.assign(values);
  }
}

/**
 * Trains for some steps on these batches, in turn, then calls `look` with the losses of the steps, and restores
 * weights, the optimizer's state and all else that the steps have changed, to the bit.
 * @param learningRate of the steps. Default the optimizer's own.
 */
export async function tryTraining<T>(
  { setup, stepRunner }: Compiled,
  batches: readonly HeldBatch[],
  steps: number,
  look: (losses: readonly number[]) => Promise<T>,
  learningRate?: number,
): Promise<T> {
  const { optimizer } = setup;
  const { rawSteps } = optimizer;
  const rate = optimizer.isScheduled ? undefined : optimizer.learningRate;
  const { instrument } = stepRunner;
  const kept = new Kept();
  const losses: number[] = [];
  const sequence = new StepSequence(stepRunner);
  const { yielder } = stepRunner;
  stepRunner.instrument = undefined;
  try {
    if (learningRate !== undefined) optimizer.learningRate = learningRate;
    setup.objective.reset();
    const source = heldSource(batches);
    let cursor = source.open(0);
    for (let step = 0; step < steps; step++) {
      let spec = await cursor.next();
      if (!spec) {
        cursor = source.open(0);
        spec = await cursor.next();
      }
      if (!spec) break;
      const mode = setup.trainingMode;
      const acquired = await stepRunner.acquire(mode, spec, (one) => one);
      try {
        await kept.keep(acquired.program.variables);
      } finally {
        stepRunner.release(acquired);
      }
      const read = await sequence.run(mode, spec, cursor, (done) => done.program.read([portName.loss]));
      losses.push(read[portName.loss]?.[0] ?? Number.NaN);
      if (yielder.isDue) await yielder.pause();
    }
    await sequence.finish();
    return await look(losses);
  } finally {
    sequence.close();
    kept.restore();
    optimizer.rawSteps = rawSteps;
    if (rate !== undefined) optimizer.learningRate = rate;
    stepRunner.instrument = instrument;
  }
}
