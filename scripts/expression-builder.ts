import type { Expression, ExpressionNode } from "../src/ir/expression.ts";
import { type Algebra, arity, type Primitive } from "../src/ir/primitive.ts";

/** Builds expressions node by node; equal nodes are made once. */
export class ExpressionBuilder {
  readonly nodes: ExpressionNode[] = [];
  private readonly known = new Map<string, number>();
  /** The primitives, giving the numbers of the nodes that they add. */
  readonly algebra: Algebra<number> = {
    constant: (value: number) =>
      this.node({ op: "constant", value }, `constant ${Object.is(value, -0) ? "-0" : value}`),
    ...Object.fromEntries(
      (Object.keys(arity) as Primitive[]).map((op) => [
        op,
        (...args: number[]) => this.node({ op, args }, `${op} ${args}`),
      ]),
    ),
  } as Algebra<number>;

  input(index: number): number {
    return this.node({ op: "input", index }, `input ${index}`);
  }

  inputs(count: number): number[] {
    return Array.from({ length: count }, (_, index) => this.input(index));
  }

  private node(node: ExpressionNode, key: string): number {
    const index = this.known.get(key) ?? this.nodes.push(node) - 1;
    this.known.set(key, index);
    return index;
  }
}

/** The expression of which `outputs` gives the output nodes. */
export function build(outputs: (builder: ExpressionBuilder) => number[]): Expression {
  const builder = new ExpressionBuilder();
  return { outputs: outputs(builder), nodes: builder.nodes };
}
