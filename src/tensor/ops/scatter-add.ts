// The op that adds rows at int32 indices. Its gradient is given from outside, so that metrics, which need none, do not
// load `gather`.
import { type Shape, sizeOf } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import { defineOp, type OpDefinition } from "../op.ts";

type ScatterAdd = OpDefinition<{ shape: Shape }>;

/** Zeros of `shape` to which each update is added at the row that its index names. Inputs: indices, updates. */
export const scatterAddWith = (vjp: ScatterAdd["vjp"], own?: Pick<ScatterAdd, "byRows">): ScatterAdd =>
  defineOp<{ shape: Shape }>({
    ...own,
    name: "scatterAdd",
    infer: (_, { shape }) => ({ shape, dtype: "float32" }),
    vjp,
    lower: (ctx, inputs, output, { shape }) => {
      const [indices, updates] = inputs.map((view) => ctx.contiguous(view)) as [View, View];
      const result = ctx.allocate(output.shape, "float32");
      const [rows = 0, ...width] = shape;
      ctx.emit({
        kind: "scatterAdd",
        rows,
        width: sizeOf(width),
        count: sizeOf(indices.shape),
        indices,
        updates,
        output: result,
      });
      return result;
    },
  });
