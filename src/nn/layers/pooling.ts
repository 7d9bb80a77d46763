import { adaptiveAveragePool, adaptiveMaxPool } from "../../tensor/ops/adaptive-pooling.ts";
import { div, where } from "../../tensor/ops/elementwise.ts";
import { averagePool, maxPool } from "../../tensor/ops/pooling.ts";
import { max, mean, sum } from "../../tensor/ops/reduction.ts";
import { expandDims } from "../../tensor/ops/shaping.ts";
import { perAxis } from "../../tensor/ops/window.ts";
import type { Layer, LayerOptions } from "../layer.ts";
import { functionLayer } from "./function.ts";
import { checkPadding, checkSpatial } from "./spatial.ts";

/** Options of the pooling layers. */
export interface PoolingOptions extends LayerOptions {
  /** Steps from window to window, an integer ≥ 1 or one for each spatial axis. Default the window's size. */
  strides?: number | readonly number[];
  /** "valid" (default) drops what does not fill a window; "same" gives ⌈n / stride⌉ windows, clipped at the borders. */
  padding?: "valid" | "same";
}

/** Extents of windows or outputs: one integer ≥ 1 for all spatial axes, or one for each. */
type Extents = number | readonly number[];

/**
 * The largest value of each window of [batch, steps, channels]; the gradient goes to the first of equal values.
 * @param poolSize the window's extent, an integer ≥ 1. Default 2.
 * @throws ValueError on a bad size, stride or padding; ShapeError on another rank or a window larger than the input.
 * @see Keras 3 `layers.MaxPooling1D`.
 */
export const maxPooling1D = (poolSize: Extents = 2, options: PoolingOptions = {}): Layer => pooling("maxPooling1D", 1, maxPool, poolSize, options);
/** {@link maxPooling1D} of [batch, height, width, channels]: `maxPooling2D(2)` halves both. @see Keras 3 `layers.MaxPooling2D`. */
export const maxPooling2D = (poolSize: Extents = 2, options: PoolingOptions = {}): Layer => pooling("maxPooling2D", 2, maxPool, poolSize, options);
/** {@link maxPooling1D} of [batch, depth, height, width, channels]. @see Keras 3 `layers.MaxPooling3D`. */
export const maxPooling3D = (poolSize: Extents = 2, options: PoolingOptions = {}): Layer => pooling("maxPooling3D", 3, maxPool, poolSize, options);

/** The mean of each window of [batch, steps, channels], of the elements that exist; else as {@link maxPooling1D}. @see Keras 3 `layers.AveragePooling1D`. */
export const averagePooling1D = (poolSize: Extents = 2, options: PoolingOptions = {}): Layer => pooling("averagePooling1D", 1, averagePool, poolSize, options);
/** {@link averagePooling1D} of [batch, height, width, channels]. @see Keras 3 `layers.AveragePooling2D`. */
export const averagePooling2D = (poolSize: Extents = 2, options: PoolingOptions = {}): Layer => pooling("averagePooling2D", 2, averagePool, poolSize, options);
/** {@link averagePooling1D} of [batch, depth, height, width, channels]. @see Keras 3 `layers.AveragePooling3D`. */
export const averagePooling3D = (poolSize: Extents = 2, options: PoolingOptions = {}): Layer => pooling("averagePooling3D", 3, averagePool, poolSize, options);

function pooling(kind: string, axes: number, pool: typeof maxPool, poolSize: Extents, options: PoolingOptions): Layer {
  const { strides = poolSize, padding = "valid" } = options;
  perAxis(kind, "poolSize", poolSize, axes);
  perAxis(kind, "strides", strides, axes);
  checkPadding(kind, padding);
  return functionLayer(kind, { ...options, poolSize }, (x, _, layer) => {
    checkSpatial(layer, x, axes);
    return pool(x, poolSize, { strides, padding, name: layer.label });
  });
}

/** Options of the global pooling layers. */
export interface GlobalPoolingOptions extends LayerOptions {
  /** Keep the spatial axes with extent 1. Default false. */
  keepDims?: boolean;
}

/** The largest value of each channel: [batch, steps, channels] to [batch, channels]. @see Keras 3 `layers.GlobalMaxPooling1D`. */
export const globalMaxPooling1D = (options: GlobalPoolingOptions = {}): Layer => globalPooling("globalMaxPooling1D", 1, max, options);
/** {@link globalMaxPooling1D} of [batch, height, width, channels]. @see Keras 3 `layers.GlobalMaxPooling2D`. */
export const globalMaxPooling2D = (options: GlobalPoolingOptions = {}): Layer => globalPooling("globalMaxPooling2D", 2, max, options);
/** {@link globalMaxPooling1D} of [batch, depth, height, width, channels]. @see Keras 3 `layers.GlobalMaxPooling3D`. */
export const globalMaxPooling3D = (options: GlobalPoolingOptions = {}): Layer => globalPooling("globalMaxPooling3D", 3, max, options);

/**
 * The mean of each channel: [batch, steps, channels] to [batch, channels]. Masked steps do not count; where none count the mean is NaN.
 * @see Keras 3 `layers.GlobalAveragePooling1D`.
 */
export const globalAveragePooling1D = (options: GlobalPoolingOptions = {}): Layer =>
  functionLayer(
    "globalAveragePooling1D",
    options,
    (x, ctx, layer) => {
      checkSpatial(layer, x, 1);
      const mask = ctx.maskOf(x);
      if (!mask) return mean(x, 1, options.keepDims);
      const counts = expandDims(mask, 2);
      // Chosen, not multiplied: what is masked may be anything.
      return div(sum(where(counts, x, 0), 1, options.keepDims), sum(counts, 1, options.keepDims));
    },
    // The mask is used up.
    () => undefined,
  );
/** {@link globalAveragePooling1D} of [batch, height, width, channels]. @see Keras 3 `layers.GlobalAveragePooling2D`. */
export const globalAveragePooling2D = (options: GlobalPoolingOptions = {}): Layer => globalPooling("globalAveragePooling2D", 2, mean, options);
/** {@link globalAveragePooling1D} of [batch, depth, height, width, channels]. @see Keras 3 `layers.GlobalAveragePooling3D`. */
export const globalAveragePooling3D = (options: GlobalPoolingOptions = {}): Layer => globalPooling("globalAveragePooling3D", 3, mean, options);

function globalPooling(kind: string, axes: number, fold: typeof mean, options: GlobalPoolingOptions): Layer {
  return functionLayer(kind, options, (x, _, layer) => {
    checkSpatial(layer, x, axes);
    return fold(
      x,
      Array.from({ length: axes }, (_, axis) => axis + 1),
      options.keepDims,
    );
  });
}

/**
 * The largest values of `outputSize` windows that cover [batch, steps, channels] evenly, whatever its length: [batch, outputSize, channels].
 * @param outputSize integers ≥ 1.
 * @throws ValueError on a bad size; ShapeError on another rank.
 * @see Keras 3 `layers.AdaptiveMaxPooling1D`.
 */
export const adaptiveMaxPooling1D = (outputSize: Extents, options: LayerOptions = {}): Layer =>
  adaptivePooling("adaptiveMaxPooling1D", 1, adaptiveMaxPool, outputSize, options);
/** {@link adaptiveMaxPooling1D} of [batch, height, width, channels]. @see Keras 3 `layers.AdaptiveMaxPooling2D`. */
export const adaptiveMaxPooling2D = (outputSize: Extents, options: LayerOptions = {}): Layer =>
  adaptivePooling("adaptiveMaxPooling2D", 2, adaptiveMaxPool, outputSize, options);
/** {@link adaptiveMaxPooling1D} of [batch, depth, height, width, channels]. @see Keras 3 `layers.AdaptiveMaxPooling3D`. */
export const adaptiveMaxPooling3D = (outputSize: Extents, options: LayerOptions = {}): Layer =>
  adaptivePooling("adaptiveMaxPooling3D", 3, adaptiveMaxPool, outputSize, options);
/** The means of the windows of {@link adaptiveMaxPooling1D}. @see Keras 3 `layers.AdaptiveAveragePooling1D`. */
export const adaptiveAveragePooling1D = (outputSize: Extents, options: LayerOptions = {}): Layer =>
  adaptivePooling("adaptiveAveragePooling1D", 1, adaptiveAveragePool, outputSize, options);
/** {@link adaptiveAveragePooling1D} of [batch, height, width, channels]. @see Keras 3 `layers.AdaptiveAveragePooling2D`. */
export const adaptiveAveragePooling2D = (outputSize: Extents, options: LayerOptions = {}): Layer =>
  adaptivePooling("adaptiveAveragePooling2D", 2, adaptiveAveragePool, outputSize, options);
/** {@link adaptiveAveragePooling1D} of [batch, depth, height, width, channels]. @see Keras 3 `layers.AdaptiveAveragePooling3D`. */
export const adaptiveAveragePooling3D = (outputSize: Extents, options: LayerOptions = {}): Layer =>
  adaptivePooling("adaptiveAveragePooling3D", 3, adaptiveAveragePool, outputSize, options);

function adaptivePooling(kind: string, axes: number, pool: typeof adaptiveMaxPool, outputSize: Extents, options: LayerOptions): Layer {
  perAxis(kind, "outputSize", outputSize, axes);
  return functionLayer(kind, { ...options, outputSize }, (x, _, layer) => {
    checkSpatial(layer, x, axes);
    return pool(x, outputSize, layer.label);
  });
}
