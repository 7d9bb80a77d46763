// Pooling layers: windows, global and adaptive.
import { adaptiveAveragePool, adaptiveMaxPool } from "../../tensor/ops/adaptive-pooling.ts";
import { div, where } from "../../tensor/ops/elementwise.ts";
import { averagePool, maxPool } from "../../tensor/ops/pooling.ts";
import { max, mean, sum } from "../../tensor/ops/reduction.ts";
import { expandDims } from "../../tensor/ops/shaping.ts";
import { perAxis } from "../../tensor/ops/window.ts";
import { type Layer, type LayerOptions, layerOptions } from "../layer.ts";
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
export const maxPooling1d = (poolSize: Extents = 2, options: PoolingOptions = {}): Layer =>
  pooling("maxPooling1d", 1, maxPool, poolSize, options);
/**
 * {@link maxPooling1d} of [batch, height, width, channels]: `maxPooling2d(2)` halves both. @see Keras 3
 * `layers.MaxPooling2D`.
 */
export const maxPooling2d = (poolSize: Extents = 2, options: PoolingOptions = {}): Layer =>
  pooling("maxPooling2d", 2, maxPool, poolSize, options);
/** {@link maxPooling1d} of [batch, depth, height, width, channels]. @see Keras 3 `layers.MaxPooling3D`. */
export const maxPooling3d = (poolSize: Extents = 2, options: PoolingOptions = {}): Layer =>
  pooling("maxPooling3d", 3, maxPool, poolSize, options);

/**
 * The mean of each window of [batch, steps, channels], of the elements that exist; else as {@link maxPooling1d}. @see
 * Keras 3 `layers.AveragePooling1D`.
 */
export const averagePooling1d = (poolSize: Extents = 2, options: PoolingOptions = {}): Layer =>
  pooling("averagePooling1d", 1, averagePool, poolSize, options);
/** {@link averagePooling1d} of [batch, height, width, channels]. @see Keras 3 `layers.AveragePooling2D`. */
export const averagePooling2d = (poolSize: Extents = 2, options: PoolingOptions = {}): Layer =>
  pooling("averagePooling2d", 2, averagePool, poolSize, options);
/** {@link averagePooling1d} of [batch, depth, height, width, channels]. @see Keras 3 `layers.AveragePooling3D`. */
export const averagePooling3d = (poolSize: Extents = 2, options: PoolingOptions = {}): Layer =>
  pooling("averagePooling3d", 3, averagePool, poolSize, options);

function pooling(kind: string, axes: number, pool: typeof maxPool, poolSize: Extents, options: PoolingOptions): Layer {
  const config = layerOptions(
    kind,
    options,
    { poolSize: "number or list!", strides: "number or list", padding: "string" },
    { poolSize },
  );
  const { strides = poolSize, padding = "valid" } = config;
  perAxis(kind, "poolSize", poolSize, axes);
  perAxis(kind, "strides", strides, axes);
  checkPadding(kind, padding);
  return functionLayer(kind, config, (x, _, layer) => {
    checkSpatial(layer, x, axes);
    return pool(x, poolSize, { strides, padding, name: layer.label });
  });
}

/** Options of the global pooling layers. */
export interface GlobalPoolingOptions extends LayerOptions {
  /** Keep the spatial axes with extent 1. Default false. */
  keepDims?: boolean;
}

/**
 * The largest value of each channel: [batch, steps, channels] to [batch, channels]. @see Keras 3
 * `layers.GlobalMaxPooling1D`.
 */
export const globalMaxPooling1d = (options: GlobalPoolingOptions = {}): Layer =>
  globalPooling("globalMaxPooling1d", 1, max, options);
/** {@link globalMaxPooling1d} of [batch, height, width, channels]. @see Keras 3 `layers.GlobalMaxPooling2D`. */
export const globalMaxPooling2d = (options: GlobalPoolingOptions = {}): Layer =>
  globalPooling("globalMaxPooling2d", 2, max, options);
/** {@link globalMaxPooling1d} of [batch, depth, height, width, channels]. @see Keras 3 `layers.GlobalMaxPooling3D`. */
export const globalMaxPooling3d = (options: GlobalPoolingOptions = {}): Layer =>
  globalPooling("globalMaxPooling3d", 3, max, options);

/**
 * The mean of each channel: [batch, steps, channels] to [batch, channels]. Masked steps do not count; where none count
 * the mean is NaN.
 * @see Keras 3 `layers.GlobalAveragePooling1D`.
 */
export function globalAveragePooling1d(options: GlobalPoolingOptions = {}): Layer {
  const config = layerOptions("globalAveragePooling1d", options, { keepDims: "boolean" });
  const { keepDims } = config;
  return functionLayer(
    "globalAveragePooling1d",
    config,
    (x, ctx, layer) => {
      checkSpatial(layer, x, 1);
      const mask = ctx.maskOf(x);
      if (!mask) return mean(x, 1, keepDims);
      const counts = expandDims(mask, 2);
      // Chosen, not multiplied: what is masked may be anything.
      return div(sum(where(counts, x, 0), 1, keepDims), sum(counts, 1, keepDims));
    },
    // The mask is used up.
    () => undefined,
  );
}
/** {@link globalAveragePooling1d} of [batch, height, width, channels]. @see Keras 3 `layers.GlobalAveragePooling2D`. */
export const globalAveragePooling2d = (options: GlobalPoolingOptions = {}): Layer =>
  globalPooling("globalAveragePooling2d", 2, mean, options);
/**
 * {@link globalAveragePooling1d} of [batch, depth, height, width, channels]. @see Keras 3
 * `layers.GlobalAveragePooling3D`.
 */
export const globalAveragePooling3d = (options: GlobalPoolingOptions = {}): Layer =>
  globalPooling("globalAveragePooling3d", 3, mean, options);

function globalPooling(kind: string, axes: number, fold: typeof mean, options: GlobalPoolingOptions): Layer {
  const config = layerOptions(kind, options, { keepDims: "boolean" });
  return functionLayer(kind, config, (x, _, layer) => {
    checkSpatial(layer, x, axes);
    return fold(
      x,
      Array.from({ length: axes }, (_, axis) => axis + 1),
      config.keepDims,
    );
  });
}

/**
 * The largest values of `outputSize` windows that cover [batch, steps, channels] evenly, whatever its length: [batch,
 * outputSize, channels].
 * @param outputSize integers ≥ 1.
 * @throws ValueError on a bad size; ShapeError on another rank.
 * @see Keras 3 `layers.AdaptiveMaxPooling1D`.
 */
export const adaptiveMaxPooling1d = (outputSize: Extents, options: LayerOptions = {}): Layer =>
  adaptivePooling("adaptiveMaxPooling1d", 1, adaptiveMaxPool, outputSize, options);
/** {@link adaptiveMaxPooling1d} of [batch, height, width, channels]. @see Keras 3 `layers.AdaptiveMaxPooling2D`. */
export const adaptiveMaxPooling2d = (outputSize: Extents, options: LayerOptions = {}): Layer =>
  adaptivePooling("adaptiveMaxPooling2d", 2, adaptiveMaxPool, outputSize, options);
/**
 * {@link adaptiveMaxPooling1d} of [batch, depth, height, width, channels]. @see Keras 3 `layers.AdaptiveMaxPooling3D`.
 */
export const adaptiveMaxPooling3d = (outputSize: Extents, options: LayerOptions = {}): Layer =>
  adaptivePooling("adaptiveMaxPooling3d", 3, adaptiveMaxPool, outputSize, options);
/** The means of the windows of {@link adaptiveMaxPooling1d}. @see Keras 3 `layers.AdaptiveAveragePooling1D`. */
export const adaptiveAveragePooling1d = (outputSize: Extents, options: LayerOptions = {}): Layer =>
  adaptivePooling("adaptiveAveragePooling1d", 1, adaptiveAveragePool, outputSize, options);
/**
 * {@link adaptiveAveragePooling1d} of [batch, height, width, channels]. @see Keras 3 `layers.AdaptiveAveragePooling2D`.
 */
export const adaptiveAveragePooling2d = (outputSize: Extents, options: LayerOptions = {}): Layer =>
  adaptivePooling("adaptiveAveragePooling2d", 2, adaptiveAveragePool, outputSize, options);
/**
 * {@link adaptiveAveragePooling1d} of [batch, depth, height, width, channels]. @see Keras 3
 * `layers.AdaptiveAveragePooling3D`.
 */
export const adaptiveAveragePooling3d = (outputSize: Extents, options: LayerOptions = {}): Layer =>
  adaptivePooling("adaptiveAveragePooling3d", 3, adaptiveAveragePool, outputSize, options);

function adaptivePooling(
  kind: string,
  axes: number,
  pool: typeof adaptiveMaxPool,
  outputSize: Extents,
  options: LayerOptions,
): Layer {
  const config = layerOptions(kind, options, { outputSize: "number or list!" }, { outputSize });
  perAxis(kind, "outputSize", outputSize, axes);
  return functionLayer(kind, config, (x, _, layer) => {
    checkSpatial(layer, x, axes);
    return pool(x, outputSize, layer.label);
  });
}
