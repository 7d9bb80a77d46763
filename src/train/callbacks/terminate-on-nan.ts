// A callback that stops at a loss that is not finite, and finds its cause.
import type { Callback } from "../callback.ts";

/** Stops training at a loss that is not finite. See {@link terminateOnNaN}. */
export interface TerminateOnNaN extends Callback {
  /** What was not finite first, in words; undefined while everything is finite. */
  readonly found: string | undefined;
}

/**
 * Stops training as soon as a loss is NaN or infinite, and says (in `found`, and as a warning) which layer's output or
 * which gradient was not finite first. Each step checks all of them, which takes time: use it to find a cause.
 * @example const watch = terminateOnNaN(); await model.fit(x, y, { callbacks: [watch] }); console.log(watch.found);
 * @see Keras 3 `callbacks.TerminateOnNaN`.
 */
export function terminateOnNaN(): TerminateOnNaN {
  const state: { found: string | undefined } = { found: undefined };
  return {
    diagnoses: true,
    get found() {
      return state.found;
    },
    onTrainBegin() {
      state.found = undefined;
    },
    onTrainBatchEnd(batch, logs, training) {
      const what = training.diagnosis;
      if (what === undefined && Number.isFinite(logs.loss)) return;
      training.model.stopTraining = true;
      state.found = `${what ?? "the loss"} was not finite in batch ${batch}`;
      console.warn(
        `terminateOnNaN: ${state.found}; training stops. Try a smaller learning rate, clipNorm, or other initializers; check the data.`,
      );
    },
  };
}
