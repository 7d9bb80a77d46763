// Stochastic gradient descent.
import { add, mul, sub } from "../tensor/ops/elementwise.ts";
import { momentumOf } from "./momentum.ts";
import { defineOptimizer, type Optimizer } from "./optimizer.ts";
import { type OptimizerOptions, optimizerOptions } from "./optimizer-options.ts";
import type { Schedule } from "./schedule.ts";
import { slotsLike } from "./update-rule.ts";

/** Options of {@link sgd}. */
export interface SgdOptions extends OptimizerOptions {
  /** Default 0.01. */
  learningRate?: number | Schedule;
  /**
   * How much of the last step is repeated, in [0, 1], or a function of the 0-based step (see `oneCycle`). Default 0.
   */
  momentum?: number | Schedule;
  /** Looks one step ahead (Nesterov). Default false. */
  nesterov?: boolean;
}

/**
 * Stochastic gradient descent, with momentum where asked for.
 *   without momentum: w ← w − lr·g;  else m ← μ·m − lr·g, then w ← w + m, or w ← w + μ·m − lr·g (Nesterov)
 * Memory: none, or one slot (m) per weight. The learning rate is inside m, so a change of it takes effect gradually.
 * @throws ValueError where momentum is outside [0, 1] or an option of all optimizers is out of range.
 * @example model.compile({ optimizer: sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }), loss:
 * "meanSquaredError" });
 * @see Keras 3 `optimizers.SGD`; Sutskever et al. 2013.
 */
export function sgd(given: SgdOptions | number | Schedule = {}, ...extra: never[]): Optimizer {
  const options = optimizerOptions("sgd", given, extra, { momentum: "number or function", nesterov: "boolean" });
  const { momentum = 0, nesterov = false } = options;
  const inertia = momentumOf("sgd", momentum);
  return defineOptimizer<"m", "momentum">(
    "sgd",
    { learningRate: 0.01, ...options },
    {
      slots: (variable) => slotsLike(variable, momentum === 0 ? [] : ["m"]),
      byRows: momentum === 0 && "exact",
      scalars: inertia.scalars,
      begin: (scalars) => {
        const mu = inertia.value(scalars);
        return {
          rule: (w, g, { m }) => {
            const descent = mul(scalars.learningRate, g);
            if (momentum === 0) return { w: sub(w, descent), slots: {} };
            const next = sub(mul(m, mu), descent);
            return { w: nesterov ? sub(add(w, mul(next, mu)), descent) : add(w, next), slots: { m: next } };
          },
        };
      },
    },
  );
}
