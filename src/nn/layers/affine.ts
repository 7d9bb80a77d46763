// What normalization layers share: mean and variance, and the learned scale and shift.
import type { Shape } from "../../ir/shape.ts";
import type { OptionTable } from "../../options.ts";
import type { Constraint, ConstraintName } from "../../regularize/constraints.ts";
import type { Penalty, PenaltyName } from "../../regularize/penalties.ts";
import { add, maximum, mul, rsqrt, square, sub } from "../../tensor/ops/elementwise.ts";
import { mean } from "../../tensor/ops/reduction.ts";
import { reshape } from "../../tensor/ops/shaping.ts";
import { stopGradient } from "../../tensor/ops/with-gradient.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";
import type { InitializerName } from "../initializer-names.ts";
import type { Initializer } from "../initializers.ts";
import type { CallContext, WeightOptions } from "../layer.ts";

/** The learned scale and shift after a normalization. */
export interface AffineOptions {
  /** Add a learned shift beta. Default true. */
  center?: boolean;
  /** Multiply by a learned scale gamma. Default true. */
  scale?: boolean;
  /** Default "zeros". */
  betaInitializer?: InitializerName | Initializer;
  /** Default "ones". */
  gammaInitializer?: InitializerName | Initializer;
  /** A penalty of beta, or its name. Default: none. */
  betaRegularizer?: PenaltyName | Penalty;
  /** A penalty of gamma, or its name. Default: none. */
  gammaRegularizer?: PenaltyName | Penalty;
  /** A constraint on beta, or its name. Default: none. */
  betaConstraint?: ConstraintName | Constraint;
  /** A constraint on gamma, or its name. Default: none. */
  gammaConstraint?: ConstraintName | Constraint;
}

export const affineTable: OptionTable<AffineOptions> = {
  center: "boolean",
  scale: "boolean",
  betaInitializer: "string or function",
  gammaInitializer: "string or function",
  betaRegularizer: "string or function",
  gammaRegularizer: "string or function",
  betaConstraint: "string or function",
  gammaConstraint: "string or function",
};

/** gamma and beta, where a layer has them. */
export interface Affine {
  gamma: Variable | undefined;
  beta: Variable | undefined;
}

/** Makes gamma, then beta, as far as the options want them. */
export function addAffine(options: AffineOptions, make: (name: string, options: WeightOptions) => Variable): Affine {
  const { center = true, scale = true, betaInitializer = "zeros", gammaInitializer = "ones" } = options;
  const { gammaRegularizer, gammaConstraint, betaRegularizer, betaConstraint } = options;
  return {
    gamma: scale
      ? make("gamma", { initializer: gammaInitializer, regularizer: gammaRegularizer, constraint: gammaConstraint })
      : undefined,
    beta: center
      ? make("beta", { initializer: betaInitializer, regularizer: betaRegularizer, constraint: betaConstraint })
      : undefined,
  };
}

/** What a normalization is made by. */
export interface Moments {
  mean: Tensor;
  /** Biased: the mean of squares, divided by n. */
  variance: Tensor;
  /** x less a rounded mean. */
  near: Tensor;
  /** The mean of `near`, which rounding left. */
  rest: Tensor;
}

/** Mean and biased variance over axes, which stay as 1. */
export const moments = (x: Tensor, axes: readonly number[]): Moments =>
  correctedMoments(x, (values) => mean(values, axes, true));

/**
 * Moments of x, in float32 close to those in float64 also where the mean is far larger than the deviation. The mean is
 * rounded, but x − mean is exact near it, so the mean of x − mean corrects the mean, the variance (the squares' mean
 * less the correction's square) and the deviations. The rounded mean is a constant to gradients: moments do not depend
 * on it.
 * @see Chan, Golub & LeVeque 1983, "Algorithms for computing the sample variance".
 */
export function correctedMoments(x: Tensor, meanOf: (values: Tensor) => Tensor): Moments {
  const rounded = stopGradient(meanOf(x));
  const near = sub(x, rounded);
  const rest = meanOf(near);
  return { mean: add(rounded, rest), variance: maximum(sub(meanOf(square(near)), square(rest)), 0), near, rest };
}

/**
 * centered·rsqrt(variance + epsilon)·gamma + beta; gamma and beta are brought to `shape`, in which they broadcast with
 * the input.
 */
export function standardize(
  centered: Tensor,
  variance: Tensor,
  epsilon: number,
  { gamma, beta }: Affine,
  shape: Shape,
  ctx: CallContext,
): Tensor {
  const inverse = rsqrt(add(variance, epsilon));
  const scaled = mul(centered, gamma ? mul(inverse, reshape(ctx.value(gamma), shape)) : inverse);
  return beta ? add(scaled, reshape(ctx.value(beta), shape)) : scaled;
}

/** x brought to mean 0 and variance 1 over axes, then scaled and shifted: see {@link standardize}. */
export function standardizeOver(
  x: Tensor,
  axes: readonly number[],
  epsilon: number,
  affine: Affine,
  shape: Shape,
  ctx: CallContext,
): Tensor {
  const { near, rest, variance } = moments(x, axes);
  return standardize(sub(near, rest), variance, epsilon, affine, shape, ctx);
}
