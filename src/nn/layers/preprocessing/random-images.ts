// Random changes of images in training.
import { valueError } from "../../../errors.ts";
import { add, cast, clip, cos, floor, lessEqual, mul, neg, sin, sub } from "../../../tensor/ops/elementwise.ts";
import { range } from "../../../tensor/ops/indexing.ts";
import { mean } from "../../../tensor/ops/reduction.ts";
import { checkAffineOptions, flipImages, gatherPixels } from "../../../tensor/ops/sampling.ts";
import { broadcastTo, reshape } from "../../../tensor/ops/shaping.ts";
import type { Tensor } from "../../../tensor/tensor.ts";
import { type Layer, type LayerOptions, layerOptions } from "../../layer.ts";
import { functionLayer } from "../function.ts";
import { type NoiseOptions, noiseTable } from "../noise.ts";
import { checkSpatial } from "../spatial.ts";
import {
  checkValueRange,
  colorOptions,
  drawing,
  type Factor,
  mapped,
  type RandomColorOptions,
  type RandomTransformOptions,
  randomLayer,
  rangeOf,
  transformTable,
} from "./random-layer.ts";
import { centered, checkExtents, extentsTable } from "./resizing.ts";

/**
 * Mirrors about half of the images, in training.
 * @param mode "horizontal" exchanges left and right, "vertical" top and bottom, "horizontalAndVertical" (default) both
 * at once.
 * @throws ValueError on an unknown mode; ShapeError on another rank.
 * @see Keras 3 `layers.RandomFlip`.
 */
export function randomFlip(
  mode: "horizontal" | "vertical" | "horizontalAndVertical" = "horizontalAndVertical",
  options: LayerOptions & NoiseOptions = {},
): Layer {
  const config = layerOptions("randomFlip", options, { mode: "string!", ...noiseTable }, { mode });
  const axes = {
    horizontal: { horizontal: true },
    vertical: { vertical: true },
    horizontalAndVertical: { horizontal: true, vertical: true },
  };
  if (!Object.hasOwn(axes, mode))
    throw valueError("randomFlip", {
      rule: "unknown mode",
      expected: `one of ${Object.keys(axes).join(", ")}`,
      received: mode,
    });
  return randomLayer("randomFlip", config, (x, draw) => flipImages(x, lessEqual(draw(0, 1), 0.5), axes[mode]));
}

/**
 * Shifts images, in training.
 * @param heightFactor share of the height, within [−1, 1]: `[low, high]`, or a number f for [−f, f]; positive shifts
 * down.
 * @param widthFactor the same of the width; positive shifts to the right.
 * @throws ValueError on factors or options out of range; ShapeError on another rank.
 * @see Keras 3 `layers.RandomTranslation`.
 */
export function randomTranslation(
  heightFactor: Factor,
  widthFactor: Factor,
  options: RandomTransformOptions = {},
): Layer {
  const table = { heightFactor: "number or list!", widthFactor: "number or list!", ...transformTable() } as const;
  const config = layerOptions("randomTranslation", options, table, { heightFactor, widthFactor });
  const [down, right] = [
    rangeOf("randomTranslation", "heightFactor", heightFactor, [-1, 1]),
    rangeOf("randomTranslation", "widthFactor", widthFactor, [-1, 1]),
  ];
  checkAffineOptions("randomTranslation", config);
  return randomLayer("randomTranslation", config, (x, draw) => {
    const [, height = 0, width = 0] = x.shape;
    return mapped(x, [1, 0, mul(draw(...right, 1), -width), 0, 1, mul(draw(...down), -height)], config);
  });
}

/**
 * Turns images about their centres, in training.
 * @param factor share of a whole turn, within [−1, 1]: `[low, high]`, or a number f for [−f, f]; positive is
 * counter-clockwise.
 * @throws ValueError on a factor or options out of range; ShapeError on another rank.
 * @see Keras 3 `layers.RandomRotation`.
 */
export function randomRotation(factor: Factor, options: RandomTransformOptions = {}): Layer {
  const config = layerOptions(
    "randomRotation",
    options,
    { factor: "number or list!", ...transformTable() },
    { factor },
  );
  const [low, high] = rangeOf("randomRotation", "factor", factor, [-1, 1]);
  checkAffineOptions("randomRotation", config);
  return randomLayer("randomRotation", config, (x, draw) => {
    const [cx, cy] = [((x.shape[2] as number) - 1) / 2, ((x.shape[1] as number) - 1) / 2];
    const angle = draw(low * 2 * Math.PI, high * 2 * Math.PI);
    const [c, s] = [cos(angle), sin(angle)];
    const x0 = add(sub(cx, mul(c, cx)), mul(s, cy));
    const y0 = sub(sub(cy, mul(s, cx)), mul(c, cy));
    return mapped(x, [c, neg(s), x0, s, c, y0], config);
  });
}

/** Options of {@link randomZoom}. */
export interface RandomZoomOptions extends RandomTransformOptions {
  /** As heightFactor, of the width. Default: the width is zoomed as the height. */
  widthFactor?: Factor;
}

/**
 * Zooms images about their centres, in training: 1 + factor of the image comes into view.
 * @param heightFactor in (−1, 1]: `[low, high]`, or a number f for [−f, f]; positive zooms out.
 * @throws ValueError on factors or options out of range; ShapeError on another rank.
 * @see Keras 3 `layers.RandomZoom`.
 */
export function randomZoom(heightFactor: Factor, options: RandomZoomOptions = {}): Layer {
  const table = { heightFactor: "number or list!", widthFactor: "number or list", ...transformTable() } as const;
  const config = layerOptions("randomZoom", options, table, { heightFactor });
  const { widthFactor } = config;
  const least = -1 + Number.EPSILON;
  const tall = rangeOf("randomZoom", "heightFactor", heightFactor, [least, 1]);
  const wide = widthFactor === undefined ? undefined : rangeOf("randomZoom", "widthFactor", widthFactor, [least, 1]);
  checkAffineOptions("randomZoom", config);
  return randomLayer("randomZoom", config, (x, draw) => {
    const vertical = add(draw(...tall), 1);
    const horizontal = wide ? add(draw(...wide, 1), 1) : vertical;
    const offset = (zoom: Tensor, extent: number) => mul(sub(1, zoom), (extent - 1) / 2);
    return mapped(
      x,
      [horizontal, 0, offset(horizontal, x.shape[2] as number), 0, vertical, offset(vertical, x.shape[1] as number)],
      config,
    );
  });
}

/**
 * Spreads pixels about the mean of their channel, or gathers them: (x − mean)·contrast + mean, with a contrast from [1
 * − low, 1 + high], in training.
 * @param factor `[low, high]` within [0, 1], or one number for both. (Keras 3.15 says so too, but draws from [1, 1 +
 * factor] for one number.)
 * @throws ValueError on a factor or range that means nothing; ShapeError on another rank.
 * @see Keras 3 `layers.RandomContrast`.
 */
export function randomContrast(factor: Factor, options: RandomColorOptions = {}): Layer {
  const config = colorOptions("randomContrast", factor, options);
  const [low, high] = rangeOf(
    "randomContrast",
    "factor",
    typeof factor === "number" ? [factor, factor] : factor,
    [0, 1],
  );
  const bounds = checkValueRange("randomContrast", config.valueRange);
  return randomLayer("randomContrast", config, (x, draw) => withContrast(x, draw(1 - low, 1 + high), bounds));
}

/** Pixels spread about the mean of their channel. @param contrast for each image. */
export function withContrast(x: Tensor, contrast: Tensor, bounds: readonly [number, number]): Tensor {
  const center = mean(x, [1, 2], true);
  return clip(add(mul(sub(x, center), reshape(contrast, [-1, 1, 1, 1])), center), ...bounds);
}

/**
 * Adds a share of the range of values to all pixels of an image, in training.
 * @param factor within [−1, 1]: `[low, high]`, or a number f for [−f, f].
 * @throws ValueError on a factor or range that means nothing; ShapeError on another rank.
 * @see Keras 3 `layers.RandomBrightness`.
 */
export function randomBrightness(factor: Factor, options: RandomColorOptions = {}): Layer {
  const config = colorOptions("randomBrightness", factor, options);
  const [low, high] = rangeOf("randomBrightness", "factor", factor, [-1, 1]);
  const bounds = checkValueRange("randomBrightness", config.valueRange);
  return randomLayer("randomBrightness", config, (x, draw) => withBrightness(x, draw(low, high), bounds));
}

/** A share of the range of values added to all pixels. @param share for each image. */
export const withBrightness = (x: Tensor, share: Tensor, bounds: readonly [number, number]): Tensor =>
  clip(add(x, reshape(mul(share, bounds[1] - bounds[0]), [-1, 1, 1, 1])), ...bounds);

/**
 * Cuts a window of a given size out of images: in training at a place that is drawn for each batch, else in the
 * middle, as {@link centerCrop}. Shapes: [batch, …, channels] to [batch, height, width, channels]. Images smaller than
 * the window are resized as for centerCrop.
 * @throws ValueError on extents that are no integers ≥ 1; ShapeError on another rank.
 * @see Keras 3 `layers.RandomCrop`.
 */
export function randomCrop(height: number, width: number, options: LayerOptions & NoiseOptions = {}): Layer {
  const config = layerOptions("randomCrop", options, { ...extentsTable, ...noiseTable }, { height, width });
  checkExtents("randomCrop", height, width);
  return functionLayer("randomCrop", config, (images, ctx, layer) => {
    checkSpatial(layer, images, 2);
    const x = cast(images, "float32");
    const [batch = 0, tall = 0, wide = 0] = x.shape;
    if (!ctx.training || tall < height || wide < width) return centered(x, height, width);
    const draw = drawing(ctx, layer, config, 1);
    const start = (room: number, use: number) => floor(draw(0, room + 1, use));
    const rows = add(start(tall - height, 0), reshape(range(height), [height, 1]));
    const columns = add(start(wide - width, 1), range(width));
    return gatherPixels(x, broadcastTo(rows, [batch, height, width]), broadcastTo(columns, [batch, height, width]));
  });
}
