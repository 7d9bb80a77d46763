import { describe } from "../descriptor.ts";
import type { View } from "../view.ts";

/** What reductions along the middle axis of [outer, length, inner] have in common. */
interface AlongMiddle {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly input: View;
  readonly output: View;
}

/**
 * Contiguous input [outer, length, inner] to contiguous output [outer, inner]. An empty reduction gives the operation's
 * identity.
 */
export interface ReduceInstruction extends AlongMiddle {
  readonly kind: "reduce";
  readonly operation: "sum" | "max" | "min" | "prod";
}

/** As reduce; the output is int32: the first index of the extreme. A NaN counts as the extreme. */
export interface ArgReduceInstruction extends AlongMiddle {
  readonly kind: "argReduce";
  readonly operation: "max" | "min";
}

/** Running sums along `length` of contiguous [outer, length, inner]. */
export interface CumsumInstruction extends AlongMiddle {
  readonly kind: "cumsum";
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

const alongMiddle = {
  outer: "number",
  length: "number",
  inner: "number",
} as const;
const operands = { input: "reads either", output: "writes" } as const;
const elements = ({ outer, length, inner }: AlongMiddle) => outer * length * inner;

export const reduce = /* @__PURE__ */ describe<ReduceInstruction>(
  { operation: { sum: 0, max: 1, min: 2, prod: 3 }, ...alongMiddle, ...operands },
  elements,
);

export const argReduce = /* @__PURE__ */ describe<ArgReduceInstruction>(
  { operation: { max: 0, min: 1 }, ...alongMiddle, ...operands },
  elements,
);

export const cumsum = /* @__PURE__ */ describe<CumsumInstruction>(
  { ...alongMiddle, exclusive: "flag", reverse: "flag", ...operands },
  elements,
);
