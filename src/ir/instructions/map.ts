import { describe } from "../descriptor.ts";
import type { Expression } from "../expression.ts";
import { type Shape, sizeOf } from "../shape.ts";
import type { View } from "../view.ts";

/**
 * A fused elementwise loop: every input is read at the same index of `shape` and every output written there.
 *
 * Inputs have a stride per axis of `shape`, the innermost being 0 (constant) or 1 (contiguous). Outputs are contiguous.
 * `shape` is collapsed to the fewest axes. An output may share a buffer with an input of the same strides (in place).
 * int32 inputs are converted to float32 when read; int32 outputs are truncated towards zero when written.
 */
export interface MapInstruction {
  readonly kind: "map";
  readonly shape: Shape;
  readonly inputs: readonly View[];
  readonly outputs: readonly View[];
  readonly expression: Expression;
}

export const map = /* @__PURE__ */ describe<MapInstruction>(
  { shape: "shape", inputs: "reads", outputs: "writes", expression: "expression" },
  ({ shape, expression }) => sizeOf(shape) * expression.nodes.length,
);
