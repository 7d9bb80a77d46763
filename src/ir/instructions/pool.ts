import { describe } from "../descriptor.ts";
import { sizeOf } from "../shape.ts";
import type { View } from "../view.ts";
import type { Windows } from "../windows.ts";

/** What both have in common. Every window has an element. */
interface Pooling {
  readonly operation: "select" | "sum";
  readonly windows: Windows;
  /** Only with "select": of the input's shape. */
  readonly keys?: View;
  readonly output: View;
}

/**
 * Per window and channel: with "select" the input where `keys` is largest, with "sum" the sum of the input; all
 * contiguous. Of equal keys the first in row-major order counts; NaN is larger than every number.
 */
export interface PoolInstruction extends Pooling {
  readonly kind: "pool";
  readonly input: View;
}

/**
 * The adjoint of pool: output = 0; then each window adds its `dy` to all of its elements ("sum") or to the one that its
 * keys select; all contiguous. `windows.inputs` are the output's extents.
 */
export interface PoolGradInstruction extends Pooling {
  readonly kind: "poolGrad";
  readonly dy: View;
}

const pooling = { operation: { select: 0, sum: 1 }, windows: "windows", keys: "reads" } as const;
const flops = ({ windows: { batch, outputs, size, channels } }: Pooling) =>
  sizeOf([batch, ...outputs, ...size, channels]);

export const pool = /* @__PURE__ */ describe<PoolInstruction>({ ...pooling, input: "reads", output: "writes" }, flops);

export const poolGrad = /* @__PURE__ */ describe<PoolGradInstruction>(
  { ...pooling, dy: "reads", output: "writes" },
  flops,
);
