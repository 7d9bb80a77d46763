import { shapeError } from "../../errors.ts";
import { add } from "../../tensor/ops/elementwise.ts";
import { concat } from "../../tensor/ops/joining.ts";
import { formatShape, normalizeAxis } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Layer, LayerOptions } from "../layer.ts";
import { mergeLayer } from "./function.ts";

/** Adds its inputs, which broadcast. @see Keras 3 `layers.Add`. */
export function addLayer(options: LayerOptions = {}): Layer {
  return mergeLayer("addLayer", options, (inputs, _, layer) => {
    checkSeveral(layer, inputs);
    return inputs.slice(1).reduce((total, input) => add(total, input), inputs[0] as Tensor);
  });
}

/** Joins its inputs along an axis (default the last). @throws ShapeError where they differ elsewhere. @see Keras 3 `layers.Concatenate`. */
export function concatenate(options: LayerOptions & { axis?: number } = {}): Layer {
  const { axis = -1 } = options;
  return mergeLayer("concatenate", options, (inputs, _, layer) => {
    checkSeveral(layer, inputs);
    const [head] = inputs as readonly [Tensor];
    const at = normalizeAxis(layer.label, axis, head.rank);
    for (const { shape } of inputs) {
      const fits = shape.length === head.rank && shape.every((extent, i) => i === at || extent === head.shape[i]);
      if (!fits) {
        throw shapeError(layer.label, {
          rule: `inputs must agree but for axis ${at}`,
          expected: formatShape(head.shape.map((extent, i) => (i === at ? null : extent))),
          received: formatShape(shape),
        });
      }
    }
    return concat(inputs, at);
  });
}

function checkSeveral(layer: Layer, inputs: readonly Tensor[]): void {
  if (Array.isArray(inputs) && inputs.length >= 2) return;
  throw shapeError(layer.label, {
    rule: "merges several inputs",
    expected: "a list of two or more",
    received: Array.isArray(inputs) ? inputs.length : "one input",
    advice: "Use apply([a, b]).",
  });
}
