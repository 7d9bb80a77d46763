// The schedule-free AdamW optimizer.
import { checkCount, checkPositive } from "../checks.ts";
import { add, div, minimum, mul, sqrt, square, sub } from "../tensor/ops/elementwise.ts";
import { approach, type MomentOptions, moments, momentTable, oneMinusPower } from "./adam.ts";
import { defineOptimizer, type Optimizer } from "./optimizer.ts";
import { type OptimizerOptions, optimizerOptions } from "./optimizer-options.ts";
import type { Schedule } from "./schedule.ts";
import { slotsLike } from "./update-rule.ts";

/** Options of {@link scheduleFreeAdamW}. The default learning rate is 0.0025, the default epsilon 1e-8. */
export interface ScheduleFreeAdamWOptions extends OptimizerOptions, MomentOptions {
  /** Steps in which the rate rises to its full height, ≥ 0. Default 0. */
  warmupSteps?: number;
}

/**
 * Schedule-free AdamW: averages the weights over the steps instead of lowering the learning rate.
 *   lr' = lr·min(t/warmup, 1);  v ← v + (1−β₂)(g²−v);  x = (w − (1−β₁)·z)/β₁
 *   z ← z − lr'·g/(√(v/(1−β₂ᵗ)) + ε);  x ← (1 − 1/t)·x + z/t;  w ← (1−β₁)·z + β₁·x
 * Memory: two slots (v, z) per weight.
 * @throws ValueError where beta1 is not in (0, 1) or another option is out of range.
 * @see Keras 3 `optimizers.ScheduleFreeAdamW`; Defazio et al. 2024, arXiv:2405.15682.
 */
export function scheduleFreeAdamW(
  given: ScheduleFreeAdamWOptions | number | Schedule = {},
  ...extra: never[]
): Optimizer {
  const name = "scheduleFreeAdamW";
  const options = optimizerOptions(name, given, extra, { ...momentTable, warmupSteps: "number" });
  const { beta1, beta2, epsilon } = moments(name, { epsilon: 1e-8, ...options });
  const { warmupSteps = 0 } = options;
  checkPositive(name, "beta1", beta1);
  checkCount(name, "warmupSteps", warmupSteps, 0);
  return defineOptimizer<"v" | "z">(
    name,
    { learningRate: 0.0025, ...options },
    {
      slots: (variable) => ({ ...slotsLike(variable, ["v"]), ...slotsLike(variable, ["z"], variable.tensor) }),
      begin: ({ learningRate, step }) => {
        const rate = warmupSteps === 0 ? learningRate : mul(learningRate, minimum(div(step, warmupSteps), 1));
        const correction = oneMinusPower(beta2, step);
        const share = div(1, step);
        return {
          rule: (w, g, slots) => {
            const v = approach(slots.v, square(g), beta2);
            const before = div(sub(w, mul(slots.z, 1 - beta1)), beta1);
            const z = sub(slots.z, div(mul(rate, g), add(sqrt(div(v, correction)), epsilon)));
            const x = add(mul(before, sub(1, share)), mul(z, share));
            return { w: add(mul(z, 1 - beta1), mul(x, beta1)), slots: { v, z } };
          },
        };
      },
    },
  );
}
