import type { Primitive } from "./primitive.ts";

/** What a map computes: scalar primitives in static single assignment, where node i may use nodes before it. */
export interface Expression {
  readonly nodes: readonly ExpressionNode[];
  /** The node that gives each output of the instruction. */
  readonly outputs: readonly number[];
}

/** An operand, a number, or a primitive applied to earlier nodes. */
export type ExpressionNode =
  | { readonly op: "input"; readonly index: number }
  | { readonly op: "constant"; readonly value: number }
  | { readonly op: Primitive; readonly args: readonly number[] };
