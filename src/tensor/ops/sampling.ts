// Images sampled at other places: affine transforms and flips.
import { shapeError, valueError } from "../../errors.ts";
import { formatShape } from "../../ir/shape.ts";
import { checkOptions } from "../../options.ts";
import { checkInterpolation } from "../interpolation.ts";
import type { Tensor } from "../tensor.ts";
import { abs, add, cast, clip, floor, less, lessEqual, mul, sign, sub, where } from "./elementwise.ts";
import { gather, range } from "./indexing.ts";
import { slice } from "./joining.ts";
import { asTensor, type Operand } from "./leaf.ts";
import { broadcastTo, expandDims, reshape } from "./shaping.ts";

/**
 * What lies beyond an image: its mirror image ("reflect": d c b a | a b c d | d c b a), itself again, one value, or the
 * nearest pixel.
 */
export type FillMode = "reflect" | "wrap" | "constant" | "nearest";

/** Options of {@link affineTransform}. */
export interface AffineTransformOptions {
  /** "bilinear" (default) draws lines between pixels, "nearest" takes the nearest. */
  interpolation?: "nearest" | "bilinear";
  /** Default "constant". */
  fillMode?: FillMode;
  /** For "constant". Default 0. */
  fillValue?: number;
}

/** How places along an axis of `extent` pixels are brought within it. */
const within: Readonly<Record<FillMode, (place: Tensor, extent: number) => Tensor>> = {
  constant: (place, extent) => clip(place, 0, extent - 1),
  nearest: (place, extent) => clip(place, 0, extent - 1),
  wrap: (place, extent) => remainder(place, extent),
  reflect: (place, extent) => {
    const folded = remainder(place, 2 * extent);
    return where(less(folded, extent), folded, sub(2 * extent - 1, folded));
  },
};

const remainder = (x: Tensor, n: number): Tensor => sub(x, mul(floor(mul(add(x, 0.5), 1 / n)), n));

/** Checks the options of affine maps for functions that take them. @throws ValueError on options that are not known. */
export function checkAffineOptions(
  name: string,
  { interpolation = "bilinear", fillMode = "constant" }: AffineTransformOptions,
): void {
  checkInterpolation(name, interpolation);
  if (!Object.hasOwn(within, fillMode))
    throw valueError(name, { rule: "unknown fillMode", expected: `one of ${Object.keys(within)}`, received: fillMode });
}

/**
 * The pixels of [batch, height, width, channels] at whole rows and columns within the images, which broadcast to
 * [batch, …]: [batch, …, channels].
 */
export function gatherPixels(images: Operand, rows: Operand, columns: Operand): Tensor {
  const t = asTensor(images);
  const [batch = 0, height = 0, width = 0, channels = 0] = t.shape;
  // Places are counted in float32.
  if (batch * height * width > 2 ** 24) {
    throw shapeError("gatherPixels", {
      rule: "pixels are counted up to 2^24",
      expected: "at most 16777216 in a batch",
      received: formatShape(t.shape),
    });
  }
  const start = mul(reshape(range(batch), [batch, 1, 1]), height * width);
  const places = add(start, add(mul(rows, width), columns));
  return gather(reshape(t, [batch * height * width, channels]), cast(places, "int32"));
}

/**
 * Images seen through an affine map: pixel (x, y) of the result is the value at (a·x + b·y + c, d·x + e·y + f) of the
 * image, x along the width. Gradients reach the images and, through the interpolation, the maps.
 * @param images [batch, height, width, channels].
 * @param transforms [batch, 6]: a, b, c, d, e, f of each image.
 * @throws ShapeError on other shapes; ValueError on unknown options.
 * @see Keras 3 `ops.image.affine_transform` (whose transforms have two zeros more).
 */
export function affineTransform(images: Operand, transforms: Operand, options: AffineTransformOptions = {}): Tensor {
  const [t, maps] = [asTensor(images), asTensor(transforms)];
  const {
    interpolation = "bilinear",
    fillMode = "constant",
    fillValue = 0,
  } = checkOptions("affineTransform", options, {
    interpolation: "string",
    fillMode: "string",
    fillValue: "number",
  });
  checkAffineOptions("affineTransform", { interpolation, fillMode });
  const [batch = 0, height = 0, width = 0] = t.shape;
  if (t.rank !== 4 || maps.rank !== 2 || maps.shape[0] !== batch || maps.shape[1] !== 6) {
    throw shapeError("affineTransform", {
      rule: "takes images and a map for each",
      expected: "[batch, height, width, channels] and [batch, 6]",
      received: `${formatShape(t.shape)} and ${formatShape(maps.shape)}`,
    });
  }
  const part = (k: number) => reshape(slice(maps, [0, k], [-1, 1]), [batch, 1, 1]);
  const [row, column] = [reshape(range(height), [height, 1]), range(width)];
  const place = (k: number) => add(add(mul(part(k), column), mul(part(k + 1), row)), part(k + 2));
  const [x, y] = [place(0), place(3)];

  const pick = (atRow: Tensor, atColumn: Tensor): Tensor => {
    const pixels = gatherPixels(t, within[fillMode](atRow, height), within[fillMode](atColumn, width));
    if (fillMode !== "constant") return pixels;
    const isInside = (at: Tensor, extent: number) => mul(lessEqual(0, at), less(at, extent));
    return where(expandDims(mul(isInside(atRow, height), isInside(atColumn, width)), -1), pixels, fillValue);
  };
  if (interpolation === "nearest") return pick(halfAway(y), halfAway(x));

  const [top, left] = [floor(y), floor(x)];
  const [down, right] = [expandDims(sub(y, top), -1), expandDims(sub(x, left), -1)];
  const between = (a: Tensor, b: Tensor, share: Tensor) => add(mul(a, sub(1, share)), mul(b, share));
  const line = (at: Tensor) => between(pick(at, left), pick(at, add(left, 1)), right);
  return between(line(top), line(add(top, 1)), down);
}

/** The nearest whole number, halves away from 0, as in Keras on jax. */
const halfAway = (x: Tensor): Tensor => mul(sign(x), floor(add(abs(x), 0.5)));

/**
 * Images [batch, height, width, channels] with those reversed along height (`vertical`) and width (`horizontal`) whose
 * flip, [batch], is not 0.
 */
export function flipImages(
  images: Operand,
  flips: Operand,
  options: {
    /** Whether columns are reversed. Default false. */
    horizontal?: boolean;
    /** Whether rows are reversed. Default false. */
    vertical?: boolean;
  },
): Tensor {
  const { horizontal = false, vertical = false } = checkOptions("flipImages", options, {
    horizontal: "boolean",
    vertical: "boolean",
  });
  const t = asTensor(images);
  const [batch = 0, height = 0, width = 0] = t.shape;
  const flip = reshape(flips, [batch, 1, 1]);
  const [row, column] = [reshape(range(height), [height, 1]), range(width)];
  const turned = (at: Tensor, extent: number, turns: boolean) => (turns ? where(flip, sub(extent - 1, at), at) : at);
  const places = (at: Tensor) => broadcastTo(at, [batch, height, width]);
  return gatherPixels(t, places(turned(row, height, vertical)), places(turned(column, width, horizontal)));
}
