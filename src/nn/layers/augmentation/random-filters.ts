// Layers that sharpen, blur or shear images at random, in training.
import { checkCount } from "../../../checks.ts";
import { valueError } from "../../../errors.ts";
import { depthwiseConv } from "../../../tensor/ops/depthwise.ts";
import { add, clip, div, exp, less, mul, square, sub, where } from "../../../tensor/ops/elementwise.ts";
import { range } from "../../../tensor/ops/indexing.ts";
import { slice } from "../../../tensor/ops/joining.ts";
import { tensor } from "../../../tensor/ops/leaf.ts";
import { sum } from "../../../tensor/ops/reduction.ts";
import { checkAffineOptions } from "../../../tensor/ops/sampling.ts";
import { broadcastTo, reshape } from "../../../tensor/ops/shaping.ts";
import type { Tensor } from "../../../tensor/tensor.ts";
import { type Layer, type LayerOptions, layerOptions } from "../../layer.ts";
import { type NoiseOptions, noiseTable } from "../noise.ts";
import {
  checkValueRange,
  colorOptions,
  type Factor,
  mapped,
  type RandomColorOptions,
  type RandomTransformOptions,
  randomLayer,
  rangeOf,
  transformTable,
} from "../preprocessing/random-layer.ts";
import { perImage } from "./color.ts";
import { chosen, shareRange } from "./random-color.ts";

/** Each channel filtered alike. @param kernel [rows, columns]. */
function filtered(x: Tensor, kernel: Tensor): Tensor {
  const [rows = 1, columns = 1] = kernel.shape;
  const channels = x.shape[3] as number;
  const all = broadcastTo(reshape(kernel, [rows, columns, 1, 1]), [rows, columns, channels, 1]);
  return depthwiseConv(x, all, { padding: "same" });
}

/**
 * Sharpens or smooths images, in training: 0 smooths, 0.5 leaves them, 1 sharpens.
 * Shapes: [batch, height, width, channels], to the same.
 * @param factor within [0, 1]: `[low, high]`, or a number f for [0, f].
 * @throws ValueError on a factor or range that means nothing; ShapeError on another rank.
 * @see Keras 3 `layers.RandomSharpness`.
 */
export function randomSharpness(factor: Factor, options: RandomColorOptions = {}): Layer {
  const config = colorOptions("randomSharpness", factor, options);
  const [low, high] = shareRange("randomSharpness", "factor", factor);
  const bounds = checkValueRange("randomSharpness", config.valueRange);
  const smoothing = Float32Array.from({ length: 9 }, (_, at) => (at === 4 ? 5 : 1) / 13);
  return randomLayer("randomSharpness", config, (x, draw) => {
    const share = perImage(sub(1, mul(draw(low, high), 2)));
    return clip(add(x, mul(share, sub(filtered(x, tensor(smoothing, [3, 3])), x))), ...bounds);
  });
}

/** Options of {@link randomGaussianBlur}. */
export interface RandomGaussianBlurOptions extends LayerOptions, NoiseOptions {
  /** Probabilities that an image is blurred, within [0, 1]: `[low, high]`, or a number f for [0, f]. Default 1. */
  factor?: Factor;
  /** Columns and rows of the window: odd numbers, or one for both. Default 3. */
  kernelSize?: number | readonly [columns: number, rows: number];
  /** Deviation in pixels, within [0, 1], drawn for each batch: `[low, high]`, or a number f for [0, f]. Default 1. */
  sigma?: Factor;
  /** Least and largest value of a pixel; results are kept within. Default [0, 255]. */
  valueRange?: readonly [low: number, high: number];
}

/**
 * Blurs images, in training. Shapes: [batch, height, width, channels], to the same.
 * @throws ValueError on options that mean nothing; ShapeError on another rank.
 * @see Keras 3 `layers.RandomGaussianBlur`.
 */
export function randomGaussianBlur(options: RandomGaussianBlurOptions = {}): Layer {
  const kind = "randomGaussianBlur";
  const config = layerOptions(kind, options, {
    factor: "number or list",
    kernelSize: "number or list",
    sigma: "number or list",
    valueRange: "list",
    ...noiseTable,
  });
  const { factor = 1, kernelSize = 3, sigma = 1 } = config;
  const probabilities = shareRange(kind, "factor", factor);
  const [low, high] = shareRange(kind, "sigma", sigma);
  const [columns, rows] = typeof kernelSize === "number" ? [kernelSize, kernelSize] : kernelSize;
  for (const size of [columns, rows]) checkCount(kind, "kernelSize", size, 1);
  if ((columns * rows) % 2 === 0)
    throw valueError(kind, { rule: "kernelSize is odd", expected: "odd numbers", received: kernelSize });
  const bounds = checkValueRange(kind, config.valueRange);
  return randomLayer(kind, config, (x, draw) => {
    const weights = (size: number, use: number) => {
      // One for the batch.
      const deviation = add(reshape(slice(draw(low, high, use), [0, 0], [1, 1]), []), 1e-6);
      const bell = exp(mul(square(div(sub(range(size), (size - 1) / 2), deviation)), -0.5));
      return div(bell, sum(bell));
    };
    const kernel = mul(reshape(weights(rows, 3), [rows, 1]), reshape(weights(columns, 2), [1, columns]));
    return clip(where(chosen(draw, probabilities), filtered(x, kernel), x), ...bounds);
  });
}

/** Options of {@link randomShear}. */
export interface RandomShearOptions extends RandomTransformOptions {
  /** Columns to shift for each row, to either side, within [0, 1]: `[low, high]`, or f for [−f, f]. Default 0. */
  xFactor?: Factor;
  /** Rows to shift for each column, in the same form. Default 0. */
  yFactor?: Factor;
}

/** A factor without its sides: Keras writes f as [−f, f], which it cannot read. */
const oneNumber = (factor: Factor = 0): Factor =>
  typeof factor !== "number" && factor[0] === -factor[1] ? Math.abs(factor[1]) : factor;

/**
 * Shears images, in training: rows are shifted the more the lower they are, columns the more the further right.
 * Shapes: [batch, height, width, channels], to the same.
 * @throws ValueError on factors or options out of range; ShapeError on another rank.
 * @see Keras 3 `layers.RandomShear`.
 */
export function randomShear(options: RandomShearOptions = {}): Layer {
  const table = { xFactor: "number or list", yFactor: "number or list", ...transformTable() } as const;
  const given = layerOptions("randomShear", options, table);
  const config = { ...given, xFactor: oneNumber(given.xFactor), yFactor: oneNumber(given.yFactor) };
  const [right, down] = (["xFactor", "yFactor"] as const).map((what) =>
    rangeOf("randomShear", what, config[what], [0, 1]),
  ) as [[number, number], [number, number]];
  checkAffineOptions("randomShear", config);
  return randomLayer("randomShear", config, (x, draw) => {
    const side = where(less(0.5, draw(0, 1)), -1, 1);
    return mapped(x, [1, mul(draw(...right, 1), side), 0, mul(draw(...down, 2), side), 1, 0], config);
  });
}
