// What attention layers share: options, masks, and the weighted sum of values.
import { shapeError } from "../../errors.ts";
import { formatShape, mayEqual } from "../../ir/shape.ts";
import type { OwnTable } from "../../options.ts";
import { abs, less, lessEqual, mul, sub, where } from "../../tensor/ops/elementwise.ts";
import { range } from "../../tensor/ops/indexing.ts";
import { reshape } from "../../tensor/ops/shaping.ts";
import { softmax } from "../../tensor/ops/softmax.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type BatchShape, type CallContext, type Layer, type LayerOptions, listOf } from "../layer.ts";
import { type NoiseOptions, noiseTable } from "./noise.ts";

/** What attention layers have in common. Keras takes the last two with each call. */
export interface AttentionBaseOptions extends LayerOptions, NoiseOptions {
  /** Share of the scores that is dropped in training, in [0, 1]. Default 0. */
  dropout?: number;
  /** Whether step i of the query sees steps 0 to i only. Default false. */
  useCausalMask?: boolean;
  /** Whether the scores are a second output (use `applyAll`). Default false. */
  returnAttentionScores?: boolean;
}

export const attentionTable = (): OwnTable<AttentionBaseOptions, LayerOptions> => ({
  ...noiseTable,
  dropout: "number",
  useCausalMask: "boolean",
  returnAttentionScores: "boolean",
});

/**
 * Query, value and key: the value is also the key where none is given; one tensor alone is all three (self-attention).
 */
export function attended(
  layer: Layer,
  inputs: Tensor | readonly Tensor[],
  most: number,
): [Tensor, Tensor, Tensor, ...Tensor[]] {
  const list = listOf<Tensor>(inputs);
  const [query, value = query, key = value, ...rest] = list;
  const known = [query, value, key];
  const first = query as Tensor;
  const fits =
    list.length <= most &&
    known.every(
      (tensor) =>
        tensor !== undefined &&
        tensor.rank >= 3 &&
        tensor.rank === first.rank &&
        mayEqual(tensor.shape[0], first.shape[0]),
    ) &&
    (key as Tensor).shape.slice(1, -1).every((extent, axis) => mayEqual(extent, (value as Tensor).shape[axis + 1]));
  if (fits) return [first, value as Tensor, key as Tensor, ...rest];
  throw shapeError(layer.label, {
    rule: "takes query, value and key, of one batch; value and key have the same steps",
    expected: "[batch, steps, features], [batch, values, …] and, if given, [batch, values, …]",
    received: list.map(({ shape }) => formatShape(shape)).join(", "),
  });
}

/** The shapes for `build` of query, value and key. */
export function attendedShapes(shapes: BatchShape | readonly BatchShape[]): [BatchShape, BatchShape, BatchShape] {
  const list = (Array.isArray(shapes[0]) ? shapes : [shapes]) as readonly BatchShape[];
  const [query = [], value = query, key = value] = list;
  return [query, value, key];
}

/** What steps may see of one another; all parts broadcast to [batch, …, steps, values]. */
export function allowedPairs(
  steps: number,
  values: number,
  masks: readonly Tensor[],
  isCausal = false,
  window?: number,
): Tensor | undefined {
  const rows = reshape(range(steps), [steps, 1]);
  const columns = range(values);
  const parts = [
    ...new Set(masks),
    ...(isCausal ? [lessEqual(columns, rows)] : []),
    ...(window === undefined ? [] : [less(abs(sub(rows, columns)), window)]),
  ];
  return parts.length === 0 ? undefined : parts.reduce((a, b) => mul(a, b));
}

/** Softmax over what is allowed. Where nothing is, all weigh the same, as in Keras. */
export function attentionWeights(scores: Tensor, allowed: Tensor | undefined): Tensor {
  return softmax(allowed ? where(allowed, scores, -1e9) : scores);
}

/** A mask [batch, steps] of a tensor, for rows (`at` −1) or columns (`at` −2) of [batch, …ones, steps, values]. */
export function alongScores(mask: Tensor, at: -1 | -2, rank: number): Tensor {
  const [batch, steps] = mask.shape as [number, number];
  return reshape(mask, [batch, ...new Array<number>(rank - 3).fill(1), ...(at === -1 ? [steps, 1] : [1, steps])]);
}

/** A mask of another rank than its tensor without features. */
export function maskRank(layer: Layer, tensor: Tensor, mask: Tensor): Error {
  return shapeError(layer.label, {
    rule: "a mask has all axes of its tensor but the features",
    expected: formatShape(tensor.shape.slice(0, -1)),
    received: formatShape(mask.shape),
  });
}

/** The output's mask is the query's; scores have none. */
export function maskOfQuery(inputs: Tensor | readonly Tensor[], ctx: CallContext): (Tensor | undefined)[] {
  return [ctx.maskOf(listOf<Tensor>(inputs)[0] as Tensor)];
}
