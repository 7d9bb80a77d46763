import { describe } from "../descriptor.ts";
import type { View } from "../view.ts";

/** Strided copy between views of one shape and dtype. The views never overlap. */
export interface CopyInstruction {
  readonly kind: "copy";
  readonly input: View;
  readonly output: View;
}

/** Writes one value to every element of a view. */
export interface FillInstruction {
  readonly kind: "fill";
  readonly value: number;
  readonly output: View;
}

export const copy = /* @__PURE__ */ describe<CopyInstruction>({ input: "reads", output: "writes" }, () => 0);

export const fill = /* @__PURE__ */ describe<FillInstruction>({ value: "number", output: "writes" }, () => 0);
