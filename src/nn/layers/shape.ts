// Layers that only change shapes, `inputLayer`, and `lambda`, a layer of a function.
import { checkCounts } from "../../checks.ts";
import { shapeError, valueError } from "../../errors.ts";
import { formatShape, mayEqual, sizeOf } from "../../ir/shape.ts";
import { broadcastTo, expandDims, reshape as reshapeTensor, transpose } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { SampleShape } from "../input.ts";
import { type CallContext, type Layer, type LayerOptions, layerOptions } from "../layer.ts";
import { functionLayer, keepMask, movingLayer } from "./function.ts";

/**
 * Says what a sequential model takes: a layer that does nothing. @example sequential([inputLayer([784]), dense(10)])
 */
export function inputLayer(inputShape: SampleShape, options: Omit<LayerOptions, "inputShape"> = {}): Layer {
  return movingLayer("inputLayer", layerOptions("inputLayer", options, {}, { inputShape }), (x) => x, keepMask);
}

/** [batch, …] to [batch, features]. @see Keras 3 `layers.Flatten`. */
export function flatten(options: LayerOptions = {}): Layer {
  return movingLayer("flatten", layerOptions("flatten", options, {}), (x) =>
    reshapeTensor(x, [x.shape[0] ?? 1, sizeOf(x.shape.slice(1))]),
  );
}

/**
 * Gives each sample another shape of as many elements; one extent may be −1 and is worked out.
 * @param targetShape without the batch axis.
 * @throws ShapeError where the number of elements differs.
 * @see Keras 3 `layers.Reshape`.
 */
export function reshape(targetShape: readonly number[], options: LayerOptions = {}): Layer {
  const config = layerOptions("reshape", options, { targetShape: "list!" }, { targetShape });
  if (
    !Array.isArray(targetShape) ||
    targetShape.some((n) => !Number.isInteger(n) || n < -1 || n === 0) ||
    targetShape.filter((n) => n === -1).length > 1
  ) {
    throw valueError("reshape", {
      rule: "targetShape is the shape of one sample",
      expected: "integers ≥ 1, at most one −1",
      received: targetShape,
    });
  }
  return movingLayer("reshape", config, (x, _, layer) => {
    const size = sizeOf(x.shape.slice(1));
    const known = sizeOf(targetShape.filter((n) => n !== -1));
    const isPossible = targetShape.includes(-1) ? !(size % known > 0) : mayEqual(size, known);
    if (!isPossible) {
      throw shapeError(layer.label, {
        rule: "the number of elements per sample must stay",
        expected: `${size} elements`,
        received: formatShape(targetShape),
        context: `input ${formatShape(x.shape)}`,
      });
    }
    return reshapeTensor(x, [x.shape[0] ?? 1, ...targetShape.map((n) => (n === -1 ? size / known : n))]);
  });
}

/**
 * Exchanges the axes of each sample: axis i of the result is axis `dims[i]` of the input, counted from 1 (0 is the
 * batch).
 * @throws ValueError unless `dims` names each axis once.
 * @see Keras 3 `layers.Permute`.
 */
export function permute(dims: readonly number[], options: LayerOptions = {}): Layer {
  const config = layerOptions("permute", options, { dims: "list!" }, { dims });
  const isPermutation =
    Array.isArray(dims) && [...dims].sort((a, b) => a - b).every((axis, index) => axis === index + 1);
  if (!isPermutation)
    throw valueError("permute", {
      rule: "dims names each axis once, from 1",
      expected: "a permutation of 1, 2, …",
      received: dims,
    });
  return movingLayer("permute", config, (x, _, layer) => {
    checkRank(layer, x, dims.length + 1);
    return transpose(x, [0, ...dims]);
  });
}

/**
 * [batch, features] to [batch, n, features]. @throws ValueError unless n is an integer ≥ 1. @see Keras 3
 * `layers.RepeatVector`.
 */
export function repeatVector(n: number, options: LayerOptions = {}): Layer {
  const config = layerOptions("repeatVector", options, { n: "number!" }, { n });
  checkCounts("repeatVector", { n });
  return movingLayer("repeatVector", config, (x, _, layer) => {
    checkRank(layer, x, 2);
    const [batch, features] = x.shape as [number, number];
    return broadcastTo(expandDims(x, 1), [batch, n, features]);
  });
}

/**
 * A layer from a function of tensors, for what has no variables. @param fn is given the input and the context
 * (`training`, random streams). @see Keras 3 `layers.Lambda`.
 */
export function lambda(fn: (x: Tensor, ctx: CallContext) => Tensor, options: LayerOptions = {}): Layer {
  return functionLayer("lambda", layerOptions("lambda", options, { fn: "function!" }, { fn }), (x, ctx) => fn(x, ctx));
}

function checkRank(layer: Layer, x: Tensor, rank: number): void {
  if (x.rank === rank) return;
  throw shapeError(layer.label, {
    rule: "the input has another number of axes",
    expected: `rank ${rank}`,
    received: `rank ${x.rank}`,
    context: `input ${formatShape(x.shape)}`,
  });
}
