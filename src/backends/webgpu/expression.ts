// WGSL of the scalar expressions of maps.
import type { Expression, ExpressionNode } from "../../ir/expression.ts";
import { primitives } from "./functions.ts";

/** The bits of a float, as WGSL. There are no constants for infinities and NaN, so all come from their bits. */
export function literal(value: number): string {
  const x = Math.fround(value);
  if (Number.isNaN(x)) return "nan()";
  if (Math.abs(x) === Number.POSITIVE_INFINITY) return x > 0 ? "inf()" : "-inf()";
  return `f(0x${new Uint32Array(Float32Array.of(x).buffer)[0]?.toString(16)}u)`;
}

/**
 * The statements of an expression: `let n0 = …;` and so on, one for each node.
 * @param inputs how each input is read, as f32.
 */
export function expressionCode({ nodes }: Expression, inputs: readonly string[]): string {
  const textOf = (node: ExpressionNode, index: number): string => {
    if (node.op === "input") return inputs[node.index] as string;
    if (node.op === "constant") return literal(node.value);
    const { op, args } = node;
    const text = primitives[op].replace(/\b[xyz]\b/g, (name) => `n${args["xyz".indexOf(name)]}`);
    return isRounded(nodes, index) ? `fix(${text})` : text;
  };
  return nodes.map((node, index) => `let n${index} = ${textOf(node, index)};`).join("\n");
}

/**
 * Whether the expression may depend on how a node is rounded: a product that is used twice (in `mod`, to find what its
 * rounding took), or a difference that is taken from its own first operand (a number cut into halves). A compiler may
 * contract or reorder them otherwise.
 */
function isRounded(nodes: readonly ExpressionNode[], index: number): boolean {
  const node = nodes[index] as ExpressionNode;
  if (!("args" in node) || (node.op !== "mul" && node.op !== "sub" && node.op !== "add")) return false;
  const readers = nodes.filter((other) => "args" in other && other.args.includes(index));
  if (node.op === "mul") return readers.length > 1 && readers.some(({ op }) => op === "sub");
  return readers.some(
    (reader) => reader.op === "sub" && reader.args.some((arg) => arg !== index && node.args.includes(arg)),
  );
}

const costly = /\b(exp1|expm1|log1|log1p|tanh1|erf|erfinv|sinTurned|pow1)\(/;

/** Whether the statements call no elementary function. */
export const isLight = (code: string): boolean => !costly.test(code);
