// The Lion optimizer.
import { checkDecay } from "../checks.ts";
import { checkNumber } from "../errors.ts";
import { add, mul, sign, sub } from "../tensor/ops/elementwise.ts";
import { approach } from "./adam.ts";
import { defineOptimizer, type Optimizer } from "./optimizer.ts";
import { type OptimizerOptions, optimizerOptions } from "./optimizer-options.ts";
import type { Schedule } from "./schedule.ts";
import { slotsLike } from "./update-rule.ts";

/** Options of {@link lion}. The default learning rate is 0.001; take a third to a tenth of Adam's. */
export interface LionOptions extends OptimizerOptions {
  /** How much of the average is in a step, in (0, 1]. Default 0.9. */
  beta1?: number;
  /** Decay of the average, in [0, 1). Default 0.99. */
  beta2?: number;
}

/**
 * Lion: steps of one size, by the sign of an average of gradients.
 *   w ← w − lr·sign(β₁·m + (1−β₁)·g);  m ← β₂·m + (1−β₂)·g
 * Memory: one slot (m) per weight.
 * @throws ValueError where a beta is out of range.
 * @see Keras 3 `optimizers.Lion`; Chen et al. 2023, arXiv:2302.06675.
 */
export function lion(given: LionOptions | number | Schedule = {}, ...extra: never[]): Optimizer {
  const options = optimizerOptions("lion", given, extra, { beta1: "number", beta2: "number" });
  const { beta1 = 0.9, beta2 = 0.99 } = options;
  checkNumber("lion", "beta1", beta1, "a number in (0, 1]", (b) => b > 0 && b <= 1);
  checkDecay("lion", "beta2", beta2);
  return defineOptimizer<"m">(
    "lion",
    { learningRate: 0.001, ...options },
    {
      slots: (variable) => slotsLike(variable, ["m"]),
      begin: ({ learningRate }) => ({
        rule: (w, g, { m }) => ({
          w: sub(w, mul(learningRate, sign(add(mul(m, beta1), mul(g, 1 - beta1))))),
          slots: { m: approach(m, g, beta2) },
        }),
      }),
    },
  );
}
