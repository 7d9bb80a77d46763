// WGSL of the scalar expressions of maps.
import type { Expression, ExpressionNode } from "../../ir/expression.ts";
import type { Primitive } from "../../ir/primitive.ts";
import { type FunctionName, partOf } from "./functions.ts";

/** The bits of a float, as WGSL; infinities and NaN, which WGSL has no constants for, come from the uniform record. */
export function literal(value: number): string {
  const x = Math.fround(value);
  if (Number.isNaN(x)) return "nan()";
  if (Math.abs(x) === Number.POSITIVE_INFINITY) return x > 0 ? "inf()" : "(-inf())";
  return `f(0x${new Uint32Array(Float32Array.of(x).buffer)[0]?.toString(16)}u)`;
}

/** The primitives that are not functions of the library. WGSL may assume that nothing is NaN: it is asked by bits. */
const operators: Partial<Record<Primitive, (x: string, y: string, z: string) => string>> = {
  neg: (x) => `-${x}`,
  abs: (x) => `abs(${x})`,
  floor: (x) => `floor(${x})`,
  ceil: (x) => `ceil(${x})`,
  round: (x) => `round(${x})`,
  sqrt: (x) => `sqrt(${x})`,
  sign: (x) => `select(${x}, select(-1.0, 1.0, ${x} > 0.0), abs(${x}) > 0.0)`,
  add: (x, y) => `${x} + ${y}`,
  sub: (x, y) => `${x} - ${y}`,
  mul: (x, y) => `${x} * ${y}`,
  div: (x, y) => `${x} / ${y}`,
  min: (x, y) => `nmin(${x}, ${y})`,
  max: (x, y) => `nmax(${x}, ${y})`,
  equal: (x, y) => `select(0.0, 1.0, ${x} == ${y} && !isNan(${x}) && !isNan(${y}))`,
  notEqual: (x, y) => `select(0.0, 1.0, ${x} != ${y} || isNan(${x}) || isNan(${y}))`,
  less: (x, y) => `select(0.0, 1.0, ${x} < ${y} && !isNan(${x}) && !isNan(${y}))`,
  lessEqual: (x, y) => `select(0.0, 1.0, ${x} <= ${y} && !isNan(${x}) && !isNan(${y}))`,
  select: (x, y, z) => `select(${z}, ${y}, ${x} != 0.0 || isNan(${x}))`,
};

/**
 * The statements of an expression: `let n0 = …;` and so on, one for each node.
 * @param inputs how each input is read.
 */
export function expressionCode(
  { nodes }: Expression,
  inputs: readonly string[],
): { code: string; used: ReadonlySet<FunctionName> } {
  const used = new Set<FunctionName>();
  const valueOf = (node: ExpressionNode): string => {
    if (node.op === "input") return inputs[node.index] as string;
    if (node.op === "constant") return literal(node.value);
    const args = node.args.map((arg) => `n${arg}`);
    const operator = operators[node.op];
    if (operator) return operator(args[0] ?? "", args[1] ?? "", args[2] ?? "");
    const part = partOf(node.op);
    if (part) used.add(part);
    return `p_${node.op}(${args.join(", ")})`;
  };
  return { code: nodes.map((node, index) => `let n${index} = ${valueOf(node)};`).join("\n"), used };
}
