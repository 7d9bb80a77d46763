// The Adafactor optimizer.
import { checkNonNegative, checkPositive } from "../checks.ts";
import { checkNumber } from "../errors.ts";
import { add, div, exp, log, maximum, minimum, mul, rsqrt, sqrt, square, sub } from "../tensor/ops/elementwise.ts";
import { mean } from "../tensor/ops/reduction.ts";
import { expandDims } from "../tensor/ops/shaping.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { defineOptimizer, type Optimizer } from "./optimizer.ts";
import { type OptimizerOptions, optimizerOptions } from "./optimizer-options.ts";
import type { Schedule } from "./schedule.ts";
import { slotsLike } from "./update-rule.ts";

/** Options of {@link adafactor}. The default learning rate is 0.001. */
export interface AdafactorOptions extends OptimizerOptions {
  /** ≤ 0: the average of squares decays with 1 − t^beta2Decay. Default −0.8. */
  beta2Decay?: number;
  /** Added to squared gradients, ≥ 0. Default 1e-30. */
  epsilon1?: number;
  /** The least size that a variable is taken to have, ≥ 0. Default 1e-3. */
  epsilon2?: number;
  /** Steps whose root mean square is larger are shortened, > 0. Default 1. */
  clipThreshold?: number;
  /** Whether a learning rate that is a number is at most 1/√t. Default true. */
  relativeStep?: boolean;
}

/**
 * Adafactor: Adam without an average of gradients, and with row and column averages instead of an average of squares
 * per weight.
 *   ρ = min(lr, 1/√t);  α = max(ε₂, RMS(w))·ρ;  b = 1 − t^decay;  q = g² + ε₁
 * matrices: r ← b·r + (1−b)·mean_rows(q), c ← b·c + (1−b)·mean_columns(q), v = (r/mean(r)) ⊗ c;  else v ← b·v +
 * (1−b)·q
 *   u = g/√v;  w ← w − α·u/max(1, RMS(u)/clipThreshold)
 * Memory: for [n, m] n + m numbers; one slot per weight for vectors.
 * @throws ValueError where an option is out of range.
 * @see Keras 3 `optimizers.Adafactor`; Shazeer & Stern 2018, arXiv:1804.04235.
 */
export function adafactor(given: AdafactorOptions | number | Schedule = {}, ...extra: never[]): Optimizer {
  const options = optimizerOptions("adafactor", given, extra, {
    beta2Decay: "number",
    epsilon1: "number",
    epsilon2: "number",
    clipThreshold: "number",
    relativeStep: "boolean",
  });
  const {
    learningRate = 0.001,
    beta2Decay = -0.8,
    epsilon1 = 1e-30,
    epsilon2 = 1e-3,
    clipThreshold = 1,
    relativeStep = true,
  } = options;
  checkNumber("adafactor", "beta2Decay", beta2Decay, "a finite number ≤ 0", (value) => value <= 0);
  checkNonNegative("adafactor", "epsilon1", epsilon1);
  checkNonNegative("adafactor", "epsilon2", epsilon2);
  checkPositive("adafactor", "clipThreshold", clipThreshold);
  return defineOptimizer<"r" | "c" | "v">(
    "adafactor",
    { ...options, learningRate },
    {
      slots: (variable) => {
        const { shape } = variable;
        if (shape.length < 2) return slotsLike(variable, ["v"]);
        return {
          r: { shape: shape.slice(0, -1), initial: 0 },
          c: { shape: [...shape.slice(0, -2), ...shape.slice(-1)], initial: 0 },
        };
      },
      begin: ({ learningRate: given, step }) => {
        const limit = rsqrt(step);
        const rate = minimum(relativeStep && typeof learningRate === "number" ? minimum(given, limit) : given, limit);
        // t^decay as the share of the new value; 1 at the first step, so the first average is the value itself.
        const fresh = exp(mul(log(step), beta2Decay));
        const blend = (old: Tensor, value: Tensor) => add(mul(old, sub(1, fresh)), mul(value, fresh));
        return {
          rule: (w, g, slots) => {
            const q = add(square(g), epsilon1);
            const isVector = w.rank < 2;
            const state = isVector
              ? { v: blend(slots.v, q) }
              : { r: blend(slots.r, mean(q, -1)), c: blend(slots.c, mean(q, -2)) };
            const v = state.v ?? outer(state.r, state.c);
            const u = div(g, sqrt(v));
            const alpha = mul(maximum(rms(w), epsilon2), rate);
            return { w: sub(w, mul(div(alpha, maximum(div(rms(u), clipThreshold), 1)), u)), slots: state };
          },
        };
      },
    },
  );
}

const rms = (x: Tensor): Tensor => sqrt(mean(square(x)));

/** The average of squares, estimated from row and column averages. */
function outer(r: Tensor, c: Tensor): Tensor {
  return mul(expandDims(div(r, mean(r, -1, true)), -1), expandDims(c, -2));
}
