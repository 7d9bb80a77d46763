// The LAMB optimizer.
import { add, div, greater, mul, sqrt, square, sub, where } from "../tensor/ops/elementwise.ts";
import { sum } from "../tensor/ops/reduction.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { averages, type MomentOptions, moments, momentTable, oneMinusPower } from "./adam.ts";
import { defineOptimizer, type Optimizer } from "./optimizer.ts";
import { type OptimizerOptions, optimizerOptions } from "./optimizer-options.ts";
import type { Schedule } from "./schedule.ts";
import { slotsLike } from "./update-rule.ts";

/** Options of {@link lamb}. The default learning rate is 0.001. */
export interface LambOptions extends OptimizerOptions, MomentOptions {}

/**
 * LAMB: Adam whose step for each variable has a length proportional to the variable's norm. For large batches.
 *   m, v as in Adam;  r = m/(1−β₁ᵗ) / (√(v/(1−β₂ᵗ)) + ε);  w ← w − lr·(‖w‖/‖r‖)·r   (1 where a norm is 0)
 * Memory: two slots (m, v) per weight.
 * @throws ValueError where a beta is outside [0, 1), or epsilon < 0.
 * @see Keras 3 `optimizers.Lamb`; You et al. 2020, arXiv:1904.00962.
 */
export function lamb(given: LambOptions | number | Schedule = {}, ...extra: never[]): Optimizer {
  const options = optimizerOptions("lamb", given, extra, momentTable);
  const { beta1, beta2, epsilon } = moments("lamb", options);
  return defineOptimizer<"m" | "v">(
    "lamb",
    { learningRate: 0.001, ...options },
    {
      slots: (variable) => slotsLike(variable, ["m", "v"]),
      begin: ({ learningRate, step }) => {
        const [first, second] = [oneMinusPower(beta1, step), oneMinusPower(beta2, step)];
        return {
          rule: (w, g, slots) => {
            const { m, v } = averages(g, slots, beta1, beta2);
            const r = div(div(m, first), add(sqrt(div(v, second)), epsilon));
            return { w: sub(w, mul(mul(learningRate, trust(length(w), length(r))), r)), slots: { m, v } };
          },
        };
      },
    },
  );
}

const length = (x: Tensor): Tensor => sqrt(sum(square(x)));

/** a/b, and 1 where one of them is 0. */
function trust(a: Tensor, b: Tensor): Tensor {
  const hasBoth = mul(greater(a, 0), greater(b, 0));
  return where(hasBoth, div(a, where(hasBoth, b, 1)), 1);
}
