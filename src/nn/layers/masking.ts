import { checkNumber, shapeError } from "../../errors.ts";
import { formatShape } from "../../ir/shape.ts";
import { notEqual, where } from "../../tensor/ops/elementwise.ts";
import { max } from "../../tensor/ops/reduction.ts";
import { expandDims } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Layer, type LayerOptions, layerOptions } from "../layer.ts";
import { functionLayer } from "./function.ts";

/**
 * Masks steps whose features all have one value, and sets them to 0: layers behind this one that know masks skip them.
 * Shapes: [batch, time, features], to the same.
 * @throws ValueError unless maskValue is finite; ShapeError on an input of fewer than two axes.
 * @see Keras 3 `layers.Masking`.
 */
export function masking(
  given: LayerOptions & {
    /** Steps that are all this are masked. Default 0. */
    maskValue?: number;
  } = {},
): Layer {
  const options = layerOptions("masking", given, { maskValue: "number" });
  const { maskValue = 0 } = options;
  checkNumber("masking", "maskValue", maskValue, "a finite number", () => true);
  const counts = (x: Tensor) => max(notEqual(x, maskValue), -1);
  return functionLayer(
    "masking",
    options,
    (x, _, layer) => {
      if (x.rank >= 2) return where(expandDims(counts(x), -1), x, 0);
      throw shapeError(layer.label, {
        rule: "a step has features",
        expected: "[batch, time, features]",
        received: formatShape(x.shape),
      });
    },
    ([x]) => x && counts(x),
  );
}
