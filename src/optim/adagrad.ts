// The Adagrad optimizer.
import { checkNonNegative } from "../checks.ts";
import { add, div, mul, sqrt, square, sub } from "../tensor/ops/elementwise.ts";
import { defineOptimizer, type Optimizer } from "./optimizer.ts";
import { type OptimizerOptions, optimizerOptions } from "./optimizer-options.ts";
import type { Schedule } from "./schedule.ts";
import { slotsLike } from "./update-rule.ts";

/** Options of {@link adagrad}. The default learning rate is 0.001. */
export interface AdagradOptions extends OptimizerOptions {
  /** What the sums of squares begin with, ≥ 0. Default 0.1. */
  initialAccumulatorValue?: number;
  /** Added under the root, ≥ 0. Default 1e-7. */
  epsilon?: number;
}

/**
 * AdaGrad: each weight's steps shrink with all the squared gradients that it has had.
 *   a ← a + g²;  w ← w − lr·g/√(a + ε)
 * Memory: one slot per weight. Good for sparse gradients; in deep nets it often stops too early.
 * @throws ValueError where an option is negative.
 * @see Keras 3 `optimizers.Adagrad`; Duchi et al. 2011.
 */
export function adagrad(given: AdagradOptions | number | Schedule = {}, ...extra: never[]): Optimizer {
  const options = optimizerOptions("adagrad", given, extra, { initialAccumulatorValue: "number", epsilon: "number" });
  const { initialAccumulatorValue = 0.1, epsilon = 1e-7 } = options;
  checkNonNegative("adagrad", "initialAccumulatorValue", initialAccumulatorValue);
  checkNonNegative("adagrad", "epsilon", epsilon);
  return defineOptimizer<"a">(
    "adagrad",
    { learningRate: 0.001, ...options },
    {
      slots: (variable) => slotsLike(variable, ["a"], initialAccumulatorValue),
      // 0/0 is NaN, which a zero gradient makes where both are 0.
      byRows: initialAccumulatorValue + epsilon > 0 && "exact",
      begin: ({ learningRate }) => ({
        rule: (w, g, slots) => {
          const a = add(slots.a, square(g));
          return { w: sub(w, div(mul(learningRate, g), sqrt(add(a, epsilon)))), slots: { a } };
        },
      }),
    },
  );
}
