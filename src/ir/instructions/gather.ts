import { describe } from "../descriptor.ts";
import type { View } from "../view.ts";

/** A table of `rows` rows of `width` elements, and `count` int32 indices of rows. */
interface ByIndex {
  readonly rows: number;
  readonly width: number;
  readonly count: number;
  readonly indices: View;
  readonly output: View;
}

/**
 * output[i, :] = table[indices[i], :]; all contiguous; indices int32. A row for an index out of range is NaN (0 for an
 * int32 table).
 */
export interface GatherInstruction extends ByIndex {
  readonly kind: "gather";
  readonly table: View;
}

/** output = 0; then output[indices[i], :] += updates[i, :] in order of i; indices out of range are passed over. */
export interface ScatterAddInstruction extends ByIndex {
  readonly kind: "scatterAdd";
  readonly updates: View;
}

const byIndex = { rows: "number", width: "number", count: "number" } as const;

export const gather = /* @__PURE__ */ describe<GatherInstruction>(
  { ...byIndex, table: "reads either", indices: "reads", output: "writes" },
  () => 0,
);

export const scatterAdd = /* @__PURE__ */ describe<ScatterAddInstruction>(
  { ...byIndex, indices: "reads", updates: "reads", output: "writes" },
  ({ width, count }) => width * count,
);
