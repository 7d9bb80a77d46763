// Layers that change the colours of images at random, in training.
import { shapeError, valueError } from "../../../errors.ts";
import { formatShape } from "../../../ir/shape.ts";
import { add, cast, clip, div, floor, less, mul, sub, where } from "../../../tensor/ops/elementwise.ts";
import { gather } from "../../../tensor/ops/indexing.ts";
import { tensor } from "../../../tensor/ops/leaf.ts";
import { broadcastTo } from "../../../tensor/ops/shaping.ts";
import type { Tensor } from "../../../tensor/tensor.ts";
import { type Layer, type LayerOptions, layerOptions } from "../../layer.ts";
import { functionLayer } from "../function.ts";
import { type NoiseOptions, noiseTable } from "../noise.ts";
import { withBrightness, withContrast } from "../preprocessing/random-images.ts";
import {
  checkValueRange,
  colorOptions,
  type Draw,
  type Factor,
  type RandomColorOptions,
  randomLayer,
  rangeOf,
} from "../preprocessing/random-layer.ts";
import { checkSpatial } from "../spatial.ts";
import { fullContrast, grayOf, perImage, posterized, solarized, withHue, withSaturation } from "./color.ts";

/** A range within [0, 1]: of a number f, [0, f]. */
export const shareRange = (name: string, what: string, factor: Factor, least = 0): [number, number] =>
  rangeOf(name, what, typeof factor === "number" ? [Math.min(0, factor), factor] : factor, [least, 1]);

/** @throws ShapeError unless images have red, green and blue. */
function checkColors({ label }: Layer, { shape }: Tensor): void {
  if (shape.at(-1) === 3) return;
  throw shapeError(label, {
    rule: "takes colours",
    expected: "[batch, height, width, 3]",
    received: formatShape(shape),
  });
}

/** The turn of a hue: to either side. */
const turnOf = (draw: Draw, [low, high]: readonly [number, number], use: number): Tensor =>
  mul(where(less(0.5, draw(0, 1, use)), -0.5, 0.5), draw(low, high, use + 1));

/** What saturations are multiplied by: 0 for 0, 1 for 0.5, a large number for 1. */
function saturationOf(draw: Draw, [low, high]: readonly [number, number], use: number): Tensor {
  const factor = draw(low, high, use);
  return div(factor, sub(1 + 1e-7, factor));
}

/** 1 for the images that are changed, with a probability that is itself drawn from a range. */
export const chosen = (draw: Draw, [low, high]: readonly [number, number], use = 0): Tensor =>
  perImage(less(draw(0, 1, use), draw(low, high, use + 1)));

/**
 * Turns the hues of images, in training: by up to half a turn to either side.
 * Shapes: [batch, height, width, 3], to the same.
 * @param factor share of half a turn, within [0, 1]: `[low, high]`, or a number f for [0, f].
 * @throws ValueError on a factor or range that means nothing; ShapeError on other shapes.
 * @see Keras 3 `layers.RandomHue`.
 */
export function randomHue(factor: Factor, options: RandomColorOptions = {}): Layer {
  const config = colorOptions("randomHue", factor, options);
  const range = shareRange("randomHue", "factor", factor);
  const bounds = checkValueRange("randomHue", config.valueRange);
  return randomLayer("randomHue", config, (x, draw, layer) => {
    checkColors(layer, x);
    return withHue(x, turnOf(draw, range, 0), bounds);
  });
}

/**
 * Multiplies the saturation of images by f/(1 − f), with f from the factor, in training: 0 makes them grey, 0.5 leaves
 * them, 1 makes all colours pure. Shapes: [batch, height, width, 3], to the same.
 * @param factor within [0, 1]: `[low, high]`, or a number f for [0, f]. (Keras 3.15 says so too, but draws from
 * [−f, f] for a number, where what is below 0 makes images grey; and it limits saturations by valueRange, not by 1.)
 * @throws ValueError on a factor or range that means nothing; ShapeError on other shapes.
 * @see Keras 3 `layers.RandomSaturation`.
 */
export function randomSaturation(factor: Factor, options: RandomColorOptions = {}): Layer {
  const config = colorOptions("randomSaturation", factor, options);
  // Files of Keras have a range from −f.
  const range = shareRange("randomSaturation", "factor", factor, Array.isArray(factor) ? -1 : 0);
  const bounds = checkValueRange("randomSaturation", config.valueRange);
  return randomLayer("randomSaturation", config, (x, draw, layer) => {
    checkColors(layer, x);
    return withSaturation(x, saturationOf(draw, range, 0), bounds);
  });
}

/**
 * Mixes images with their grey forms, in training: 0 leaves them, 1 makes them grey.
 * Shapes: [batch, height, width, 3], to the same.
 * @param factor within [0, 1]: `[low, high]`, or a number f for [0, f]. (Keras 3.15 says so too, but draws from [−f, f]
 * for a number; a factor below 0 makes colours stronger.)
 * @throws ValueError on a factor or range that means nothing; ShapeError on other shapes.
 * @see Keras 3 `layers.RandomColorDegeneration`.
 */
export function randomColorDegeneration(factor: Factor, options: RandomColorOptions = {}): Layer {
  const kind = "randomColorDegeneration";
  const config = colorOptions(kind, factor, options);
  const [low, high] = shareRange(kind, "factor", factor, Array.isArray(factor) ? -1 : 0);
  const bounds = checkValueRange(kind, config.valueRange);
  return randomLayer(kind, config, (x, draw, layer) => {
    checkColors(layer, x);
    return clip(add(x, mul(perImage(draw(low, high)), sub(grayOf(x), x))), ...bounds);
  });
}

/**
 * Makes a share of the images grey, in training. Shapes: [batch, height, width, 3], to the same.
 * @param factor the probability, in [0, 1]. Default 0.5.
 * @throws ValueError on another factor; ShapeError on other shapes.
 * @see Keras 3 `layers.RandomGrayscale`.
 */
export function randomGrayscale(factor = 0.5, options: LayerOptions & NoiseOptions = {}): Layer {
  const config = layerOptions("randomGrayscale", options, { factor: "number!", ...noiseTable }, { factor });
  shareRange("randomGrayscale", "factor", factor);
  return randomLayer("randomGrayscale", config, (x, draw, layer) => {
    checkColors(layer, x);
    return where(perImage(less(draw(0, 1), factor)), broadcastTo(grayOf(x), x.shape), x);
  });
}

/** Options of {@link randomColorJitter}. */
export interface RandomColorJitterOptions extends LayerOptions, NoiseOptions {
  /** Least and largest value of a pixel; results are kept within. Default [0, 255]. */
  valueRange?: readonly [low: number, high: number];
  /** As the factor of `randomBrightness`. Default: brightness stays. */
  brightnessFactor?: Factor;
  /** As the factor of `randomContrast`. Default: contrast stays. */
  contrastFactor?: Factor;
  /** As the factor of {@link randomSaturation}: [0.3, 0.7] changes it to both sides. Default: saturation stays. */
  saturationFactor?: Factor;
  /** As the factor of {@link randomHue}. Default: hues stay. */
  hueFactor?: Factor;
}

/**
 * Changes brightness, contrast, saturation and hue of images, in this order, in training.
 * Shapes: [batch, height, width, channels], to the same; 3 channels with saturationFactor or hueFactor.
 * @throws ValueError on a factor or range that means nothing; ShapeError on other shapes.
 * @see Keras 3 `layers.RandomColorJitter`.
 */
export function randomColorJitter(options: RandomColorJitterOptions = {}): Layer {
  const kind = "randomColorJitter";
  const config = layerOptions(kind, options, {
    valueRange: "list",
    brightnessFactor: "number or list",
    contrastFactor: "number or list",
    saturationFactor: "number or list",
    hueFactor: "number or list",
    ...noiseTable,
  });
  const { brightnessFactor, contrastFactor, saturationFactor, hueFactor } = config;
  const bounds = checkValueRange(kind, config.valueRange);
  const ranged = (what: string, factor: Factor | undefined, read: typeof shareRange, least?: number) =>
    factor === undefined ? undefined : read(kind, what, factor, least);
  const brightness = ranged("brightnessFactor", brightnessFactor, (name, what, factor) =>
    rangeOf(name, what, factor, [-1, 1]),
  );
  const contrast = ranged("contrastFactor", contrastFactor, (name, what, factor) =>
    rangeOf(name, what, typeof factor === "number" ? [factor, factor] : factor, [0, 1]),
  );
  const saturation = ranged("saturationFactor", saturationFactor, shareRange, Array.isArray(saturationFactor) ? -1 : 0);
  const hue = ranged("hueFactor", hueFactor, shareRange);
  return randomLayer(kind, config, (images, draw, layer) => {
    if (saturation || hue) checkColors(layer, images);
    let x = images;
    if (brightness) x = withBrightness(x, draw(...brightness, 0), bounds);
    if (contrast) x = withContrast(x, draw(1 - contrast[0], 1 + contrast[1], 1), bounds);
    if (saturation) x = withSaturation(x, saturationOf(draw, saturation, 2), bounds);
    if (hue) x = withHue(x, turnOf(draw, hue, 3), bounds);
    return x;
  });
}

/**
 * Inverts images, low + high − x, with a probability that is drawn from the factor, in training.
 * Shapes: [batch, height, width, channels], to the same.
 * @param factor probabilities within [0, 1]: `[low, high]`, or a number f for [0, f]. Default 1.
 * @throws ValueError on a factor or range that means nothing; ShapeError on another rank.
 * @see Keras 3 `layers.RandomInvert`, which takes the low end of valueRange for 0.
 */
export function randomInvert(factor: Factor = 1, options: RandomColorOptions = {}): Layer {
  const config = colorOptions("randomInvert", factor, options);
  const range = shareRange("randomInvert", "factor", factor);
  const [low, high] = checkValueRange("randomInvert", config.valueRange);
  return randomLayer("randomInvert", config, (x, draw) => where(chosen(draw, range), sub(low + high, x), x));
}

/**
 * Leaves only the upper bits of pixels, in training. Shapes: [batch, height, width, channels], to the same.
 * @param factor how many of 8 bits stay, 1 to 8: one number, or `[least, most]` to draw from. (Keras 3.15 says so too,
 * but draws from 1 to f − 1 for a number f > 1, and never the upper end of a pair.)
 * @throws ValueError on a factor or range that means nothing; ShapeError on another rank.
 * @see Keras 3 `layers.RandomPosterization`.
 */
export function randomPosterization(factor: Factor, options: RandomColorOptions = {}): Layer {
  const kind = "randomPosterization";
  const config = colorOptions(kind, factor, options);
  const bits = rangeOf(kind, "factor", typeof factor === "number" ? [factor, factor] : factor, [1, 8]);
  if (!bits.every(Number.isInteger))
    throw valueError(kind, { rule: "bits are counted", expected: "whole numbers from 1 to 8", received: factor });
  const [least, most] = bits;
  const bounds = checkValueRange(kind, config.valueRange);
  return randomLayer(kind, config, (x, draw) => {
    const drawn = cast(floor(draw(least, most + 1)), "int32");
    return posterized(x, gather(tensor(Float32Array.from({ length: 9 }, (_, kept) => 2 ** (8 - kept))), drawn), bounds);
  });
}

/** Options of {@link solarization}. */
export interface SolarizationOptions extends LayerOptions, NoiseOptions {
  /** Share of the range of values to add first, within [0, 1]: `[low, high]`, or a number f for [0, f]. Default 0. */
  additionFactor?: Factor;
  /** Share of the range above which pixels are inverted, in the same form. Default 0: all are. */
  thresholdFactor?: Factor;
  /** Least and largest value of a pixel. Default [0, 255]. */
  valueRange?: readonly [low: number, high: number];
}

/**
 * Adds to pixels, and inverts those from a threshold on, in training.
 * Shapes: [batch, height, width, channels], to the same.
 * @throws ValueError on a factor or range that means nothing; ShapeError on another rank.
 * @see Keras 3 `layers.Solarization`, which takes the low end of a pair for a number of [0, 255].
 */
export function solarization(options: SolarizationOptions = {}): Layer {
  const kind = "solarization";
  const config = layerOptions(kind, options, {
    additionFactor: "number or list",
    thresholdFactor: "number or list",
    valueRange: "list",
    ...noiseTable,
  });
  const { additionFactor = 0, thresholdFactor = 0 } = config;
  const [addition, threshold] = [
    shareRange(kind, "additionFactor", additionFactor),
    shareRange(kind, "thresholdFactor", thresholdFactor),
  ];
  const bounds = checkValueRange(kind, config.valueRange);
  return randomLayer(kind, config, (x, draw) =>
    solarized(x, mul(draw(...addition), 255), mul(draw(...threshold, 1), 255), bounds),
  );
}

/** Options of {@link autoContrast}. */
export interface AutoContrastOptions extends LayerOptions {
  /** Least and largest value of a pixel. Default [0, 255]. */
  valueRange?: readonly [low: number, high: number];
}

/**
 * Spreads each channel of each image over the whole range of values, always, not in training only.
 * Shapes: [batch, height, width, channels], to the same.
 * @throws ValueError on a range that means nothing; ShapeError on another rank.
 * @see Keras 3 `layers.AutoContrast`.
 */
export function autoContrast(options: AutoContrastOptions = {}): Layer {
  const config = layerOptions("autoContrast", options, { valueRange: "list" });
  const bounds = checkValueRange("autoContrast", config.valueRange);
  return functionLayer("autoContrast", config, (x, _, layer) => {
    checkSpatial(layer, x, 2);
    return fullContrast(cast(x, "float32"), bounds);
  });
}
