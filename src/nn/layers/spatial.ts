import { shapeError, valueError } from "../../errors.ts";
import { formatShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Layer } from "../layer.ts";

const axesText = ["", "steps", "height, width", "depth, height, width"];

/** Throws unless x is [batch, …, channels] with so many spatial axes between. */
export function checkSpatial(layer: Layer, x: Tensor, axes: number): void {
  if (x.rank === axes + 2) return;
  throw shapeError(layer.label, {
    rule: "the input has another number of axes",
    expected: `[batch, ${axesText[axes]}, channels]`,
    received: formatShape(x.shape),
  });
}

/** Throws unless the padding is one that layers take. */
export function checkPadding(name: string, padding: unknown, known: readonly string[] = ["valid", "same"]): void {
  if (known.includes(padding as string)) return;
  throw valueError(name, { rule: "unknown padding", expected: known.map((word) => `"${word}"`).join(" or "), received: padding });
}
