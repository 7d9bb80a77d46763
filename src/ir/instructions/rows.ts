import { describe } from "../descriptor.ts";
import type { View } from "../view.ts";

/**
 * Finds equal ones among `count` int32 indices of `rows` rows. groups is int32 [2, count]. groups[0, i] is the first
 * j with indices[j] = indices[i]; groups[1, i] is indices[i] where i is that first one, else −1. Both are −1 for an
 * index out of range. `places` is working memory, an int32 for each row, and need not be cleared: of each row that is
 * named it holds the first i afterwards, and the rest of it is not touched.
 */
export interface GroupRowsInstruction {
  readonly kind: "groupRows";
  readonly rows: number;
  readonly count: number;
  readonly indices: View;
  readonly groups: View;
  readonly places: View;
}

/**
 * output = table, but output[indices[i], :] = updates[i, :]; indices out of range are passed over, others differ.
 * All contiguous; [rows, width]. Where output is the memory of the table, which every backend must allow, only the
 * rows that are named are written.
 */
export interface SetRowsInstruction {
  readonly kind: "setRows";
  readonly rows: number;
  readonly width: number;
  readonly count: number;
  readonly table: View;
  readonly indices: View;
  readonly updates: View;
  readonly output: View;
}

export const groupRows = /* @__PURE__ */ describe<GroupRowsInstruction>(
  { rows: "number", count: "number", indices: "reads", groups: "writes", places: "writes" },
  () => 0,
  ({ count }) => 64 * count,
);

export const setRows = /* @__PURE__ */ describe<SetRowsInstruction>(
  {
    rows: "number",
    width: "number",
    count: "number",
    table: "reads",
    indices: "reads",
    updates: "reads",
    output: "writes",
  },
  () => 0,
  ({ width, count }) => 8 * width * count,
);
