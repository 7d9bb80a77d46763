// Resizing and cropping of images.
import { valueError } from "../../../errors.ts";
import type { OptionTable } from "../../../options.ts";
import { checkAntialias, checkInterpolation, resizeMethods } from "../../../tensor/interpolation.ts";
import { cast } from "../../../tensor/ops/elementwise.ts";
import { slice } from "../../../tensor/ops/joining.ts";
import { pad } from "../../../tensor/ops/padding.ts";
import { type ResizeOptions, resize } from "../../../tensor/ops/resizing.ts";
import type { Tensor } from "../../../tensor/tensor.ts";
import { type Layer, type LayerOptions, layerOptions } from "../../layer.ts";
import { functionLayer } from "../function.ts";
import { checkSpatial } from "../spatial.ts";

/** Options of {@link resizing}. */
export interface ResizingOptions extends LayerOptions, ResizeOptions {
  /**
   * Cut the largest window of the wanted proportions out of the middle first, rather than distort the image. Default
   * false.
   */
  cropToAspectRatio?: boolean;
  /** Add margins on both sides first, up to the wanted proportions, rather than distort the image. Default false. */
  padToAspectRatio?: boolean;
  /** What the margins hold. Default 0. */
  fillValue?: number;
}

export const extentsTable: OptionTable<{ height: number; width: number }> = { height: "number!", width: "number!" };

/**
 * Brings images to one size.
 * Shapes: [batch, …, channels] to [batch, height, width, channels].
 * @throws ValueError on extents that are no integers ≥ 1, an unknown interpolation, antialias with "nearest", or both
 * cropToAspectRatio and padToAspectRatio; ShapeError on another rank.
 * @see Keras 3 `layers.Resizing`.
 */
export function resizing(height: number, width: number, options: ResizingOptions = {}): Layer {
  const table = {
    ...extentsTable,
    interpolation: "string",
    cropToAspectRatio: "boolean",
    padToAspectRatio: "boolean",
    fillValue: "number",
    antialias: "boolean",
  } as const;
  const config = layerOptions("resizing", options, table, { height, width });
  checkExtents("resizing", height, width);
  const { interpolation = "bilinear", cropToAspectRatio = false, padToAspectRatio = false } = config;
  const { antialias = false, fillValue = 0 } = config;
  checkInterpolation("resizing", interpolation, resizeMethods);
  checkAntialias("resizing", interpolation, antialias);
  if (cropToAspectRatio && padToAspectRatio)
    throw valueError("resizing", {
      rule: "images are cropped or padded to the wanted proportions",
      expected: "one of cropToAspectRatio and padToAspectRatio",
      received: "both",
    });
  return functionLayer("resizing", config, (images, _, layer) => {
    checkSpatial(layer, images, 2);
    const x = cast(images, "float32");
    const padded = padToAspectRatio ? withMargins(x, height, width, fillValue) : x;
    const fitting = cropToAspectRatio ? inProportion(x, height, width) : padded;
    return resize(fitting, [height, width], { interpolation, antialias });
  });
}

/**
 * Cuts a window of a given size out of the middle of images. Smaller images give the largest window of the same
 * proportions, resized. Shapes: [batch, …, channels] to [batch, height, width, channels].
 * @throws ValueError on extents that are no integers ≥ 1; ShapeError on another rank.
 * @see Keras 3 `layers.CenterCrop`.
 */
export function centerCrop(height: number, width: number, options: LayerOptions = {}): Layer {
  const config = layerOptions("centerCrop", options, extentsTable, { height, width });
  checkExtents("centerCrop", height, width);
  return functionLayer("centerCrop", config, (images, _, layer) => {
    checkSpatial(layer, images, 2);
    return centered(cast(images, "float32"), height, width);
  });
}

/** The middle of images, or the largest window of those proportions, resized. */
export function centered(x: Tensor, height: number, width: number): Tensor {
  const [, tall = 0, wide = 0] = x.shape;
  if (tall >= height && wide >= width) return middle(x, height, width);
  return resize(inProportion(x, height, width), [height, width]);
}

/** The largest window of the proportions height : width. */
function inProportion(x: Tensor, height: number, width: number): Tensor {
  const [, tall = 0, wide = 0] = x.shape;
  const within = (extent: number, other: number) => Math.max(Math.min(extent, Math.trunc(other)), 1);
  return middle(x, within(tall, (wide * height) / width), within(wide, (tall * width) / height));
}

/** Images with equal margins on both sides, so that they have the proportions height : width. */
function withMargins(x: Tensor, height: number, width: number, value: number): Tensor {
  const [, tall = 0, wide = 0] = x.shape;
  const margin = (extent: number, other: number): readonly [number, number] => {
    const size = Math.max(0, Math.trunc((Math.trunc(other) - extent) / 2));
    return [size, size];
  };
  return pad(x, [[0, 0], margin(tall, (wide * height) / width), margin(wide, (tall * width) / height), [0, 0]], value);
}

function middle(x: Tensor, height: number, width: number): Tensor {
  const [batch = 0, tall = 0, wide = 0, channels = 0] = x.shape;
  return slice(
    x,
    [0, Math.floor((tall - height) / 2), Math.floor((wide - width) / 2), 0],
    [batch, height, width, channels],
  );
}

export function checkExtents(name: string, height: number, width: number): void {
  if ([height, width].every((extent) => Number.isInteger(extent) && extent >= 1)) return;
  throw valueError(name, {
    rule: "height and width must be whole numbers",
    expected: "integers ≥ 1",
    received: [height, width],
  });
}
