import { describe } from "../descriptor.ts";
import type { View } from "../view.ts";

/** What both have in common: contiguous [rows, columns], and whether it is the logarithm of softmax. */
interface AlongRows {
  readonly log: boolean;
  readonly rows: number;
  readonly columns: number;
  readonly output: View;
}

/** Along the last axis of contiguous [rows, columns]; `log` gives the logarithm, computed stably. */
export interface SoftmaxInstruction extends AlongRows {
  readonly kind: "softmax";
  readonly input: View;
}

/** Gradient through softmax from its result y: y·(dy − Σ dy·y); through its logarithm: dy − e^y·Σ dy. */
export interface SoftmaxGradInstruction extends AlongRows {
  readonly kind: "softmaxGrad";
  readonly dy: View;
  readonly y: View;
}

const alongRows = { log: "flag", rows: "number", columns: "number" } as const;
/** An exponential counts as eight operations. */
const flops = ({ rows, columns }: AlongRows) => 10 * rows * columns;

export const softmax = /* @__PURE__ */ describe<SoftmaxInstruction>(
  { ...alongRows, input: "reads", output: "writes" },
  flops,
);

export const softmaxGrad = /* @__PURE__ */ describe<SoftmaxGradInstruction>(
  { ...alongRows, dy: "reads", y: "reads", output: "writes" },
  flops,
);
