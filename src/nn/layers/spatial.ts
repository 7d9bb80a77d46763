// Checks and options of layers with spatial axes.
import { shapeError, valueError } from "../../errors.ts";
import { formatShape } from "../../ir/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { BatchShape, Layer } from "../layer.ts";

const axesText = ["", "steps", "height, width", "depth, height, width"];

/** Throws unless x is [batch, …, channels] with so many spatial axes between. */
export function checkSpatial(layer: Layer, x: Tensor, axes: number): void {
  checkRank(layer, x.shape, axes);
}

/** {@link checkSpatial} of a shape. */
export function checkRank(layer: Layer, shape: BatchShape, axes: number): void {
  if (shape.length === axes + 2) return;
  throw shapeError(layer.label, {
    rule: "the input has another number of axes",
    expected: `[batch, ${axesText[axes]}, channels]`,
    received: formatShape(shape),
  });
}

/** Throws unless the padding is one that the layer knows. */
export function checkPadding(name: string, padding: unknown, known: readonly string[] = ["valid", "same"]): void {
  if (known.includes(padding as string)) return;
  throw valueError(name, {
    rule: "unknown padding",
    expected: known.map((word) => `"${word}"`).join(" or "),
    received: padding,
  });
}

/** A margin: elements at both ends of all axes, or of each axis, or `[before, after]` for each axis. */
export type Margin = number | readonly number[] | readonly (readonly [before: number, after: number])[];

/**
 * A margin as pairs, one per spatial axis. For one axis two numbers are `[before, after]`, for several one number each
 * axis.
 * @throws ValueError unless all are integers ≥ 0.
 */
export function marginPairs(name: string, what: string, margin: Margin, axes: number): (readonly [number, number])[] {
  const list: readonly unknown[] =
    typeof margin === "number"
      ? Array.from({ length: axes }, () => [margin, margin])
      : axes === 1 && typeof margin[0] === "number"
        ? [margin]
        : margin;
  const pairs = Array.isArray(list) ? list.map((item) => (typeof item === "number" ? [item, item] : item)) : [];
  const fits =
    pairs.length === axes &&
    pairs.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isInteger(n) && n >= 0));
  if (fits) return pairs as [number, number][];
  throw valueError(name, {
    rule: `${what} must be whole numbers`,
    expected:
      axes === 1
        ? "an integer ≥ 0, or a pair [before, after]"
        : `an integer ≥ 0, or ${axes} of them, or ${axes} pairs [before, after]`,
    received: margin,
  });
}
