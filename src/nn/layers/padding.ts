// Zero padding and cropping of spatial axes.
import { shapeError } from "../../errors.ts";
import { formatShape } from "../../ir/shape.ts";
import { pad, slice } from "../../tensor/ops/joining.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Layer, type LayerOptions, layerOptions } from "../layer.ts";
import { functionLayer } from "./function.ts";
import { checkSpatial, type Margin, marginPairs } from "./spatial.ts";

/**
 * Puts zeros before and after [batch, steps, channels].
 * @param padding steps at both ends, or `[before, after]`; integers ≥ 0. Default 1.
 * @throws ValueError on a bad padding; ShapeError on another rank.
 * @see Keras 3 `layers.ZeroPadding1D`.
 */
export const zeroPadding1d = (padding: Margin = 1, options: LayerOptions = {}): Layer =>
  zeroPadding("zeroPadding1d", 1, padding, options);
/**
 * Puts zeros around [batch, height, width, channels]: `1`, `[height, width]` or `[[top, bottom], [left, right]]`. @see
 * Keras 3 `layers.ZeroPadding2D`.
 */
export const zeroPadding2d = (padding: Margin = 1, options: LayerOptions = {}): Layer =>
  zeroPadding("zeroPadding2d", 2, padding, options);
/** {@link zeroPadding2d} of [batch, depth, height, width, channels]. @see Keras 3 `layers.ZeroPadding3D`. */
export const zeroPadding3d = (padding: Margin = 1, options: LayerOptions = {}): Layer =>
  zeroPadding("zeroPadding3d", 3, padding, options);

function zeroPadding(kind: string, axes: number, padding: Margin, options: LayerOptions): Layer {
  const config = layerOptions(kind, options, { padding: "number or list!" }, { padding });
  const pairs = marginPairs(kind, "padding", padding, axes);
  return functionLayer(kind, config, (x, _, layer) => {
    checkSpatial(layer, x, axes);
    return pad(x, [[0, 0], ...pairs, [0, 0]]);
  });
}

/**
 * Cuts steps off both ends of [batch, steps, channels].
 * @param cropping steps at both ends, or `[before, after]`; integers ≥ 0. Default 1.
 * @throws ValueError on a bad cropping; ShapeError on another rank or where nothing would be left.
 * @see Keras 3 `layers.Cropping1D`.
 */
export const cropping1d = (cropping: Margin = 1, options: LayerOptions = {}): Layer =>
  crop("cropping1d", 1, cropping, options);
/**
 * Cuts a margin off [batch, height, width, channels]: as {@link zeroPadding2d}; default 0. @see Keras 3
 * `layers.Cropping2D`.
 */
export const cropping2d = (cropping: Margin = 0, options: LayerOptions = {}): Layer =>
  crop("cropping2d", 2, cropping, options);
/** {@link cropping2d} of [batch, depth, height, width, channels]; default 1. @see Keras 3 `layers.Cropping3D`. */
export const cropping3d = (cropping: Margin = 1, options: LayerOptions = {}): Layer =>
  crop("cropping3d", 3, cropping, options);

function crop(kind: string, axes: number, cropping: Margin, options: LayerOptions): Layer {
  const config = layerOptions(kind, options, { cropping: "number or list!" }, { cropping });
  const pairs = marginPairs(kind, "cropping", cropping, axes);
  return functionLayer(kind, config, (x, _, layer) => {
    checkSpatial(layer, x, axes);
    const begin = [0, ...pairs.map(([before]) => before), 0];
    const size = x.shape.map((extent, axis) => extent - (pairs[axis - 1]?.[0] ?? 0) - (pairs[axis - 1]?.[1] ?? 0));
    checkLeft(layer, x, pairs, size.slice(1, -1));
    return slice(x, begin, size);
  });
}

function checkLeft(
  layer: Layer,
  x: Tensor,
  pairs: readonly (readonly [number, number])[],
  left: readonly number[],
): void {
  if (left.every((extent) => !(extent <= 0))) return;
  throw shapeError(layer.label, {
    rule: "something must be left of the input",
    expected: `less than ${formatShape(x.shape.slice(1, -1))} in all`,
    received: pairs,
    context: `input ${formatShape(x.shape)}`,
  });
}
