// The RMSprop optimizer.
import { checkDecay, checkNonNegative } from "../checks.ts";
import { add, div, mul, sqrt, square, sub } from "../tensor/ops/elementwise.ts";
import { approach } from "./adam.ts";
import { momentumOf } from "./momentum.ts";
import { defineOptimizer, type Optimizer } from "./optimizer.ts";
import { type OptimizerOptions, optimizerOptions } from "./optimizer-options.ts";
import type { Schedule } from "./schedule.ts";
import { slotsLike } from "./update-rule.ts";

/** Options of {@link rmsprop}. The default learning rate is 0.001. */
export interface RmspropOptions extends OptimizerOptions {
  /** Decay of the average of squares, in [0, 1). Default 0.9. */
  rho?: number;
  /** How much of the last step is repeated, in [0, 1], or a function of the 0-based step. Default 0. */
  momentum?: number | Schedule;
  /** Added under the root, ≥ 0. Default 1e-7. */
  epsilon?: number;
  /** Divides by the deviation rather than by the root mean square. Default false. */
  centered?: boolean;
}

/**
 * RMSprop: steps by the gradient over the root of the average squared gradient.
 *   v ← ρ·v + (1−ρ)·g²;  d = v + ε, or, centered, a ← ρ·a + (1−ρ)·g and d = v − a² + ε;  s = lr·g/√d
 *   w ← w − s, or, with momentum, b ← μ·b + s and w ← w − b
 * Memory: one slot per weight, one more with momentum, one more centered. ε is inside the root, as in Keras.
 * @throws ValueError where rho is outside [0, 1), momentum outside [0, 1], or epsilon < 0.
 * @see Keras 3 `optimizers.RMSprop`; Tieleman & Hinton 2012; Graves 2013, arXiv:1308.0850.
 */
export function rmsprop(given: RmspropOptions | number | Schedule = {}, ...extra: never[]): Optimizer {
  const options = optimizerOptions("rmsprop", given, extra, {
    rho: "number",
    momentum: "number or function",
    epsilon: "number",
    centered: "boolean",
  });
  const { rho = 0.9, momentum = 0, epsilon = 1e-7, centered = false } = options;
  checkDecay("rmsprop", "rho", rho);
  checkNonNegative("rmsprop", "epsilon", epsilon);
  const inertia = momentumOf("rmsprop", momentum);
  const names = ["v" as const, ...(centered ? ["a" as const] : []), ...(momentum === 0 ? [] : ["b" as const])];
  return defineOptimizer<"v" | "a" | "b", "momentum">(
    "rmsprop",
    { learningRate: 0.001, ...options },
    {
      slots: (variable) => slotsLike(variable, names),
      scalars: inertia.scalars,
      begin: (scalars) => ({
        rule: (w, g, slots) => {
          const v = approach(slots.v, square(g), rho);
          const a = centered ? { a: approach(slots.a, g, rho) } : {};
          const spread = a.a ? sub(v, square(a.a)) : v;
          const step = div(mul(scalars.learningRate, g), sqrt(add(spread, epsilon)));
          if (momentum === 0) return { w: sub(w, step), slots: { v, ...a } };
          const b = add(mul(slots.b, inertia.value(scalars)), step);
          return { w: sub(w, b), slots: { v, ...a, b } };
        },
      }),
    },
  );
}
