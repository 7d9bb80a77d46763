// Slices, concatenation and padding.
import { shapeError, valueError } from "../../errors.ts";
import {
  checkList,
  formatShape,
  isExtent,
  isNumber,
  mayEqual,
  normalizeAxis,
  type Shape,
  sameShape,
} from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import { defineOp, record } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { asTensor, type Operand } from "./leaf.ts";
import { expandDims } from "./shaping.ts";

// ── slice

/** A box out of a tensor: a view. */
export const sliceOp = /* @__PURE__ */ defineOp<{ begin: readonly number[]; size: Shape }>({
  name: "slice",
  infer: ([x], { size }) => ({ shape: size, dtype: (x as Tensor).dtype }),
  vjp: (dy, [x], _, { begin, size }) => {
    const shape = (x as Tensor).shape;
    return [
      pad(
        dy,
        shape.map(
          (extent, axis) => [begin[axis] as number, extent - (begin[axis] as number) - (size[axis] as number)] as const,
        ),
      ),
    ];
  },
  lower: (_, [x], __, { begin, size }) => window(x as View, begin, size),
});

/** The part of a view that starts at `begin`. */
function window(view: View, begin: readonly number[], size: Shape): View {
  return {
    ...view,
    offset: view.offset + begin.reduce((sum, at, axis) => sum + at * (view.strides[axis] as number), 0),
    shape: size,
  };
}

/**
 * A box out of x. Negative `begin` counts from the end; a `size` of −1 goes to the end.
 * @throws ShapeError where the box leaves x.
 */
export function slice(x: Operand, begin: readonly number[], size: readonly number[]): Tensor {
  const t = asTensor(x);
  const from = checkList("slice", "begin", begin, isNumber).map((at, axis) =>
    at < 0 ? at + (t.shape[axis] as number) : at,
  );
  const extent = checkList("slice", "size", size, isNumber).map((n, axis) =>
    n === -1 ? (t.shape[axis] as number) - (from[axis] as number) : n,
  );
  const fits =
    begin.length === t.rank &&
    size.length === t.rank &&
    extent.every(
      (n, axis) => isExtent(n) && isExtent(from[axis]) && !((from[axis] as number) + n > (t.shape[axis] as number)),
    );
  if (!fits)
    throw shapeError("slice", {
      rule: "the box must lie within the input",
      expected: `begin and size within ${formatShape(t.shape)}`,
      received: `begin ${formatShape(begin)}, size ${formatShape(size)}`,
    });
  return sameShape(extent, t.shape) ? t : record(sliceOp, [t], { begin: from, size: extent });
}

// ── concat, stack

/** Tensors side by side along one axis. */
export const concatOp = /* @__PURE__ */ defineOp<{ axis: number }>({
  name: "concat",
  infer: (inputs, { axis }) => {
    const [head] = inputs as [Tensor];
    for (const t of inputs) {
      const fits =
        t.rank === head.rank &&
        t.dtype === head.dtype &&
        t.shape.every((extent, at) => at === axis || mayEqual(extent, head.shape[at]));
      if (!fits)
        throw shapeError("concat", {
          rule: `all inputs agree but for axis ${axis}`,
          expected: `${head.dtype} ${formatShape(head.shape)} with any extent at axis ${axis}`,
          received: `${t.dtype} ${formatShape(t.shape)}`,
        });
    }
    return {
      shape: head.shape.map((extent, at) => {
        const extents = inputs.map(({ shape }) => shape[at] as number);
        return at === axis
          ? extents.reduce((total, n) => total + n, 0)
          : (extents.find((n) => !Number.isNaN(n)) ?? extent);
      }),
      dtype: head.dtype,
    };
  },
  vjp: (dy, inputs, _, { axis }) => {
    let at = 0;
    return inputs.map((t) => {
      const begin = t.shape.map((_, i) => (i === axis ? at : 0));
      at += t.shape[axis] as number;
      return slice(dy, begin, t.shape);
    });
  },
  lower: (ctx, inputs, output, { axis }) => {
    const result = ctx.allocate(output.shape, output.dtype);
    let at = 0;
    for (const input of inputs) {
      const begin = output.shape.map((_, i) => (i === axis ? at : 0));
      ctx.emit({ kind: "copy", input, output: window(result, begin, input.shape) });
      at += input.shape[axis] as number;
    }
    return result;
  },
});

/** Joins tensors along an existing axis (default the last). */
export function concat(inputs: readonly Operand[], axis = -1): Tensor {
  const tensors = checkList("concat", "what is joined", inputs).map(asTensor);
  const [head] = tensors;
  if (!head)
    throw valueError("concat", { rule: "something to join", expected: "one tensor or more", received: "none" });
  return tensors.length === 1 ? head : record(concatOp, tensors, { axis: normalizeAxis("concat", axis, head.rank) });
}

/** Joins tensors of one shape along a new axis (default the first). */
export function stack(inputs: readonly Operand[], axis = 0): Tensor {
  const expanded = checkList("stack", "what is joined", inputs).map((input) => expandDims(input, axis));
  return concat(expanded, expanded[0] ? normalizeAxis("stack", axis, expanded[0].rank) : 0);
}

// ── pad

/** A tensor with a margin of one value. */
export const padOp = /* @__PURE__ */ defineOp<{ paddings: readonly (readonly [number, number])[]; value: number }>({
  name: "pad",
  infer: ([x], { paddings }) => ({
    shape: (x as Tensor).shape.map((extent, axis) => extent + (paddings[axis]?.[0] ?? 0) + (paddings[axis]?.[1] ?? 0)),
    dtype: (x as Tensor).dtype,
  }),
  vjp: (dy, [x], _, { paddings }) => [
    slice(
      dy,
      paddings.map(([before]) => before),
      (x as Tensor).shape,
    ),
  ],
  lower: (ctx, [x], output, { paddings, value }) => {
    const result = ctx.allocate(output.shape, output.dtype);
    ctx.emit({ kind: "fill", value, output: result });
    ctx.emit({
      kind: "copy",
      input: x as View,
      output: window(
        result,
        paddings.map(([before]) => before),
        (x as View).shape,
      ),
    });
    return result;
  },
});

/** One pair for each axis. @throws ValueError. */
export function checkPaddings(t: Tensor, paddings: readonly (readonly [number, number])[]): void {
  if (
    !Array.isArray(paddings) ||
    paddings.length !== t.rank ||
    paddings.some(
      (pair) => !Array.isArray(pair) || pair.length !== 2 || pair.some((n) => !Number.isInteger(n) || n < 0),
    )
  ) {
    throw valueError("pad", {
      rule: "one pair of integers ≥ 0 per axis",
      expected: `${t.rank} pairs`,
      received: paddings,
      context: `input ${formatShape(t.shape)}`,
    });
  }
}

/** Adds `[before, after]` elements of `value` (default 0) to each axis. */
export function pad(x: Operand, paddings: readonly (readonly [number, number])[], value = 0): Tensor {
  const t = asTensor(x);
  checkPaddings(t, paddings);
  return paddings.every(([before, after]) => before + after === 0) ? t : record(padOp, [t], { paddings, value });
}
