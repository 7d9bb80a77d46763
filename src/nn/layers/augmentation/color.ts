// Changes of the colours of images [batch, height, width, channels], with given amounts for each image.
import {
  abs,
  add,
  clip,
  div,
  equal,
  floor,
  less,
  maximum,
  minimum,
  mod,
  mul,
  sub,
  where,
} from "../../../tensor/ops/elementwise.ts";
import { concat, slice } from "../../../tensor/ops/joining.ts";
import { max, min } from "../../../tensor/ops/reduction.ts";
import { reshape } from "../../../tensor/ops/shaping.ts";
import type { Tensor } from "../../../tensor/tensor.ts";

/** Least and largest value of a pixel. */
export type Bounds = readonly [low: number, high: number];

/** An amount for each image, in front of its pixels. */
export const perImage = (amount: Tensor): Tensor => reshape(amount, [-1, 1, 1, 1]);

/** Pixels in `from` as pixels in `to`. */
const rescaled = (x: Tensor, [a, b]: Bounds, [c, d]: Bounds): Tensor =>
  a === c && b === d ? x : add(mul(sub(x, a), (d - c) / (b - a)), c);

const channel = (x: Tensor, at: number): Tensor => slice(x, [0, 0, 0, at], [-1, -1, -1, 1]);

/** Hue, saturation and value, in [0, 1], of red, green and blue in [0, 1]. */
function hsvOf(x: Tensor): [hue: Tensor, saturation: Tensor, value: Tensor] {
  const [r, g, b] = [channel(x, 0), channel(x, 1), channel(x, 2)];
  const value = maximum(maximum(r, g), b);
  const range = sub(value, minimum(minimum(r, g), b));
  const [hasValue, hasRange] = [less(0, value), less(0, range)];
  const saturation = where(hasValue, div(range, where(hasValue, value, 1)), 0);
  const sixth = div(1 / 6, where(hasRange, range, 1));
  const besideRed = where(equal(value, g), add(mul(sixth, sub(b, r)), 1 / 3), add(mul(sixth, sub(r, g)), 2 / 3));
  const hue = where(hasRange, where(equal(value, r), mul(sixth, sub(g, b)), besideRed), 0);
  return [add(hue, less(hue, 0)), saturation, value];
}

/** Red, green and blue in [0, 1]; hues are taken modulo 1. */
function rgbOf(hue: Tensor, saturation: Tensor, value: Tensor): Tensor {
  const place = mul(mod(hue, 1), 6);
  const away = (from: number) => clip(sub(2, abs(sub(place, from))), 0, 1);
  const shares = [clip(sub(abs(sub(place, 3)), 1), 0, 1), away(2), away(4)];
  return concat(
    shares.map((share) => mul(value, add(sub(1, saturation), mul(saturation, share)))),
    3,
  );
}

/** Hues turned by a share of a whole turn. */
export function withHue(x: Tensor, turn: Tensor, bounds: Bounds): Tensor {
  const [hue, saturation, value] = hsvOf(rescaled(x, bounds, [0, 1]));
  return rescaled(clip(rgbOf(add(hue, perImage(turn)), saturation, value), 0, 1), [0, 1], bounds);
}

/** Saturations multiplied by a factor, at most 1. */
export function withSaturation(x: Tensor, factor: Tensor, bounds: Bounds): Tensor {
  const [hue, saturation, value] = hsvOf(rescaled(x, bounds, [0, 1]));
  return rescaled(rgbOf(hue, clip(mul(saturation, perImage(factor)), 0, 1), value), [0, 1], bounds);
}

/** The brightness that eyes see, [batch, height, width, 1], of red, green and blue. */
export const grayOf = (x: Tensor): Tensor =>
  add(add(mul(channel(x, 0), 0.2989), mul(channel(x, 1), 0.587)), mul(channel(x, 2), 0.114));

/** Pixels below a threshold stay, the others are inverted, after an amount was added to all; both of [0, 255]. */
export function solarized(x: Tensor, addition: Tensor, threshold: Tensor, bounds: Bounds): Tensor {
  const bytes = clip(add(rescaled(x, bounds, [0, 255]), perImage(addition)), 0, 255);
  return rescaled(where(less(bytes, perImage(threshold)), bytes, sub(255, bytes)), [0, 255], bounds);
}

/** Pixels as whole numbers of [0, 255] that are multiples of a step. */
export function posterized(x: Tensor, step: Tensor, bounds: Bounds): Tensor {
  const steps = perImage(step);
  const bytes = floor(rescaled(x, bounds, [0, 255]));
  return rescaled(mul(floor(div(bytes, steps)), steps), [0, 255], bounds);
}

/** Each channel of an image spread over the whole range; one of equal pixels stays. */
export function fullContrast(x: Tensor, [low, high]: Bounds): Tensor {
  const least = min(x, [1, 2], true);
  const range = sub(max(x, [1, 2], true), least);
  const hasRange = less(0, range);
  const spread = add(mul(sub(x, least), div(high - low, where(hasRange, range, 1))), low);
  return where(hasRange, clip(spread, low, high), x);
}
