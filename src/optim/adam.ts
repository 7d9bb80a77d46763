// The Adam optimizer, and the parts of it that others share.
import { checkDecay, checkNonNegative } from "../checks.ts";
import { valueError } from "../errors.ts";
import type { OptionTable } from "../options.ts";
import { add, div, expm1, maximum, mul, neg, sqrt, square, sub } from "../tensor/ops/elementwise.ts";
import { log } from "../tensor/portable.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { defineOptimizer, type Optimizer } from "./optimizer.ts";
import { type OptimizerOptions, optimizerOptions } from "./optimizer-options.ts";
import type { Schedule } from "./schedule.ts";
import { type Method, type Slots, slotsLike } from "./update-rule.ts";

/** Options of Adam's two moving averages. */
export interface MomentOptions {
  /** Decay of the average of gradients, in [0, 1). Default 0.9. */
  beta1?: number;
  /** Decay of the average of their squares, in [0, 1). Default 0.999. */
  beta2?: number;
  /** Added to the root of the average of squares, ≥ 0. Default 1e-7. */
  epsilon?: number;
}

export const momentTable: OptionTable<MomentOptions> = { beta1: "number", beta2: "number", epsilon: "number" };

/** Options of {@link adam}. The default learning rate is 0.001. */
export interface AdamOptions extends OptimizerOptions, MomentOptions {
  /** Divides by the largest average of squares so far (AMSGrad). Default false. */
  amsgrad?: boolean;
  /**
   * Whether a step leaves the rows of an embedding's table alone that its batch does not name: their averages do not
   * decay, and they do not move. A step then costs the rows of the batch, not the table. All other weights are updated
   * as always, and so is a table with a penalty. Not with clipping, gradientAccumulationSteps or lossScaleFactor.
   * Default false: as in Keras, whose files have no place for it.
   */
  lazy?: boolean;
}

/**
 * Adam: steps by the average gradient over the root of the average squared gradient.
 *   m ← m + (1−β₁)(g−m);  v ← v + (1−β₂)(g²−v);  w ← w − lr·√(1−β₂ᵗ)/(1−β₁ᵗ) · m/(√v + ε)
 * Memory: two slots (m, v) per weight, three with amsgrad. Differs from the paper's Algorithm 1: ε is added to the
 * uncorrected √v ("epsilon hat"), as in Keras and unlike PyTorch.
 * @throws ValueError where a beta is outside [0, 1), or epsilon < 0.
 * @param given options, or the learning rate alone: a number or a schedule, as for every optimizer.
 * @example model.compile({ optimizer: adam({ learningRate: 1e-3, clipNorm: 1 }), loss: "sparseCategoricalCrossentropy"
 * });
 * @example model.compile({ optimizer: adam(1e-3), loss: "meanSquaredError" });
 * @see Keras 3 `optimizers.Adam`; Kingma & Ba 2015, arXiv:1412.6980; Reddi et al. 2018 (amsgrad).
 */
export function adam(given: AdamOptions | number | Schedule = {}, ...extra: never[]): Optimizer {
  const options = optimizerOptions("adam", given, extra, { ...momentTable, amsgrad: "boolean", lazy: "boolean" });
  if (options.lazy) checkLazy(options);
  return defineOptimizer("adam", { learningRate: 0.001, ...options }, adamMethod("adam", options));
}

/** Options that need whole gradients. */
const wholeOptions = [
  "clipValue",
  "clipNorm",
  "globalClipNorm",
  "gradientAccumulationSteps",
  "lossScaleFactor",
] as const;

function checkLazy(options: AdamOptions): void {
  const received = wholeOptions.find((name) => options[name] !== undefined);
  if (received === undefined) return;
  throw valueError("adam", { rule: "lazy needs gradients row by row", expected: `no ${received}`, received });
}

/** Adam's maths, for the optimizers that are made of it. */
export function adamMethod(name: string, options: AdamOptions): Method<"m" | "v" | "h", never, never> {
  const { beta1, beta2, epsilon } = moments(name, options);
  const { amsgrad = false, lazy = false } = options;
  return {
    byRows: lazy && "lazy",
    slots: (variable) => slotsLike(variable, amsgrad ? ["m", "v", "h"] : ["m", "v"]),
    begin: ({ learningRate, step }) => {
      const rate = mul(learningRate, div(sqrt(oneMinusPower(beta2, step)), oneMinusPower(beta1, step)));
      return {
        rule: (w, g, slots) => {
          const { m, v } = averages(g, slots, beta1, beta2);
          const h = amsgrad ? maximum(slots.h, v) : v;
          return { w: sub(w, mul(rate, div(m, add(sqrt(h), epsilon)))), slots: { m, v, ...(amsgrad ? { h } : {}) } };
        },
      };
    },
  };
}

/** Checked decay rates with their defaults. */
export function moments(
  name: string,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 }: MomentOptions,
): Required<MomentOptions> {
  checkDecay(name, "beta1", beta1);
  checkDecay(name, "beta2", beta2);
  checkNonNegative(name, "epsilon", epsilon);
  return { beta1, beta2, epsilon };
}

/** The averages of g and g², from slots m and v. */
export function averages(
  g: Tensor,
  { m, v }: Slots<"m" | "v">,
  beta1: number,
  beta2: number,
): { m: Tensor; v: Tensor } {
  return { m: approach(m, g, beta1), v: approach(v, square(g), beta2) };
}

/** An exponential moving average: average + (1 − decay)(value − average). */
export function approach(average: Tensor, value: Tensor, decay: number): Tensor {
  return add(average, mul(sub(value, average), 1 - decay));
}

/** 1 − βᵗ, precise for β near 1, where the difference of float32 numbers would not be. */
export function oneMinusPower(beta: number, step: Tensor): Tensor {
  return neg(expm1(mul(step, log(beta))));
}
