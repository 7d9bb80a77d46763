import type { Expression, ExpressionNode } from "./expression.ts";
import { type Algebra, arity, exact, isExact, type Primitive } from "./primitive.ts";

/**
 * Builds a scalar expression: an {@link Algebra} whose values are node numbers. Equal nodes are made once, numbers are
 * folded where that gives equal bits on every engine, and neutral elements drop out.
 */
export class ExpressionBuilder {
  private readonly nodes: ExpressionNode[] = [];
  private readonly known = new Map<string, number>();

  /** The primitives, recording nodes. */
  readonly algebra: Algebra<number> = Object.fromEntries([
    ["constant", (value: number) => this.constant(value)],
    ...(Object.keys(arity) as Primitive[]).map((op) => [op, (...args: number[]) => this.apply(op, args)]),
  ]);

  input(index: number): number {
    return this.node({ op: "input", index }, `input${index}`);
  }

  constant(value: number): number {
    return this.node({ op: "constant", value }, `constant${Object.is(value, -0) ? "-0" : value}`);
  }

  /** The expression for these outputs without the nodes that none of them needs. */
  finish(outputs: readonly number[]): Expression {
    const needed = new Set<number>(outputs);
    for (let i = this.nodes.length - 1; i >= 0; i--) {
      const node = this.nodes[i] as ExpressionNode;
      if (needed.has(i) && "args" in node) for (const arg of node.args) needed.add(arg);
    }
    const order = [...needed].sort((a, b) => a - b);
    const renumbered = new Map(order.map((old, index) => [old, index]));
    const nodes = order.map((old) => {
      const node = this.nodes[old] as ExpressionNode;
      return "args" in node ? { op: node.op, args: node.args.map((arg) => renumbered.get(arg) as number) } : node;
    });
    return { nodes, outputs: outputs.map((output) => renumbered.get(output) as number) };
  }

  private apply(op: Primitive, args: readonly number[]): number {
    const values = args.map((arg) => this.valueOf(arg));
    if (isExact(op) && values.every((value) => value !== undefined))
      return this.constant((exact[op] as (...x: number[]) => number)(...(values as number[])));
    const [a, b, c] = args as [number, number, number];
    const [x, y] = values;
    if (op === "add" && y === 0) return a;
    if (op === "add" && x === 0) return b;
    if (op === "sub" && y === 0) return a;
    if ((op === "mul" || op === "div") && y === 1) return a;
    if (op === "mul" && x === 1) return b;
    if (op === "mul" && (x === -1 || y === -1)) return this.apply("neg", [x === -1 ? b : a]);
    if (op === "select" && x !== undefined) return x !== 0 ? b : c;
    if (op === "neg") {
      const inner = this.nodes[a] as ExpressionNode;
      if (inner.op === "neg") return inner.args[0] as number;
    }
    return this.node({ op, args }, `${op}(${args})`);
  }

  private valueOf(index: number): number | undefined {
    const node = this.nodes[index] as ExpressionNode;
    return node.op === "constant" ? node.value : undefined;
  }

  private node(node: ExpressionNode, key: string): number {
    const twin = this.known.get(key);
    if (twin !== undefined) return twin;
    this.known.set(key, this.nodes.length);
    return this.nodes.push(node) - 1;
  }
}
