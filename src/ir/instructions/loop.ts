import { describe } from "../descriptor.ts";
import type { Instruction } from "../instruction.ts";
import type { View } from "../view.ts";

/**
 * Runs the instructions of its body one after the other, `steps` ≥ 1 times. Views in the body move from step to step
 * (`View.advances`); buffers keep their contents, so a step sees what the steps before it have written.
 */
export interface LoopInstruction {
  readonly kind: "loop";
  readonly steps: number;
  readonly body: readonly Instruction[];
  /** Arithmetic operations of all steps together. */
  readonly work: number;
  /** What the body reads and writes, in all steps together. */
  readonly reads: readonly View[];
  readonly writes: readonly View[];
}

export const loop = /* @__PURE__ */ describe<LoopInstruction>(
  { steps: "number", body: "body", work: "number", reads: "reads", writes: "writes" },
  ({ work }) => work,
);
