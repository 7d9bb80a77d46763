// A layer that erases patches of images at random, in training.
import { valueError } from "../../../errors.ts";
import { add, clip, less, lessEqual, mul, sqrt, sub, where } from "../../../tensor/ops/elementwise.ts";
import { range } from "../../../tensor/ops/indexing.ts";
import { tensor } from "../../../tensor/ops/leaf.ts";
import { randomNormal } from "../../../tensor/ops/random.ts";
import { reshape } from "../../../tensor/ops/shaping.ts";
import type { Tensor } from "../../../tensor/tensor.ts";
import { type Layer, type LayerOptions, layerOptions } from "../../layer.ts";
import { keyOf, type NoiseOptions, noiseTable } from "../noise.ts";
import { checkValueRange, type Factor, randomLayer } from "../preprocessing/random-layer.ts";
import { perImage } from "./color.ts";
import { chosen, shareRange } from "./random-color.ts";

/** Options of {@link randomErasing}. */
export interface RandomErasingOptions extends LayerOptions, NoiseOptions {
  /** Probabilities that an image is changed, within [0, 1]: `[low, high]`, or a number f for [0, f]. Default 1. */
  factor?: Factor;
  /**
   * What width and height of the patch are drawn from: shares of the image's, squared, within [0, 1]. Default
   * [0.02, 0.33].
   */
  scale?: Factor;
  /** A number, or one for each of 3 channels; null (default) for normal noise. */
  fillValue?: number | readonly number[] | null;
  /** Least and largest value of a pixel; what fills the patch is kept within. Default [0, 255]. */
  valueRange?: readonly [low: number, high: number];
}

/** 1 for the pixels between corners, [batch, height, width, 1]. @param corners left, top, right, bottom of images. */
export function patchOf(x: Tensor, corners: readonly [Tensor, Tensor, Tensor, Tensor]): Tensor {
  const [, height = 0, width = 0] = x.shape;
  const [left, top, right, bottom] = corners.map(perImage) as [Tensor, Tensor, Tensor, Tensor];
  const between = (places: Tensor, from: Tensor, to: Tensor) => mul(lessEqual(from, places), less(places, to));
  const columns = reshape(range(width), [1, 1, width, 1]);
  const rows = reshape(range(height), [1, height, 1, 1]);
  return mul(between(columns, left, right), between(rows, top, bottom));
}

/**
 * Erases a patch of each image, in training. Shapes: [batch, height, width, channels], to the same.
 * @throws ValueError on options that mean nothing; ShapeError on another rank.
 * @see Zhong et al. 2017, arXiv:1708.04896; Keras 3 `layers.RandomErasing`.
 */
export function randomErasing(options: RandomErasingOptions = {}): Layer {
  const kind = "randomErasing";
  const config = layerOptions(kind, options, {
    factor: "number or list",
    scale: "number or list",
    fillValue: "number or list or null",
    valueRange: "list",
    ...noiseTable,
  });
  const { factor = 1, scale = [0.02, 0.33], fillValue = null } = config;
  const probabilities = shareRange(kind, "factor", factor);
  const [least, most] = shareRange(kind, "scale", scale);
  const [low, high] = checkValueRange(kind, config.valueRange);
  const fills = fillValue === null ? [] : [fillValue].flat();
  if (fills.some((fill) => !Number.isFinite(fill)) || (Array.isArray(fillValue) && fills.length !== 3))
    throw valueError(kind, {
      rule: "fillValue is a number or one for each of 3 channels",
      expected: "finite numbers",
      received: fillValue,
    });
  return randomLayer(kind, config, (x, draw, layer, ctx) => {
    const edges = (extent: number, use: number): [Tensor, Tensor] => {
      const length = mul(sqrt(draw(least, most, use)), extent);
      const start = mul(draw(0, 1, use + 1), sub(extent, length));
      return [start, add(start, length)];
    };
    const [left, right] = edges(x.shape[2] as number, 2);
    const [top, bottom] = edges(x.shape[1] as number, 4);
    const fill =
      fillValue === null
        ? randomNormal(x.shape, { seed: keyOf(ctx, config.seed), stream: ctx.stream(layer, 6), stddev: high })
        : tensor(fills);
    const patch = mul(patchOf(x, [left, top, right, bottom]), chosen(draw, probabilities));
    return where(patch, clip(fill, low, high), x);
  });
}
