// The Nadam optimizer.
import { add, div, exp, mul, sqrt, sub } from "../tensor/ops/elementwise.ts";
import { log } from "../tensor/portable.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { averages, type MomentOptions, moments, momentTable, oneMinusPower } from "./adam.ts";
import { defineOptimizer, type Optimizer } from "./optimizer.ts";
import { type OptimizerOptions, optimizerOptions } from "./optimizer-options.ts";
import type { Schedule } from "./schedule.ts";
import { slotsLike } from "./update-rule.ts";

/** Options of {@link nadam}. The default learning rate is 0.001. */
export interface NadamOptions extends OptimizerOptions, MomentOptions {}

/**
 * Nadam: Adam that looks one step ahead (Nesterov), with a momentum that grows towards β₁.
 *   μₜ = β₁(1 − ½·0.96ᵗ);  P ← P·μₜ;  m, v as in Adam
 *   m̂ = μₜ₊₁·m/(1 − P·μₜ₊₁) + (1−μₜ)·g/(1 − P);  v̂ = v/(1−β₂ᵗ);  w ← w − lr·m̂/(√v̂ + ε)
 * Memory: two slots (m, v) per weight, and P, one number for all.
 * @throws ValueError where a beta is outside [0, 1), or epsilon < 0.
 * @see Keras 3 `optimizers.Nadam`; Dozat 2016.
 */
export function nadam(given: NadamOptions | number | Schedule = {}, ...extra: never[]): Optimizer {
  const options = optimizerOptions("nadam", given, extra, momentTable);
  const { beta1, beta2, epsilon } = moments("nadam", options);
  const momentumAt = (step: Tensor) => mul(sub(1, mul(exp(mul(step, log(0.96))), 0.5)), beta1);
  return defineOptimizer<"m" | "v", never, "product">(
    "nadam",
    { learningRate: 0.001, ...options },
    {
      slots: (variable) => slotsLike(variable, ["m", "v"]),
      shared: { product: 1 },
      begin: ({ learningRate, step }, shared) => {
        const now = momentumAt(step);
        const next = momentumAt(add(step, 1));
        const product = mul(shared.product, now);
        const ofAverage = div(next, sub(1, mul(product, next)));
        const ofGradient = div(sub(1, now), sub(1, product));
        const correction = oneMinusPower(beta2, step);
        return {
          shared: { product },
          rule: (w, g, slots) => {
            const { m, v } = averages(g, slots, beta1, beta2);
            const ahead = add(mul(ofAverage, m), mul(ofGradient, g));
            return {
              w: sub(w, div(mul(learningRate, ahead), add(sqrt(div(v, correction)), epsilon))),
              slots: { m, v },
            };
          },
        };
      },
    },
  );
}
