import { describe } from "../descriptor.ts";
import { sizeOf } from "../shape.ts";
import type { View } from "../view.ts";

/**
 * Gradient of a convolution's input, which is also the transposed convolution: output = 0; then the elements of dy[g] ·
 * filter[g]ᵀ are added where `patches` says, which is the view of the output that a convolution would read.
 *
 * `dy` is [groups, M, N] and `filter` [groups, K, N], both with any strides; `output` is contiguous, `entries` samples
 * one after the other; `patches` is a view of it, [groups, rows…, depth…] of M rows (`rowAxes` axes) and K elements
 * each; its last axis has stride 1. The M rows are `entries` times as many rows of one sample, and touch that sample
 * only.
 */
export interface ConvInputGradInstruction {
  readonly kind: "convInputGrad";
  readonly entries: number;
  readonly rowAxes: number;
  readonly dy: View;
  readonly filter: View;
  readonly patches: View;
  readonly output: View;
}

export const convInputGrad = /* @__PURE__ */ describe<ConvInputGradInstruction>(
  { entries: "number", rowAxes: "number", dy: "reads", filter: "reads", patches: "writes", output: "writes" },
  ({ dy, filter }) => 2 * sizeOf(dy.shape) * (filter.shape[1] as number),
);
