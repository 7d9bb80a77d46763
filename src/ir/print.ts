import { planArena } from "./arena.ts";
import type {
  DepthwiseGeometry,
  Expression,
  ExpressionNode,
  Instruction,
  MapInstruction,
  Program,
  View,
  Windows,
} from "./instruction.ts";
import { formatShape } from "./shape.ts";
import { isContiguous } from "./view.ts";

/**
 * A program as text, one instruction a line with shapes and bytes: the first thing to look at when something is slow.
 *
 *     3  matmul   x[32,784] · dense/kernel[784,300] → t8[32,300]   epilogue (t8, dense/bias) → t8: max(a + b, 0)
 */
export function print(program: Program): string {
  const lines = program.instructions.map(
    (instruction, index) => `${String(index).padStart(4)}  ${printInstruction(program, instruction)}`,
  );
  return [header(program), ...lines].join("\n");
}

function header(program: Program): string {
  const { buffers, instructions } = program;
  const bytes = (kind: string) =>
    buffers.filter((spec) => spec.kind === kind).reduce((sum, spec) => sum + spec.size * 4, 0);
  return `${instructions.length} instructions, arena ${planArena(program).bytes} B, variables ${bytes("variable")} B, constants ${bytes("constant")} B`;
}

/** One line of {@link print}. */
export function printInstruction(program: Program, instruction: Instruction): string {
  const show = (view: View) => operand(program, view);
  const kind = `${instruction.kind.padEnd(11)} `;
  switch (instruction.kind) {
    case "map":
      return `${kind}${mapText(program, instruction)}`;
    case "matmul": {
      const epilogue = instruction.epilogue ? `   then ${mapText(program, instruction.epilogue)}` : "";
      return `${kind}${show(instruction.a)} · ${show(instruction.b)} → ${show(instruction.output)}${epilogue}`;
    }
    case "convInputGrad":
      return `${kind}${show(instruction.dy)} · ${show(instruction.filter)}ᵀ added at ${show(instruction.patches)}`;
    case "reduce":
    case "argReduce":
      return `${kind}${instruction.operation} over the middle of [${instruction.outer}, ${instruction.length}, ${instruction.inner}]: ${show(instruction.input)} → ${show(instruction.output)}`;
    case "softmax":
      return `${kind}${instruction.log ? "log of " : ""}${show(instruction.input)} → ${show(instruction.output)}`;
    case "softmaxGrad":
      return `${kind}${instruction.log ? "of the log, " : ""}dy ${show(instruction.dy)}, y ${show(instruction.y)} → ${show(instruction.output)}`;
    case "gather":
      return `${kind}${show(instruction.table)} at ${show(instruction.indices)} → ${show(instruction.output)}`;
    case "scatterAdd":
      return `${kind}${show(instruction.updates)} at ${show(instruction.indices)} → ${show(instruction.output)}`;
    case "pool":
      return `${kind}${instruction.operation} ${windowText(instruction.windows)}: ${show(instruction.input)}${instruction.keys ? ` by ${show(instruction.keys)}` : ""} → ${show(instruction.output)}`;
    case "poolGrad":
      return `${kind}${instruction.operation} ${windowText(instruction.windows)}: ${show(instruction.dy)}${instruction.keys ? ` by ${show(instruction.keys)}` : ""} → ${show(instruction.output)}`;
    case "depthwiseConv":
      return `${kind}${windowText(instruction.geometry)}: ${show(instruction.input)} ∗ ${show(instruction.kernel)} → ${show(instruction.output)}`;
    case "depthwiseConvInputGrad":
      return `${kind}${windowText(instruction.geometry)}: dy ${show(instruction.dy)}, kernel ${show(instruction.kernel)} → ${show(instruction.output)}`;
    case "depthwiseConvFilterGrad":
      return `${kind}${windowText(instruction.geometry)}: x ${show(instruction.input)}, dy ${show(instruction.dy)} → ${show(instruction.output)}`;
    case "random":
      return `${kind}stream ${instruction.stream}, key ${show(instruction.key)} → ${show(instruction.output)}`;
    case "fill":
      return `${kind}${instruction.value} → ${show(instruction.output)}`;
    default:
      return `${kind}${show(instruction.input)} → ${show(instruction.output)}`;
  }
}

/** `1×2×2 every 1×2×2 from 0,-1,-1`: the windows, as far as shapes do not say them. */
function windowText({ size, strides, low }: Pick<DepthwiseGeometry | Windows, "size" | "strides" | "low">): string {
  return `${size.join("×")} every ${strides.join("×")} from ${low.map((n) => -n || 0).join(",")}`;
}

/** `dense/kernel[784, 300]ᵀ`: name or number, shape, and a mark where memory is not in row-major order. */
function operand(program: Program, view: View): string {
  const spec = program.buffers[view.buffer];
  const name = spec?.name ?? `${spec?.kind === "constant" ? "c" : "t"}${view.buffer}`;
  const shape = view.shape[0] === 1 && view.shape.length === 3 ? view.shape.slice(1) : view.shape;
  const mark = isContiguous(view) ? "" : view.strides.at(-1) !== 1 && view.strides.at(-2) === 1 ? "ᵀ" : "*";
  return `${name}${formatShape(shape)}${mark}${view.dtype === "int32" ? " int32" : ""}`;
}

function mapText(program: Program, { shape, inputs, outputs, expression }: MapInstruction): string {
  const nameOf = (view: View) => program.buffers[view.buffer]?.name ?? `t${view.buffer}`;
  const text = new Formulas(expression, inputs.map(nameOf));
  const results = outputs.map((view, index) => `${nameOf(view)} = ${text.of(expression.outputs[index] as number)}`);
  return `${formatShape(shape)} ${[...text.shared, ...results].join("; ")}`;
}

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

/** Nodes of an expression in usual notation; what is used more than once gets a name of its own. */
class Formulas {
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
