import { planArena } from "./arena.ts";
import { Formulas } from "./formulas.ts";
import { descriptorOf, epilogueOf, type Instruction, operandsOf } from "./instruction.ts";
import type { MapInstruction } from "./instructions/map.ts";
import type { Program } from "./program.ts";
import { formatShape } from "./shape.ts";
import { isContiguous, type View } from "./view.ts";
import type { ConvWindows, Windows } from "./windows.ts";

/**
 * A program as text, one instruction a line with shapes and bytes: the first thing to look at when something is slow.
 *
 *     3  matmul   x[32,784] · dense/kernel[784,300] → t8[32,300]   then [32,300] t9 = max(t8 + dense/bias, 0)
 */
export function print(program: Program): string {
  return [header(program), ...linesOf(program, program.instructions, "")].join("\n");
}

/** Lines of instructions; those of a loop's body are indented below it. */
function linesOf(program: Program, instructions: readonly Instruction[], indent: string): string[] {
  return instructions.flatMap((instruction, index) => [
    `${indent}${String(index).padStart(4)}  ${printInstruction(program, instruction)}`,
    ...(instruction.kind === "loop" ? linesOf(program, instruction.body, `${indent}      `) : []),
  ]);
}

function header(program: Program): string {
  const { buffers, instructions } = program;
  const bytes = (kind: string) =>
    buffers.filter((spec) => spec.kind === kind).reduce((sum, spec) => sum + spec.size * 4, 0);
  return `${instructions.length} instructions, arena ${planArena(program).bytes} B, variables ${bytes("variable")} B, constants ${bytes("constant")} B`;
}

/** One line of {@link print}: kind, settings, operands → results, epilogue. */
export function printInstruction(program: Program, instruction: Instruction): string {
  const { kind } = instruction;
  const name = `${kind.padEnd(11)} `;
  if (kind === "map") return `${name}${mapText(program, instruction)}`;
  if (instruction.kind === "loop")
    return `${name}${instruction.steps} steps of ${instruction.body.length} instructions`;
  const { reads, writes } = operandsOf(instruction);
  const settings = settingsOf(instruction).join(" ");
  const show = (views: readonly View[]) =>
    views.map((view) => operand(program, view)).join(kind === "matmul" ? " · " : ", ");
  const epilogue = epilogueOf(instruction);
  return `${name}${settings && `${settings}: `}${show(reads)} → ${show(writes)}${epilogue ? `   then ${mapText(program, epilogue)}` : ""}`;
}

/** The fields that are not views: `sum outer 1 length 30 inner 4`. */
function settingsOf(instruction: Instruction): string[] {
  const values = instruction as unknown as Readonly<Record<string, unknown>>;
  return Object.entries(descriptorOf(instruction).fields).flatMap(([name, role]) => {
    const value = values[name];
    if (value === undefined) return [];
    if (role === "number") return [`${name} ${value}`];
    if (role === "flag") return value ? [name] : [];
    if (role === "windows") return [windowText(value as Windows)];
    return typeof role === "object" ? [String(value)] : [];
  });
}

/** `1×2×2 every 1×2×2 from 0,-1,-1`: the windows, as far as shapes do not say them. */
function windowText({ size, strides, low, dilations, groups = 1 }: Windows & Partial<ConvWindows>): string {
  const dilated = dilations?.some((step) => step > 1) ? ` dilated ${dilations.join("×")}` : "";
  const divided = groups > 1 ? ` in ${groups} groups` : "";
  return `${size.join("×")}${dilated} every ${strides.join("×")} from ${low.map((n) => -n || 0).join(",")}${divided}`;
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
