// Layers that add noise, and what all random layers share.
import { checkNumber, shapeError } from "../../errors.ts";
import { formatShape, mayEqual, type Shape } from "../../ir/shape.ts";
import type { OptionTable } from "../../options.ts";
import { l1l2 } from "../../regularize/penalties.ts";
import { add, lessEqual, mul, where } from "../../tensor/ops/elementwise.ts";
import { concat, slice } from "../../tensor/ops/joining.ts";
import { tensor } from "../../tensor/ops/leaf.ts";
import { randomKey, randomNormal, randomUniform } from "../../tensor/ops/random.ts";
import { zeros } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type CallContext, type Layer, type LayerOptions, layerOptions } from "../layer.ts";
import { functionLayer, keepMask } from "./function.ts";

/** What random layers take. */
export interface NoiseOptions {
  /** Seed of this layer, a whole number, in place of the model's. The noise still changes with every step. */
  seed?: number;
}

export const noiseTable: OptionTable<NoiseOptions> = { seed: "number" };

/** The key of a run, with the layer's own seed in place of the model's where it has one. */
export function keyOf(ctx: CallContext, seed: number | undefined): Tensor {
  if (seed === undefined) return ctx.key;
  const own = randomKey(seed);
  return concat([tensor(own.slice(0, 2)), slice(ctx.key, [2], [-1])]);
}

/** What dropout layers take. */
export interface NoiseShapeOptions extends LayerOptions, NoiseOptions {
  /**
   * Shape of the mask: 1 where it is shared along an axis, null where it follows the input. Default: the input's shape.
   */
  noiseShape?: readonly (number | null)[];
}

/** The shape of a mask. @throws ShapeError where noiseShape does not fit the input. */
export function noiseShapeOf(layer: Layer, x: Tensor, noiseShape: readonly (number | null)[] | undefined): Shape {
  if (!noiseShape) return x.shape;
  const shape = noiseShape.map((extent, axis) => extent ?? (x.shape[axis] as number));
  const fits =
    noiseShape.length === x.rank && shape.every((extent, axis) => extent === 1 || mayEqual(extent, x.shape[axis]));
  if (fits) return shape;
  throw shapeError(layer.label, {
    rule: "noiseShape has 1 or the input's extent for each axis",
    expected: formatShape(x.shape),
    received: formatShape(noiseShape),
    advice: "Use null where the mask follows the input.",
  });
}

const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

/**
 * Dropout for selu networks: dropped elements take selu's lowest value instead of 0, and an affine map restores the
 * mean and the variance. The identity outside training.
 * @param rate in [0, 1].
 * @throws ValueError on a bad rate; ShapeError where noiseShape does not fit.
 * @see Klambauer et al. 2017, arXiv:1706.02515; Keras 3 `layers.AlphaDropout`.
 */
export function alphaDropout(rate: number, options: NoiseShapeOptions = {}): Layer {
  const config = layerOptions(
    "alphaDropout",
    options,
    { rate: "number!", noiseShape: "list", ...noiseTable },
    { rate },
  );
  checkNumber("alphaDropout", "rate", rate, "a number in [0, 1]", (r) => r >= 0 && r <= 1);
  const lowest = -seluAlpha * seluScale;
  const a = rate === 1 ? 0 : 1 / Math.sqrt((1 - rate) * (1 + rate * lowest * lowest));
  const b = -a * lowest * rate;
  return functionLayer(
    "alphaDropout",
    config,
    (x, ctx, layer) => {
      if (!ctx.noise || rate === 0) return x;
      if (rate === 1) return zeros(x.shape);
      const shape = noiseShapeOf(layer, x, config.noiseShape);
      const keep = lessEqual(rate, randomUniform(shape, { seed: keyOf(ctx, config.seed), stream: ctx.stream(layer) }));
      return add(mul(where(keep, x, lowest), a), b);
    },
    keepMask,
  );
}

/**
 * Adds normal noise in training. @param stddev ≥ 0. @throws ValueError if it is negative. @see Keras 3
 * `layers.GaussianNoise`.
 */
export function gaussianNoise(stddev: number, options: LayerOptions & NoiseOptions = {}): Layer {
  const config = layerOptions("gaussianNoise", options, { stddev: "number!", ...noiseTable }, { stddev });
  checkNumber("gaussianNoise", "stddev", stddev, "a finite number ≥ 0", (s) => s >= 0);
  return functionLayer(
    "gaussianNoise",
    config,
    (x, ctx, layer) =>
      ctx.noise && stddev > 0
        ? add(x, randomNormal(x.shape, { seed: keyOf(ctx, config.seed), stream: ctx.stream(layer), stddev }))
        : x,
    keepMask,
  );
}

/**
 * Multiplies by normal noise of mean 1 and deviation √(rate/(1 − rate)) in training: the noise of dropout, without
 * zeros.
 * @param rate in [0, 1).
 * @throws ValueError on a bad rate.
 * @see Srivastava et al. 2014, section 10; Keras 3 `layers.GaussianDropout`.
 */
export function gaussianDropout(rate: number, options: LayerOptions & NoiseOptions = {}): Layer {
  const config = layerOptions("gaussianDropout", options, { rate: "number!", ...noiseTable }, { rate });
  checkNumber("gaussianDropout", "rate", rate, "a number in [0, 1)", (r) => r >= 0 && r < 1);
  const stddev = Math.sqrt(rate / (1 - rate));
  return functionLayer(
    "gaussianDropout",
    config,
    (x, ctx, layer) =>
      ctx.noise && rate > 0
        ? mul(x, randomNormal(x.shape, { seed: keyOf(ctx, config.seed), stream: ctx.stream(layer), mean: 1, stddev }))
        : x,
    keepMask,
  );
}

/** Options of {@link activityRegularization}. */
export interface ActivityRegularizationOptions extends LayerOptions {
  /** ≥ 0. Default 0. */
  l1?: number;
  /** ≥ 0. Default 0. */
  l2?: number;
}

/**
 * Passes its input on and adds l1·Σ|x| + l2·Σx², divided by the batch size, to the loss. @throws ValueError if a factor
 * is negative. @see Keras 3 `layers.ActivityRegularization`.
 */
export function activityRegularization(given: ActivityRegularizationOptions = {}): Layer {
  const { l1 = 0, l2 = 0, ...options } = layerOptions("activityRegularization", given, { l1: "number", l2: "number" });
  checkNumber("activityRegularization", "l1", l1, "a finite number ≥ 0", (v) => v >= 0);
  checkNumber("activityRegularization", "l2", l2, "a finite number ≥ 0", (v) => v >= 0);
  return functionLayer(
    "activityRegularization",
    { ...options, l1, l2, activityRegularizer: l1l2({ l1, l2 }) },
    (x) => x,
    keepMask,
  );
}
