// Constraints on weights.
import { checkNonNegative, checkShare } from "../checks.ts";
import { lookUp, valueError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { add, clip, div, maximum, mul, sqrt, square } from "../tensor/ops/elementwise.ts";
import { type Axes, sum } from "../tensor/ops/reduction.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { configured } from "./config.ts";

/**
 * A rule for a weight, applied after every optimizer step: gives the nearest weight that obeys. Any function of this
 * form will do.
 */
export type Constraint = (w: Tensor) => Tensor;

/** Options of the constraints on norms. */
export interface NormOptions {
  /**
   * The axes over which the norm is taken. Default 0: for a dense kernel [in, out] the vector of weights into each
   * unit. For a convolution's kernel [height, width, in, out] give [0, 1, 2].
   */
  axis?: Axes;
}

const axisTable = { axis: "number or list or null" } as const;

const epsilon = 1e-7;

/**
 * Shrinks vectors that are longer than `maxValue`: w · clip(‖w‖, 0, max)/(ε + ‖w‖).
 * @param maxValue finite, ≥ 0. Default 2.
 * @throws ValueError if it is negative or not finite.
 * @see Keras 3 `constraints.MaxNorm`; Srivastava et al. 2014.
 */
export function maxNorm(maxValue = 2, options: NormOptions = {}): Constraint {
  const { axis = 0 } = checkOptions("maxNorm", options, axisTable);
  checkNonNegative("maxNorm", "maxValue", maxValue);
  return configured("maxNorm", { maxValue, axis }, (w: Tensor) =>
    rescale(w, axis, (length) => clip(length, 0, maxValue)),
  );
}

/**
 * Makes every vector's norm 1: w/(ε + ‖w‖).
 * @see Keras 3 `constraints.UnitNorm`.
 */
export function unitNorm(options: NormOptions = {}): Constraint {
  const { axis = 0 } = checkOptions("unitNorm", options, axisTable);
  return configured("unitNorm", { axis }, (w: Tensor) => div(w, add(norms(w, axis), epsilon)));
}

/**
 * Sets negative weights to 0.
 * @see Keras 3 `constraints.NonNeg`.
 */
export function nonNeg(): Constraint {
  return configured("nonNeg", {}, (w: Tensor) => maximum(w, 0));
}

/** Options of {@link minMaxNorm}. */
export interface MinMaxNormOptions extends NormOptions {
  /** Finite, ≥ 0. Default 0. */
  minValue?: number;
  /** Finite, ≥ minValue. Default 1. */
  maxValue?: number;
  /** How much of the way a step goes, in [0, 1]. Default 1: all of it. */
  rate?: number;
}

/**
 * Moves norms into [minValue, maxValue]: w · (rate·clip(‖w‖, min, max) + (1 − rate)·‖w‖)/(ε + ‖w‖).
 * @throws ValueError on bad bounds or rate.
 * @see Keras 3 `constraints.MinMaxNorm`.
 */
export function minMaxNorm(options: MinMaxNormOptions = {}): Constraint {
  const table = { minValue: "number", maxValue: "number", rate: "number", axis: "number or list or null" } as const;
  const { minValue = 0, maxValue = 1, rate = 1, axis = 0 } = checkOptions("minMaxNorm", options, table);
  checkNonNegative("minMaxNorm", "minValue", minValue);
  checkNonNegative("minMaxNorm", "maxValue", maxValue);
  checkShare("minMaxNorm", "rate", rate);
  if (minValue > maxValue) {
    throw valueError("minMaxNorm", {
      rule: "the bounds must be in order",
      expected: `minValue ≤ maxValue (${maxValue})`,
      received: minValue,
    });
  }
  return configured("minMaxNorm", { minValue, maxValue, rate, axis }, (w: Tensor) =>
    rescale(w, axis, (length) => add(mul(clip(length, minValue, maxValue), rate), mul(length, 1 - rate))),
  );
}

// With its defaults minMaxNorm is what maxNorm(1) is, without the code for its bounds.
const byName = { nonNeg, unitNorm, maxNorm, minMaxNorm: () => maxNorm(1) };

/** The name of a constraint with its defaults. */
export type ConstraintName = keyof typeof byName;

/** A constraint from its name, or one as it is. @throws ValueError on an unknown name, with the nearest. */
export function constraintOf(given: ConstraintName | Constraint | undefined, owner: string): Constraint | undefined {
  return typeof given === "string" ? lookUp(owner, "constraint", byName, given)() : given;
}

function norms(w: Tensor, axis: Axes): Tensor {
  return sqrt(sum(square(w), axis, true));
}

function rescale(w: Tensor, axis: Axes, desired: (norm: Tensor) => Tensor): Tensor {
  const length = norms(w, axis);
  return mul(w, div(desired(length), add(length, epsilon)));
}
