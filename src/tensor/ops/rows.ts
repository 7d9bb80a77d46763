// Updates of the rows of a table that a gradient names: what an embedding costs per step then follows from the batch.
import { sizeOf } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import { defineOp, type OpDefinition, record } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { slice } from "./joining.ts";
import { reshape } from "./shaping.ts";

/** int32 [2, count] of int32 indices [count]: the first of equal ones; and the index, where it is the first. */
export const groupRowsOp: OpDefinition<{ rows: number }> = /* @__PURE__ */ defineOp<{ rows: number }>({
  name: "groupRows",
  infer: ([indices]) => ({ shape: [2, (indices as Tensor).shape[0] as number], dtype: "int32" }),
  vjp: () => [null],
  lower: (ctx, [indices], output, { rows }) => {
    const groups = ctx.allocate(output.shape, "int32");
    ctx.emit({
      kind: "groupRows",
      rows,
      count: output.shape[1] as number,
      indices: ctx.contiguous(indices as View),
      groups,
      places: ctx.allocate([rows], "int32"),
    });
    return groups;
  },
});

/** A table [rows, width…] with other rows [count, width…] at int32 indices [count], which differ. */
export const setRowsOp: OpDefinition<object> = /* @__PURE__ */ defineOp<object>({
  name: "setRows",
  infer: ([table]) => table as Tensor,
  vjp: () => [null, null, null],
  lower: (ctx, inputs, output) => {
    const [table, indices, updates] = inputs.map((view) => ctx.contiguous(view)) as [View, View, View];
    const result = ctx.allocate(output.shape, output.dtype);
    const [rows = 0, ...width] = output.shape;
    ctx.emit({
      kind: "setRows",
      rows,
      width: sizeOf(width),
      count: sizeOf(indices.shape),
      table,
      indices,
      updates,
      output: result,
    });
    return result;
  },
});

/** The ops that rows are taken and added up with: from their file, which uses this one. */
interface RowOps {
  readonly gather: OpDefinition<object>;
  readonly scatterAdd: OpDefinition<{ shape: readonly number[] }>;
}

/** Half the rows of the table: with more indices an update of all of them is less work. */
const mostShare = 0.5;

/**
 * What `byRows` of a sum of rows by index does. Rows that are named several times are added up first, in the order of
 * the indices: the bits are those of the whole gradient.
 */
export function updateByRows(
  { gather, scatterAdd }: RowOps,
  ...[gradient, update, table, others, always]: Parameters<NonNullable<OpDefinition["byRows"]>>
): ReturnType<NonNullable<OpDefinition["byRows"]>> {
  const [indices, values] = gradient.inputs as [Tensor, Tensor];
  const [rows = 0, ...width] = gradient.shape;
  const count = sizeOf(indices.shape);
  if (!always && count > rows * mostShare) return undefined;
  const groups = record(groupRowsOp, [reshape(indices, [count])], { rows });
  const part = (at: number) => reshape(slice(groups, [at, 0], [1, count]), [count]);
  const [firsts, keys] = [part(0), part(1)];
  const sums = record(scatterAdd, [firsts, reshape(values, [count, ...width])], { shape: [count, ...width] });
  const take = (x: Tensor) => record(gather, [x, keys], {});
  const put = (x: Tensor, next: Tensor) => record(setRowsOp, [x, keys, next], {});
  const named = Object.entries(others);
  const updated = update(take(table), sums, Object.fromEntries(named.map(([name, x]) => [name, take(x)])));
  const slots = named.flatMap(([name, x]) => {
    const next = updated.slots[name];
    return next ? [[name, put(x, next)] as const] : [];
  });
  return { w: put(table, updated.w), slots: Object.fromEntries(slots) };
}
