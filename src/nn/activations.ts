// Activation functions: what `activations` and `aretejs/activations` export.
import { checkNumber, shapeError } from "../errors.ts";
import { formatShape, normalizeAxis } from "../ir/shape.ts";
import { checkOptions, type OptionTable } from "../options.ts";
import { elementwise, exp, mul, sigmoid, tanh } from "../tensor/ops/elementwise.ts";
import { slice } from "../tensor/ops/joining.ts";
import { asTensor, type Operand } from "../tensor/ops/leaf.ts";
import { logSoftmax, softmax } from "../tensor/ops/softmax.ts";
import * as scalar from "../tensor/scalar/activations.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sparsemax } from "./sparsemax.ts";

/**
 * A function between layers. Any function of tensors will do; it is differentiated and fused like the built-in ones.
 */
export type Activation = (x: Tensor) => Tensor;

export type { ActivationName } from "./activation-names.ts";
export { exp as exponential, logSoftmax, sigmoid, softmax, sparsemax, tanh };

// ── Rectifiers

/** Options of {@link relu}. */
export interface ReluOptions {
  /** Slope below the threshold, ≥ 0. Default 0. */
  negativeSlope?: number;
  /** Largest output; null for none. Default: none. */
  maxValue?: number | null | undefined;
  /** Inputs up to it count as negative. Default 0. */
  threshold?: number;
}

const reluTable: OptionTable<ReluOptions> = {
  negativeSlope: "number",
  maxValue: "number or null",
  threshold: "number",
};

/**
 * max(x, 0), and its variants: maxValue from x = maxValue on; x above the threshold; negativeSlope·(x − threshold)
 * below. @see Keras 3 `activations.relu`.
 */
export function relu(x: Operand, options: ReluOptions = {}): Tensor {
  const { negativeSlope = 0, maxValue: most, threshold: from = 0 } = checkOptions("relu", options, reluTable);
  const maxValue = most ?? Number.POSITIVE_INFINITY;
  checkNumber("relu", "negativeSlope", negativeSlope, "a finite number ≥ 0", (v) => v >= 0);
  if (maxValue !== Number.POSITIVE_INFINITY)
    checkNumber("relu", "maxValue", maxValue, "a finite number ≥ 0", (v) => v >= 0);
  checkNumber("relu", "threshold", from, "a finite number ≥ 0", (v) => v >= 0);
  return elementwise(scalar.relu, [x], { negativeSlope, maxValue, threshold: from });
}

/** min(max(x, 0), 6). */
export const relu6 = (x: Operand): Tensor => relu(x, { maxValue: 6 });

/**
 * x above 0, negativeSlope·x below. The function's default slope is 0.2, the layer's 0.3, as in Keras. @throws
 * ValueError if the slope is negative.
 */
export function leakyRelu(
  x: Operand,
  options: {
    /** Slope below 0, ≥ 0. Default 0.2. */
    negativeSlope?: number;
  } = {},
): Tensor {
  const { negativeSlope = 0.2 } = checkOptions("leakyRelu", options, { negativeSlope: "number" });
  checkNumber("leakyRelu", "negativeSlope", negativeSlope, "a finite number ≥ 0", (v) => v >= 0);
  return relu(x, { negativeSlope });
}

/** Options of {@link elu} and {@link celu}. */
export interface AlphaOptions {
  /** Default 1. */
  alpha?: number;
}

/** x above 0, alpha·(e^x − 1) below. @see Clevert, Unterthiner & Hochreiter 2016, arXiv:1511.07289. */
export function elu(x: Operand, options: AlphaOptions = {}): Tensor {
  const { alpha = 1 } = checkOptions("elu", options, { alpha: "number" });
  checkNumber("elu", "alpha", alpha, "a finite number", () => true);
  return elementwise(scalar.elu, [x], { alpha });
}

/**
 * max(0, x) + min(0, alpha·(e^(x/alpha) − 1)): elu with a continuous derivative. @see Barron 2017, arXiv:1704.07483.
 */
export function celu(x: Operand, options: AlphaOptions = {}): Tensor {
  const { alpha = 1 } = checkOptions("celu", options, { alpha: "number" });
  checkNumber("celu", "alpha", alpha, "a finite number > 0", (v) => v > 0);
  return elementwise(scalar.celu, [x], { alpha });
}

/**
 * 1.0507·elu(x, 1.6733): keeps mean 0 and variance 1 from layer to layer with lecunNormal. @see Klambauer et al. 2017,
 * arXiv:1706.02515.
 */
export const selu = (x: Operand): Tensor => elementwise(scalar.selu, [x]);

/** Options of {@link threshold}. */
export interface ThresholdOptions {
  /** Values up to it are replaced. */
  threshold: number;
  /** The result for values up to the threshold. */
  defaultValue: number;
}

/** x above the threshold, else the default value. @see Keras 3 `activations.threshold`. */
export function threshold(x: Operand, options: ThresholdOptions): Tensor {
  const { threshold: from, defaultValue } = checkOptions("threshold", options, {
    threshold: "number!",
    defaultValue: "number!",
  });
  checkNumber("threshold", "threshold", from, "a finite number", () => true);
  checkNumber("threshold", "defaultValue", defaultValue, "a finite number", () => true);
  return elementwise(scalar.threshold, [x], { threshold: from, defaultValue });
}

// ── Smooth ramps

/** log(1 + e^x). */
export const softplus = (x: Operand): Tensor => elementwise(scalar.softplus, [x]);

/** x·sigmoid(x), also called swish. @see Ramachandran, Zoph & Le 2017, arXiv:1710.05941. */
export const silu = (x: Operand): Tensor => elementwise(scalar.silu, [x]);

/** x·tanh(softplus(x)). @see Misra 2019, arXiv:1908.08681. */
export const mish = (x: Operand): Tensor => elementwise(scalar.mish, [x]);

/** Options of {@link gelu}. */
export interface GeluOptions {
  /** Use the formula with tanh. Default false: exact. */
  approximate?: boolean;
}

/**
 * x·Φ(x), with the exact normal distribution function unless `approximate`. @see Hendrycks & Gimpel 2016,
 * arXiv:1606.08415.
 */
export function gelu(x: Operand, options: GeluOptions = {}): Tensor {
  const { approximate } = checkOptions("gelu", options, { approximate: "boolean" });
  return elementwise(approximate ? scalar.geluTanh : scalar.gelu, [x]);
}

/** (x + √(x² + b))/2 with b = 4 by default. @see Barron 2021, arXiv:2112.11687. */
export function squareplus(
  x: Operand,
  options: {
    /** Width of the bend, ≥ 0. Default 4. */
    b?: number;
  } = {},
): Tensor {
  const { b = 4 } = checkOptions("squareplus", options, { b: "number" });
  checkNumber("squareplus", "b", b, "a finite number ≥ 0", (v) => v >= 0);
  return elementwise(scalar.squareplus, [x], { b });
}

/** 0 below −1, (x + 1)²/4 between, x above 1. */
export const sparsePlus = (x: Operand): Tensor => elementwise(scalar.sparsePlus, [x]);

// ── Squashers

/** x/(1 + |x|). */
export const softsign = (x: Operand): Tensor => elementwise(scalar.softsign, [x]);

/** log(sigmoid(x)). */
export const logSigmoid = (x: Operand): Tensor => elementwise(scalar.logSigmoid, [x]);

/** clip(x/6 + ½, 0, 1). */
export const hardSigmoid = (x: Operand): Tensor => elementwise(scalar.hardSigmoid, [x]);

/** x·hardSigmoid(x), also called hard swish. @see Howard et al. 2019, arXiv:1905.02244. */
export const hardSilu = (x: Operand): Tensor => elementwise(scalar.hardSilu, [x]);

/** clip(x, −1, 1). */
export const hardTanh = (x: Operand): Tensor => elementwise(scalar.hardTanh, [x]);

/** clip((x + 1)/2, 0, 1). */
export const sparseSigmoid = (x: Operand): Tensor => elementwise(scalar.sparseSigmoid, [x]);

// ── Shrinkers

/** x − tanh(x). */
export const tanhShrink = (x: Operand): Tensor => elementwise(scalar.tanhShrink, [x]);

/** Options of {@link hardShrink} and {@link softShrink}. */
export interface ShrinkOptions {
  /** ≥ 0. Default 0.5. */
  threshold?: number;
}

/** x where |x| > threshold, else 0. */
export function hardShrink(x: Operand, options: ShrinkOptions = {}): Tensor {
  const { threshold: width = 0.5 } = checkOptions("hardShrink", options, { threshold: "number" });
  checkNumber("hardShrink", "threshold", width, "a finite number ≥ 0", (v) => v >= 0);
  return elementwise(scalar.hardShrink, [x], { threshold: width });
}

/** sign(x)·max(|x| − threshold, 0). */
export function softShrink(x: Operand, options: ShrinkOptions = {}): Tensor {
  const { threshold: width = 0.5 } = checkOptions("softShrink", options, { threshold: "number" });
  checkNumber("softShrink", "threshold", width, "a finite number ≥ 0", (v) => v >= 0);
  return elementwise(scalar.softShrink, [x], { threshold: width });
}

// ── The rest

/** x itself. */
export const linear = (x: Operand): Tensor => asTensor(x);

/**
 * a·sigmoid(b), where a and b are the halves of x along an axis (default the last). @see Dauphin et al. 2017,
 * arXiv:1612.08083.
 */
export function glu(x: Operand, axis = -1): Tensor {
  const t = asTensor(x);
  const at = normalizeAxis("glu", axis, t.rank);
  const extent = t.shape[at] as number;
  if (extent % 2 !== 0) {
    throw shapeError("glu", {
      rule: "the axis is cut into halves",
      expected: `an even extent at axis ${at}`,
      received: extent,
      context: formatShape(t.shape),
    });
  }
  const size = t.shape.map((n, i) => (i === at ? n / 2 : n));
  const begin = (offset: number) => t.shape.map((_, i) => (i === at ? offset : 0));
  return mul(slice(t, begin(0), size), sigmoid(slice(t, begin(extent / 2), size)));
}
