import type { TypedArray } from "../ir/dtype.ts";
import type { BatchSpec } from "../train/batch.ts";
import { names, recordGradients, type SplitStep } from "./split-step.ts";
import { type StepsOptions, WorkerSteps } from "./worker-steps.ts";

/**
 * Workers that add up their gradients: a round is one batch of each, and ends with an update of the model's optimizer.
 * They end in the bits of one process that goes through the same batches with `gradientAccumulationSteps: size`.
 */
export class SynchronousSteps extends WorkerSteps {
  constructor(options: StepsOptions) {
    super(options, 1);
  }

  /** A round may go on in the next epoch, but metrics are reported now. */
  finish(): Promise<void> {
    return this.applyExtras();
  }

  protected record(spec: BatchSpec): SplitStep {
    const { model, compiled } = this.options;
    return recordGradients(model, compiled, spec);
  }

  protected begin(): void {}

  /** Hands in the gradients at once, so that they travel while others compute. */
  protected computed(found: Readonly<Record<string, TypedArray>>, extra: Uint8Array): void {
    const { exchange, compiled } = this.options;
    const { vector } = this;
    let at = 0;
    for (const index of compiled.stepRunner.trainable.keys()) {
      const gradient = found[names.gradient(index)] as TypedArray;
      vector.set(gradient, at);
      at += gradient.length;
    }
    exchange.post(this.updates, extra, vector);
  }

  protected async update(): Promise<void> {
    const { compiled, size } = this.options;
    await this.applyExtras();
    await this.applyMean(compiled.setup.optimizer, size, this.batches - 1);
  }
}
