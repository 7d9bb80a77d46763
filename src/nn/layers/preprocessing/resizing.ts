// Resizing and cropping of images.
import { valueError } from "../../../errors.ts";
import type { OptionTable } from "../../../options.ts";
import { checkAntialias, checkInterpolation, resizeMethods } from "../../../tensor/interpolation.ts";
import { cast } from "../../../tensor/ops/elementwise.ts";
import { slice } from "../../../tensor/ops/joining.ts";
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
}

export const extentsTable: OptionTable<{ height: number; width: number }> = { height: "number!", width: "number!" };

/**
 * Brings images to one size.
 * Shapes: [batch, …, channels] to [batch, height, width, channels].
 * @throws ValueError on extents that are no integers ≥ 1, an unknown interpolation, or antialias with "nearest";
 * ShapeError on another rank.
 * @see Keras 3 `layers.Resizing`.
 */
export function resizing(height: number, width: number, options: ResizingOptions = {}): Layer {
  const table = {
    ...extentsTable,
    interpolation: "string",
    cropToAspectRatio: "boolean",
    antialias: "boolean",
  } as const;
  const config = layerOptions("resizing", options, table, { height, width });
  checkExtents("resizing", height, width);
  const { interpolation = "bilinear", cropToAspectRatio = false, antialias = false } = config;
  checkInterpolation("resizing", interpolation, resizeMethods);
  checkAntialias("resizing", interpolation, antialias);
  return functionLayer("resizing", config, (images, _, layer) => {
    checkSpatial(layer, images, 2);
    const x = cast(images, "float32");
    return resize(cropToAspectRatio ? inProportion(x, height, width) : x, [height, width], {
      interpolation,
      antialias,
    });
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
