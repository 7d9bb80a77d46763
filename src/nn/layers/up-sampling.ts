// Up-sampling layers.
import { checkInterpolation, type ResizeMethod, resizeMethods } from "../../tensor/interpolation.ts";
import { repeatPixels, resize } from "../../tensor/ops/resizing.ts";
import { perAxis } from "../../tensor/ops/window.ts";
import { type Layer, type LayerOptions, layerOptions } from "../layer.ts";
import { functionLayer } from "./function.ts";
import { checkSpatial } from "./spatial.ts";

/**
 * Repeats each step of [batch, steps, channels] `size` times.
 * @param size an integer ≥ 1. Default 2.
 * @throws ValueError on a bad size; ShapeError on another rank.
 * @see Keras 3 `layers.UpSampling1D`.
 */
export const upSampling1d = (size: number | readonly number[] = 2, options: LayerOptions = {}): Layer =>
  upSampling("upSampling1d", 1, size, layerOptions("upSampling1d", options, { size: "number or list!" }, { size }));

/** Options of {@link upSampling2d}. */
export interface UpSampling2dOptions extends LayerOptions {
  /** "nearest" (default) repeats pixels; "bilinear" draws lines between their centres; the others as for `resizing`. */
  interpolation?: ResizeMethod;
}

/**
 * Enlarges [batch, height, width, channels] by `size`, one integer ≥ 1 or one for each spatial axis; default 2. @see
 * Keras 3 `layers.UpSampling2D`.
 */
export const upSampling2d = (size: number | readonly number[] = 2, options: UpSampling2dOptions = {}): Layer =>
  upSampling(
    "upSampling2d",
    2,
    size,
    layerOptions("upSampling2d", options, { size: "number or list!", interpolation: "string" }, { size }),
  );

/** {@link upSampling1d} of [batch, depth, height, width, channels]. @see Keras 3 `layers.UpSampling3D`. */
export const upSampling3d = (size: number | readonly number[] = 2, options: LayerOptions = {}): Layer =>
  upSampling("upSampling3d", 3, size, layerOptions("upSampling3d", options, { size: "number or list!" }, { size }));

function upSampling(kind: string, axes: number, size: number | readonly number[], config: UpSampling2dOptions): Layer {
  const { interpolation = "nearest" } = config;
  const factors = perAxis(kind, "size", size, axes);
  checkInterpolation(kind, interpolation, resizeMethods);
  return functionLayer(kind, config, (x, _, layer) => {
    checkSpatial(layer, x, axes);
    if (interpolation === "nearest") return repeatPixels(x, factors);
    const [height = 0, width = 0] = x.shape.slice(1, -1).map((extent, axis) => extent * (factors[axis] as number));
    return resize(x, [height, width], { interpolation });
  });
}
