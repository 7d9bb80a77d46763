import type { TypedArray } from "../ir/dtype.ts";
import type { BatchSpec } from "../train/batch.ts";
import type { Compiled } from "../train/session.ts";
import { type BatchProgram, names, recordGradients } from "./split-step.ts";
import type { Rounds, WorkerSteps } from "./worker-steps.ts";

/**
 * Workers that add up their gradients: a round is one batch of each, and ends with an update of the model's optimizer.
 * They end in the bits of one process that goes through the same batches with `gradientAccumulationSteps: size`.
 */
export class SynchronousRounds implements Rounds {
  readonly every = 1;
  readonly spansEpochs = true;

  constructor(private readonly compiled: Compiled) {}

  record(spec: BatchSpec): BatchProgram {
    return recordGradients(this.compiled, spec);
  }

  /** Hands in the gradients at once, so that they travel while others compute. */
  computed(found: Readonly<Record<string, TypedArray>>, steps: WorkerSteps): void {
    const { vector } = steps;
    let at = 0;
    for (const index of this.compiled.stepRunner.trainable.keys()) {
      const gradient = found[names.gradient(index)] as TypedArray;
      vector.set(gradient, at);
      at += gradient.length;
    }
    steps.post();
  }

  async end(workers: number, steps: WorkerSteps): Promise<void> {
    await steps.applyExtras();
    await steps.applyMean(this.compiled.setup.optimizer, workers, steps.batches - 1);
  }
}
