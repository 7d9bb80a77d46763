import { describe } from "../descriptor.ts";
import type { View } from "../view.ts";

/**
 * Uniform numbers in (0, 1) by Philox 4×32-10: (u₂₃ + ½)·2⁻²³ from the top 23 bits, so the same in float32 and float64.
 * `key` is int32 [4]: seed (low, high) and step (low, high). The counter of elements 4i … 4i+3 is (i, stream, step low,
 * 2·step high), the key that of the seed. An odd last word belongs to random numbers of the host.
 */
export interface RandomInstruction {
  readonly kind: "random";
  readonly stream: number;
  readonly count: number;
  readonly key: View;
  readonly output: View;
}

export const random = /* @__PURE__ */ describe<RandomInstruction>(
  { stream: "number", count: "number", key: "reads", output: "writes" },
  ({ count }) => 10 * count,
);
