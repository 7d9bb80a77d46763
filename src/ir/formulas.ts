import type { Expression, ExpressionNode } from "./expression.ts";

const infix: Readonly<Record<string, string>> = {
  add: "+",
  sub: "−",
  mul: "·",
  div: "/",
  less: "<",
  lessEqual: "≤",
  equal: "=",
  notEqual: "≠",
};

/** The nodes of an expression as formulas; what is used more than once gets a name of its own. */
export class Formulas {
  /** Definitions of shared parts, in order: `a = exp(x)`. */
  readonly shared: string[] = [];
  private readonly names = new Map<number, string>();

  constructor(
    private readonly expression: Expression,
    private readonly inputs: readonly string[],
  ) {
    const uses = new Map<number, number>();
    for (const node of expression.nodes)
      if ("args" in node) for (const arg of node.args) uses.set(arg, (uses.get(arg) ?? 0) + 1);
    for (const output of expression.outputs) uses.set(output, (uses.get(output) ?? 0) + 1);
    expression.nodes.forEach((node, index) => {
      if (!("args" in node) || (uses.get(index) ?? 0) < 2) return;
      const name = `$${this.shared.length + 1}`;
      this.shared.push(`${name} = ${this.of(index)}`);
      this.names.set(index, name);
    });
  }

  of(index: number, inner = false): string {
    const known = this.names.get(index);
    if (known) return known;
    const node = this.expression.nodes[index] as ExpressionNode;
    if (node.op === "input") return this.inputs[node.index] as string;
    if (node.op === "constant") return String(Number(node.value.toPrecision(7)));
    const sign = infix[node.op];
    if (sign === undefined) return `${node.op}(${node.args.map((arg) => this.of(arg)).join(", ")})`;
    const joined = node.args.map((arg) => this.of(arg, true)).join(` ${sign} `);
    return inner ? `(${joined})` : joined;
  }
}
