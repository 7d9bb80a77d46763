// What layers share that change images at random in training: ranges, draws, maps of places, ranges of values.
import { valueError } from "../../../errors.ts";
import type { OptionTable } from "../../../options.ts";
import { cast } from "../../../tensor/ops/elementwise.ts";
import { concat } from "../../../tensor/ops/joining.ts";
import { randomUniform } from "../../../tensor/ops/random.ts";
import { type AffineTransformOptions, affineTransform, type FillMode } from "../../../tensor/ops/sampling.ts";
import { ones, zeros } from "../../../tensor/ops/shaping.ts";
import type { Tensor } from "../../../tensor/tensor.ts";
import { type CallContext, type Layer, type LayerOptions, layerOptions } from "../../layer.ts";
import { functionLayer } from "../function.ts";
import { keyOf, type NoiseOptions, noiseTable } from "../noise.ts";
import { checkSpatial } from "../spatial.ts";

/** A range to draw from: `[low, high]`, or a number f for [−f, f]. */
export type Factor = number | readonly [low: number, high: number];

/** Options of the layers that move pixels. */
export interface RandomTransformOptions extends LayerOptions, NoiseOptions, AffineTransformOptions {
  /** How pixels beyond the image are filled. Default "reflect". */
  fillMode?: FillMode;
}

export const transformTable = (): OptionTable<NoiseOptions & AffineTransformOptions> => ({
  ...noiseTable,
  interpolation: "string",
  fillMode: "string",
  fillValue: "number",
});

/** What each layer draws with: numbers in (low, high), one for each sample, of a stream of its own (`use`). */
export type Draw = (low: number, high: number, use?: number) => Tensor;

/** A layer that changes [batch, height, width, channels], each sample in its own way, in training only. */
export function randomLayer(
  kind: string,
  options: LayerOptions & NoiseOptions,
  change: (images: Tensor, draw: Draw, layer: Layer, ctx: CallContext) => Tensor,
): Layer {
  return functionLayer(kind, options, (images, ctx, layer) => {
    checkSpatial(layer, images, 2);
    const x = cast(images, "float32");
    return ctx.training ? change(x, drawing(ctx, layer, options, x.shape[0] as number), layer, ctx) : x;
  });
}

export const drawing =
  (ctx: CallContext, layer: Layer, { seed }: NoiseOptions, count: number): Draw =>
  (low, high, use = 0) =>
    randomUniform([count, 1], { seed: keyOf(ctx, seed), stream: ctx.stream(layer, use), low, high });

export function rangeOf(
  name: string,
  what: string,
  factor: Factor,
  [least, most]: readonly [number, number],
): [number, number] {
  const isList = Array.isArray(factor);
  const [a, b] = isList ? (factor as readonly number[]) : [-Math.abs(factor as number), Math.abs(factor as number)];
  const fits = (n: number | undefined) =>
    typeof n === "number" && n >= Math.min(least, isList ? least : -most) && n <= most;
  if ((!isList || factor.length === 2) && fits(a) && fits(b))
    return [Math.min(a as number, b as number), Math.max(a as number, b as number)];
  throw valueError(name, {
    rule: `${what} is out of range`,
    expected: `a number or a pair of numbers in [${least}, ${most}]`,
    received: factor,
  });
}

/** An affine map for each sample. */
export function mapped(x: Tensor, map: readonly (Tensor | number)[], options: RandomTransformOptions): Tensor {
  const parts = map.map((part) =>
    typeof part === "number" ? (part === 1 ? ones([x.shape[0] as number, 1]) : zeros([x.shape[0] as number, 1])) : part,
  );
  const { fillMode = "reflect", interpolation, fillValue } = options;
  return affineTransform(x, concat(parts, 1), {
    fillMode,
    ...(interpolation && { interpolation }),
    ...(fillValue !== undefined && { fillValue }),
  });
}

/** Options of layers that change the values of pixels. */
export interface RandomColorOptions extends LayerOptions, NoiseOptions {
  /** Least and largest value of a pixel; results are kept within. Default [0, 255]. */
  valueRange?: readonly [low: number, high: number];
}

export function colorOptions(kind: string, factor: Factor, options: RandomColorOptions): RandomColorOptions {
  return layerOptions(kind, options, { factor: "number or list!", valueRange: "list", ...noiseTable }, { factor });
}

export function checkValueRange(name: string, [low, high]: readonly [number, number] = [0, 255]): [number, number] {
  if (Number.isFinite(low) && Number.isFinite(high) && low < high) return [low, high];
  throw valueError(name, {
    rule: "valueRange is the least and the largest value",
    expected: "[low, high]",
    received: [low, high],
  });
}
