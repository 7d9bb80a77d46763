import type { Expression, ExpressionNode } from "../src/compiler/instruction.ts";
import { type Algebra, arity, type Primitive } from "../src/tensor/primitive.ts";
import * as scalar from "../src/tensor/scalar.ts";

/** Expressions for which the package carries fused kernels; any other runs in the interpreter, to the same bits. */
export function knownExpressions(): Expression[] {
  return [...functions().flatMap((f) => (f.samples ?? [{}]).flatMap((params) => formsOf(f, params)))];
}

function functions(): scalar.ScalarFunction[] {
  return Object.values(scalar).filter((value): value is scalar.ScalarFunction => typeof value === "object" && "derivative" in value);
}

/** A function by itself, after a bias, and its gradients times dy. */
function formsOf(f: scalar.ScalarFunction, params: scalar.Params): Expression[] {
  const forms = [build((b) => [f.value(b.algebra, b.inputs(f.arity), params)])];
  if (f.arity === 1) forms.push(build((b) => [f.value(b.algebra, [b.algebra.add(...(b.inputs(2) as [number, number]))], params)]));
  for (let i = 0; i < f.arity; i++) {
    const gradient = build((b) => {
      const x = b.inputs(f.arity);
      const derivative = f.derivative(b.algebra, x, b.input(f.arity), params)[i];
      return derivative === null || derivative === undefined ? [] : [b.algebra.mul(b.input(f.arity + 1), derivative)];
    });
    if (gradient.outputs.length > 0) forms.push(gradient);
  }
  return forms;
}

/** Builds expressions node by node; equal nodes are made once. */
export class ExpressionBuilder {
  readonly nodes: ExpressionNode[] = [];
  private readonly known = new Map<string, number>();
  readonly algebra: Algebra<number> = {
    constant: (value: number) => this.node({ op: "constant", value }, `constant ${Object.is(value, -0) ? "-0" : value}`),
    ...Object.fromEntries((Object.keys(arity) as Primitive[]).map((op) => [op, (...args: number[]) => this.node({ op, args }, `${op} ${args}`)])),
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
