import type { TypedArray } from "../ir/dtype.ts";
import type { Compiled } from "../train/session.ts";
import { gradientName, recordGradients } from "./split-step.ts";
import type { Rounds } from "./worker-steps.ts";

/**
 * Workers that add up their gradients: a round is one batch of each, and ends with an update of the model's optimizer.
 * They end in the bits of one process that goes through the same batches with `gradientAccumulationSteps: size`.
 */
export const synchronousRounds = (compiled: Compiled): Rounds => ({
  every: 1,
  spansEpochs: true,
  optimizer: compiled.setup.optimizer,
  record: (spec) => recordGradients(compiled, spec),
  /** They are handed in at once, so that they travel while others compute. */
  computed(found, vector) {
    let at = 0;
    for (const index of compiled.stepRunner.trainable.keys()) {
      const gradient = found[gradientName(index)] as TypedArray;
      vector.set(gradient, at);
      at += gradient.length;
    }
    return true;
  },
});
