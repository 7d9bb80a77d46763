// The Adamax optimizer.
import { abs, add, div, maximum, mul, sub } from "../tensor/ops/elementwise.ts";
import { approach, type MomentOptions, moments, momentTable, oneMinusPower } from "./adam.ts";
import { defineOptimizer, type Optimizer } from "./optimizer.ts";
import { type OptimizerOptions, optimizerOptions } from "./optimizer-options.ts";
import type { Schedule } from "./schedule.ts";
import { slotsLike } from "./update-rule.ts";

/** Options of {@link adamax}. The default learning rate is 0.001. */
export interface AdamaxOptions extends OptimizerOptions, MomentOptions {}

/**
 * AdaMax: Adam with the largest recent gradient in place of the average of squares.
 *   m ← m + (1−β₁)(g−m);  u ← max(β₂·u, |g|);  w ← w − lr/(1−β₁ᵗ) · m/(u + ε)
 * Memory: two slots (m, u) per weight.
 * @throws ValueError where a beta is outside [0, 1), or epsilon < 0.
 * @see Keras 3 `optimizers.Adamax`; Kingma & Ba 2015, section 7.1.
 */
export function adamax(given: AdamaxOptions | number | Schedule = {}, ...extra: never[]): Optimizer {
  const options = optimizerOptions("adamax", given, extra, momentTable);
  const { beta1, beta2, epsilon } = moments("adamax", options);
  return defineOptimizer<"m" | "u">(
    "adamax",
    { learningRate: 0.001, ...options },
    {
      slots: (variable) => slotsLike(variable, ["m", "u"]),
      begin: ({ learningRate, step }) => {
        const rate = div(learningRate, oneMinusPower(beta1, step));
        return {
          rule: (w, g, slots) => {
            const m = approach(slots.m, g, beta1);
            const u = maximum(mul(slots.u, beta2), abs(g));
            return { w: sub(w, mul(rate, div(m, add(u, epsilon)))), slots: { m, u } };
          },
        };
      },
    },
  );
}
