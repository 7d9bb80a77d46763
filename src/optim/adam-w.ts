// The AdamW optimizer.
import { type AdamOptions, adamMethod, momentTable } from "./adam.ts";
import { defineOptimizer, type Optimizer } from "./optimizer.ts";
import { optimizerOptions } from "./optimizer-options.ts";
import type { Schedule } from "./schedule.ts";

/** Options of {@link adamW}. The default learning rate is 0.001, the default weightDecay 0.004. */
export interface AdamWOptions extends Omit<AdamOptions, "lazy"> {
  weightDecay?: number;
}

/**
 * AdamW: Adam with decoupled weight decay.
 *   w ← w − lr·λ·w;  then as Adam
 * Memory: two slots (m, v) per weight, three with amsgrad.
 * Differs from the paper: λ is multiplied by lr, as in Keras and PyTorch.
 * @throws ValueError where a beta is outside [0, 1), or epsilon or weightDecay < 0.
 * @example adamW({ learningRate: 1e-3, weightDecay: 0.01, excludeFromWeightDecay: ["bias", "gamma", "beta"] });
 * @see Keras 3 `optimizers.AdamW`; Loshchilov & Hutter 2019, arXiv:1711.05101.
 */
export function adamW(given: AdamWOptions | number | Schedule = {}, ...extra: never[]): Optimizer {
  const options = optimizerOptions("adamW", given, extra, { ...momentTable, amsgrad: "boolean" });
  return defineOptimizer(
    "adamW",
    { learningRate: 0.001, weightDecay: 0.004, ...options },
    adamMethod("adamW", options),
  );
}
