// The FTRL optimizer.
import { checkNonNegative } from "../checks.ts";
import { checkNumber } from "../errors.ts";
import { add, clip, div, mul, pow, square, sub } from "../tensor/ops/elementwise.ts";
import { defineOptimizer, type Optimizer } from "./optimizer.ts";
import { type OptimizerOptions, optimizerOptions } from "./optimizer-options.ts";
import type { Schedule } from "./schedule.ts";
import { slotsLike } from "./update-rule.ts";

/** Options of {@link ftrl}. The default learning rate is 0.001; it must not be 0. */
export interface FtrlOptions extends OptimizerOptions {
  /** ≤ 0: how the rate falls with the sum of squares. Default −0.5. */
  learningRatePower?: number;
  /** What the sums of squares begin with, ≥ 0. Default 0.1. */
  initialAccumulatorValue?: number;
  /** ≥ 0: drives weights to exactly 0. Default 0. */
  l1RegularizationStrength?: number;
  /** ≥ 0. Default 0. */
  l2RegularizationStrength?: number;
  /** ≥ 0: an l2 penalty on the gradient's side. Default 0. */
  l2ShrinkageRegularizationStrength?: number;
  /** ≥ 0. Default 0. */
  beta?: number;
}

/**
 * FTRL-Proximal: follows the regularized leader; with l1, weights that matter little are exactly 0. For wide linear
 * models.
 *   λ₂ = l2 + β/(2·lr);  h = g + 2·shrinkage·w;  n' = n + g²;  z ← z + h − (n'^−p − n^−p)/lr · w
 *   w ← (clip(z, −l1, l1) − z)/(n'^−p/lr + 2·λ₂)
 * Memory: two slots (n, z) per weight.
 * @throws ValueError where learningRatePower > 0 or another option is negative.
 * @see Keras 3 `optimizers.Ftrl`; McMahan et al. 2013.
 */
export function ftrl(given: FtrlOptions | number | Schedule = {}, ...extra: never[]): Optimizer {
  const options = optimizerOptions("ftrl", given, extra, {
    learningRatePower: "number",
    initialAccumulatorValue: "number",
    l1RegularizationStrength: "number",
    l2RegularizationStrength: "number",
    l2ShrinkageRegularizationStrength: "number",
    beta: "number",
  });
  const {
    learningRatePower = -0.5,
    initialAccumulatorValue = 0.1,
    l1RegularizationStrength: l1 = 0,
    l2RegularizationStrength: l2 = 0,
  } = options;
  const { l2ShrinkageRegularizationStrength: shrinkage = 0, beta = 0 } = options;
  checkNumber("ftrl", "learningRatePower", learningRatePower, "a finite number ≤ 0", (value) => value <= 0);
  checkNonNegative("ftrl", "initialAccumulatorValue", initialAccumulatorValue);
  checkNonNegative("ftrl", "l1RegularizationStrength", l1);
  checkNonNegative("ftrl", "l2RegularizationStrength", l2);
  checkNonNegative("ftrl", "l2ShrinkageRegularizationStrength", shrinkage);
  checkNonNegative("ftrl", "beta", beta);
  return defineOptimizer<"n" | "z">(
    "ftrl",
    { learningRate: 0.001, ...options },
    {
      slots: (variable) => ({ ...slotsLike(variable, ["n"], initialAccumulatorValue), ...slotsLike(variable, ["z"]) }),
      begin: ({ learningRate }) => {
        const quadratic = add(div(beta, learningRate), 2 * l2);
        return {
          rule: (w, g, slots) => {
            const n = add(slots.n, square(g));
            const [before, after] = [pow(slots.n, -learningRatePower), pow(n, -learningRatePower)];
            const shrunk = shrinkage === 0 ? g : add(g, mul(w, 2 * shrinkage));
            const z = add(slots.z, sub(shrunk, mul(div(sub(after, before), learningRate), w)));
            return { w: div(sub(clip(z, -l1, l1), z), add(div(after, learningRate), quadratic)), slots: { n, z } };
          },
        };
      },
    },
  );
}
