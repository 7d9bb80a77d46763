// The Adadelta optimizer.
import { checkDecay, checkNonNegative } from "../checks.ts";
import { add, div, mul, neg, sqrt, square } from "../tensor/ops/elementwise.ts";
import { approach } from "./adam.ts";
import { defineOptimizer, type Optimizer } from "./optimizer.ts";
import { type OptimizerOptions, optimizerOptions } from "./optimizer-options.ts";
import type { Schedule } from "./schedule.ts";
import { slotsLike } from "./update-rule.ts";

/** Options of {@link adadelta}. The default learning rate is 0.001, as in Keras; the paper's is 1. */
export interface AdadeltaOptions extends OptimizerOptions {
  /** Decay of both averages, in [0, 1). Default 0.95. */
  rho?: number;
  /** Added under the roots, ≥ 0. Default 1e-7. */
  epsilon?: number;
}

/**
 * AdaDelta: steps in the weights' own units, by the ratio of past steps to past gradients.
 *   v ← ρ·v + (1−ρ)·g²;  δ = −√(d + ε)·g/√(v + ε);  d ← ρ·d + (1−ρ)·δ²;  w ← w + lr·δ
 * Memory: two slots (v, d) per weight.
 * @throws ValueError where rho is outside [0, 1) or epsilon < 0.
 * @see Keras 3 `optimizers.Adadelta`; Zeiler 2012, arXiv:1212.5701.
 */
export function adadelta(given: AdadeltaOptions | number | Schedule = {}, ...extra: never[]): Optimizer {
  const options = optimizerOptions("adadelta", given, extra, { rho: "number", epsilon: "number" });
  const { rho = 0.95, epsilon = 1e-7 } = options;
  checkDecay("adadelta", "rho", rho);
  checkNonNegative("adadelta", "epsilon", epsilon);
  return defineOptimizer<"v" | "d">(
    "adadelta",
    { learningRate: 0.001, ...options },
    {
      slots: (variable) => slotsLike(variable, ["v", "d"]),
      begin: ({ learningRate }) => ({
        rule: (w, g, slots) => {
          const v = approach(slots.v, square(g), rho);
          const delta = neg(mul(div(sqrt(add(slots.d, epsilon)), sqrt(add(v, epsilon))), g));
          return { w: add(w, mul(learningRate, delta)), slots: { v, d: approach(slots.d, square(delta), rho) } };
        },
      }),
    },
  );
}
