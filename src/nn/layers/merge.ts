// Layers that combine several inputs into one.
import { shapeError, valueError } from "../../errors.ts";
import { formatShape, mayEqual, normalizeAxis, sizeOf } from "../../ir/shape.ts";
import { l2Normalize } from "../../regularize/norm.ts";
import { add, maximum, minimum, mul, sub, where } from "../../tensor/ops/elementwise.ts";
import { concat } from "../../tensor/ops/joining.ts";
import { matmul } from "../../tensor/ops/matmul.ts";
import { broadcastTo, ones, reshape, transpose } from "../../tensor/ops/shaping.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type CallContext, type Layer, type LayerOptions, layerOptions } from "../layer.ts";
import { withRank } from "../with-rank.ts";
import { eitherMask, type MaskRule, mergeLayer } from "./function.ts";

type Pair = (a: Tensor, b: Tensor) => Tensor;

/** A layer that combines its inputs one after the other; those of fewer axes get axes of 1 behind the batch. */
function pairwise(
  kind: string,
  options: LayerOptions,
  combine: (inputs: readonly Tensor[], masks: readonly (Tensor | undefined)[]) => Tensor,
): Layer {
  return mergeLayer(kind, layerOptions(kind, options, {}), (inputs, ctx, layer) => {
    checkSeveral(layer, inputs);
    const rank = Math.max(...inputs.map((input) => input.rank));
    const masks = inputs.map((input) => {
      const mask = ctx.maskOf(input);
      return mask && withRank(mask, rank);
    });
    const batch = (inputs[0] as Tensor).shape[0];
    if (inputs.some(({ shape }) => !mayEqual(shape[0], batch))) {
      throw shapeError(layer.label, {
        rule: "inputs have one batch",
        expected: `batch ${batch}`,
        received: inputs.map(({ shape }) => formatShape(shape)).join(", "),
      });
    }
    const aligned = inputs.map((input) =>
      reshape(input, [
        input.shape[0] as number,
        ...new Array<number>(rank - input.rank).fill(1),
        ...input.shape.slice(1),
      ]),
    );
    return combine(aligned, masks);
  });
}

const sumOf = (inputs: readonly Tensor[]) => inputs.reduce((total, input) => add(total, input));

/**
 * Adds its inputs, which broadcast. @throws ShapeError unless it is given several that fit. @see Keras 3 `layers.Add`.
 */
export const addLayer = (options: LayerOptions = {}): Layer => pairwise("addLayer", options, sumOf);

/**
 * The mean of its inputs, which broadcast. @throws ShapeError unless it is given several that fit. @see Keras 3
 * `layers.Average`.
 */
export const averageLayer = (options: LayerOptions = {}): Layer =>
  pairwise("averageLayer", options, (inputs) => mul(sumOf(inputs), 1 / inputs.length));

/**
 * The first of two inputs, which broadcast, less the second. @throws ShapeError unless it is given two that fit. @see
 * Keras 3 `layers.Subtract`.
 */
export function subtractLayer(options: LayerOptions = {}): Layer {
  const layer = pairwise("subtractLayer", options, (inputs) => {
    checkTwo(layer, inputs);
    return sub(inputs[0] as Tensor, inputs[1] as Tensor);
  });
  return layer;
}

/**
 * Multiplies its inputs, which broadcast. Masked steps of an input count as 1; where all are masked, the result is 0.
 * @see Keras 3 `layers.Multiply`.
 */
export function multiplyLayer(options: LayerOptions = {}): Layer {
  return pairwise("multiplyLayer", options, (inputs, masks) => {
    const factors = inputs.map((input, index) => (masks[index] ? where(masks[index], input, 1) : input));
    const product = factors.reduce((a, b) => mul(a, b));
    return masks.every((mask) => mask)
      ? where(
          (masks as Tensor[]).reduce((a, b) => maximum(a, b)),
          product,
          0,
        )
      : product;
  });
}

/**
 * The largest of its inputs, which broadcast; masked steps of an input do not take part. @see Keras 3 `layers.Maximum`.
 */
export const maximumLayer = (options: LayerOptions = {}): Layer => extreme("maximumLayer", options, maximum);
/**
 * The smallest of its inputs, which broadcast; masked steps of an input do not take part. @see Keras 3
 * `layers.Minimum`.
 */
export const minimumLayer = (options: LayerOptions = {}): Layer => extreme("minimumLayer", options, minimum);

function extreme(kind: string, options: LayerOptions, choose: Pair): Layer {
  return pairwise(kind, options, (inputs, masks) => {
    let [output, known] = [inputs[0] as Tensor, masks[0]];
    inputs.slice(1).forEach((input, index) => {
      const mask = masks[index + 1];
      const other = mask ? where(mask, input, output) : input;
      output = choose(known ? where(known, output, other) : output, other);
      known = known && mask && maximum(known, mask);
    });
    return output;
  });
}

/**
 * Joins its inputs along an axis (default the last). @throws ShapeError where they differ elsewhere. @see Keras 3
 * `layers.Concatenate`.
 */
export function concatenate(
  given: LayerOptions & {
    /** Along which inputs are joined. Default -1, the last. */
    axis?: number;
  } = {},
): Layer {
  const options = layerOptions("concatenate", given, { axis: "number" });
  const { axis = -1 } = options;
  const join = (inputs: readonly Tensor[], _: CallContext, layer: Layer) => {
    checkSeveral(layer, inputs);
    const [head] = inputs as readonly [Tensor];
    const at = normalizeAxis(layer.label, axis, head.rank);
    for (const { shape } of inputs) {
      const fits =
        shape.length === head.rank && shape.every((extent, i) => i === at || mayEqual(extent, head.shape[i]));
      if (!fits) {
        throw shapeError(layer.label, {
          rule: `inputs must agree but for axis ${at}`,
          expected: formatShape(head.shape.map((extent, i) => (i === at ? null : extent))),
          received: formatShape(shape),
        });
      }
    }
    return concat(inputs, at);
  };
  return mergeLayer("concatenate", options, join, joinedMask(axis));
}

/** Steps that are joined bring their masks with them; steps of an input without a mask count. */
function joinedMask(axis: number): MaskRule {
  return (inputs, ctx) => {
    const { rank } = inputs[0] as Tensor;
    const at = normalizeAxis("concatenate", axis, rank);
    if (at === rank - 1) return eitherMask(inputs, ctx);
    const masks = inputs.map((input) => ctx.maskOf(input));
    if (masks.every((mask) => mask === undefined)) return undefined;
    return concat(
      inputs.map(({ shape }, index) => {
        const mask = masks[index];
        return mask ? broadcastTo(withRank(mask, rank - 1), shape.slice(0, -1)) : ones(shape.slice(0, -1));
      }),
      at,
    );
  };
}

/** Options of {@link dotLayer}. */
export interface DotLayerOptions extends LayerOptions {
  /** Give the vectors length 1 before: the result is the cosine of their angle. Default false. */
  normalize?: boolean;
}

/**
 * Products of two inputs, summed over an axis of each, sample by sample.
 * Shapes: [batch, …a, n, …b] and [batch, …c, n, …d] give [batch, …a, …b, …c, …d]; two vectors give [batch, 1].
 * @param axes the axis of both, or [of the first, of the second]; not 0, which is the batch.
 * @throws ValueError on bad axes; ShapeError unless the two axes are equally long.
 * @see Keras 3 `layers.Dot`.
 */
export function dotLayer(axes: number | readonly [number, number], given: DotLayerOptions = {}): Layer {
  const options = layerOptions("dotLayer", given, { axes: "number or list!", normalize: "boolean" }, { axes });
  const pair: readonly [number, number] = typeof axes === "number" ? [axes, axes] : axes;
  if (!Array.isArray(pair) || pair.length !== 2 || !pair.every(Number.isInteger)) {
    throw valueError("dotLayer", {
      rule: "axes are whole numbers",
      expected: "one axis, or one for each of two inputs",
      received: axes,
    });
  }
  return mergeLayer(
    "dotLayer",
    options,
    (inputs, _, layer) => {
      checkSeveral(layer, inputs);
      checkTwo(layer, inputs);
      const [x, y] = inputs as readonly [Tensor, Tensor];
      const [at, of] = [normalizeAxis(layer.label, pair[0], x.rank), normalizeAxis(layer.label, pair[1], y.rank)];
      if (at === 0 || of === 0)
        throw valueError(layer.label, { rule: "axis 0 is the batch", expected: "axes from 1", received: axes });
      if (!mayEqual(x.shape[at], y.shape[of]) || !mayEqual(x.shape[0], y.shape[0])) {
        throw shapeError(layer.label, {
          rule: "the two axes are equally long",
          expected: `${x.shape[at]} at axis ${of}`,
          received: y.shape[of],
          context: `inputs ${formatShape(x.shape)} and ${formatShape(y.shape)}`,
        });
      }
      const unit = (tensor: Tensor, axis: number) => (options.normalize ? l2Normalize(tensor, axis) : tensor);
      return batchDot(unit(x, at), unit(y, of), at, of);
    },
    () => undefined,
  );
}

function batchDot(x: Tensor, y: Tensor, at: number, of: number): Tensor {
  const others = ({ shape }: Tensor, axis: number) => shape.map((_, i) => i).filter((i) => i > 0 && i !== axis);
  const extents = (tensor: Tensor, axes: readonly number[]) => axes.map((axis) => tensor.shape[axis] as number);
  const [left, right] = [others(x, at), others(y, of)];
  const [batch, length] = [x.shape[0] as number, x.shape[at] as number];
  const a = reshape(transpose(x, [0, ...left, at]), [batch, sizeOf(extents(x, left)), length]);
  const b = reshape(transpose(y, [0, of, ...right]), [batch, length, sizeOf(extents(y, right))]);
  const shape = [...extents(x, left), ...extents(y, right)];
  return reshape(matmul(a, b), [batch, ...(shape.length > 0 ? shape : [1])]);
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

function checkTwo(layer: Layer, inputs: readonly Tensor[]): void {
  if (inputs.length === 2) return;
  throw shapeError(layer.label, { rule: "merges two inputs", expected: "a list of two", received: inputs.length });
}
