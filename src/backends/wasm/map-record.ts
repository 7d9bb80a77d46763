import type { MapInstruction } from "../../ir/instructions/map.ts";
import { type Shape, sizeOf, stridesOf } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import { firstFused, fusedHashes, operations } from "./generated/core-slots.ts";
import { formOf, type KernelForm, type Operand } from "./kernel-key.ts";
import type { RecordWriter } from "./record-writer.ts";
import type { Rest } from "./rest.ts";

/** Elements per tile: TILE of assembly/map.ts. */
const tile = 512;

/** How an input runs through the iteration space, as in assembly/map.ts. */
const Walk = { Flat: 0, Constant: 1, Strided: 2 } as const;

let fused: ReadonlyMap<string, number> | undefined;

/** Places in the table of functions of kernels whose hashes are one after the other. */
export function slotsOf(hashes: string, first: number): Map<string, number> {
  return new Map(hashes.match(/.{8}/g)?.map((hash, index) => [hash, first + index]));
}

/** Place of the fused kernel for an expression of this hash; 0, the interpreter, where there is none. */
export function fusedSlotOf(hash: string, rest: Rest | undefined): number {
  fused ??= slotsOf(fusedHashes, firstFused);
  return fused.get(hash) ?? rest?.fused.get(hash) ?? 0;
}

/** Writes the record of assembly/map.ts, with the values of constants and the interpreter's code behind it. */
export function writeMap(instruction: MapInstruction, writer: RecordWriter): void {
  const form = formOf(instruction.expression);
  const inputs = form.inputs.map((index) => instruction.inputs[index] as View);
  const total = sizeOf(instruction.shape);
  const walks: readonly number[] = inputs.map((view) => walkOf(view, instruction.shape));
  const strided = walks.includes(Walk.Strided);
  const shape = strided ? instruction.shape : [total];
  const inner = writer.interpret ? 0 : fusedSlotOf(form.hash, writer.rest);
  const script = inner === 0 ? assemble(form, inputs, instruction.outputs, writer) : { code: [], registers: 0 };

  const { outputs } = instruction;
  const slots = inputs.length + outputs.length + form.constants.length + script.registers;
  const tiles = inputs.length + outputs.length + script.registers;
  const scratch = Math.ceil((Math.ceil(slots / 2) * 16 + inputs.length * 16 + tiles * tile * 4) / 64) * 64;
  const converts = [...inputs, ...outputs].some(({ dtype }) => dtype === "int32");

  const set = writer.fields({
    inner,
    code: 0,
    inputs: inputs.length,
    outputs: outputs.length,
    constants: form.constants.length,
    registers: script.registers,
    rank: shape.length,
    total,
    values: 0,
    scratch: writer.scratch(scratch),
    converts: Number(converts),
    repeats: Number(!converts && repeatsRows(inputs, walks)),
  });
  writer.word(...shape);
  inputs.forEach((view, i) => {
    writer.word(
      writer.addressOf(view),
      Number(view.dtype === "int32"),
      walks[i] as number,
      ...(strided ? view.strides : [walks[i] === Walk.Flat ? 1 : 0]),
    );
  });
  for (const view of outputs) writer.word(writer.addressOf(view), Number(view.dtype === "int32"));
  writer.align();
  set("values", writer.address);
  for (const value of form.constants) writer.vector(value);
  set("code", writer.address);
  writer.word(...script.code);
}

/** Whether every strided input repeats its innermost, contiguous row. */
function repeatsRows(inputs: readonly View[], walks: readonly number[]): boolean {
  const strided = inputs.filter((_, index) => walks[index] === Walk.Strided);
  return (
    strided.length > 0 &&
    strided.every(({ strides }) => strides.every((stride, axis) => stride === Number(axis === strides.length - 1)))
  );
}

function walkOf(view: View, shape: Shape): number {
  const dense = stridesOf(shape);
  const follows = (strides: readonly number[]) =>
    shape.every((extent, axis) => extent <= 1 || view.strides[axis] === strides[axis]);
  if (follows(dense.map(() => 0))) return Walk.Constant;
  return follows(dense) ? Walk.Flat : Walk.Strided;
}

/** Compiles an expression for the interpreter, reusing registers whose values nobody needs any more. */
function assemble(
  { steps, outputs, inputs, constants }: KernelForm,
  inputViews: readonly View[],
  outputViews: readonly View[],
  writer: RecordWriter,
) {
  const firstOutput = inputs.length;
  const firstConstant = firstOutput + outputs.length;
  const firstRegister = firstConstant + constants.length;
  const places = new Array<number>(steps.length);
  const slotOf = ({ kind, index }: Operand) =>
    kind === "input" ? index : kind === "constant" ? firstConstant + index : (places[index] as number);
  const lastUses = lastUsesOf(steps, outputs);
  const code: number[] = [];
  const emitSlots = (operation: number, target: number, slots: readonly number[]) =>
    code.push(operation, target * 8, ...[0, 1, 2].map((i) => (slots[i] ?? 0) * 8));
  const emit = (operation: number, target: number, args: readonly Operand[]) =>
    emitSlots(operation, target, args.map(slotOf));
  const mayShare = ({ kind, index }: Operand, view: View) =>
    kind === "input" && writer.addressOf(inputViews[index] as View) === writer.addressOf(view);

  const free: number[] = [];
  let registers = 0;
  // An input that is itself an output is saved first where another output may overwrite it.
  const results = outputs.map((operand, output) => {
    const overwritten =
      operand.kind === "input" && outputViews.some((view, other) => other !== output && mayShare(operand, view));
    if (!overwritten) return () => slotOf(operand);
    const place = firstRegister + registers++;
    emit(0, place, [operand]);
    return () => place;
  });
  steps.forEach(({ op, args }, step) => {
    const output = outputs.findIndex(({ kind, index }) => kind === "step" && index === step);
    const direct = output >= 0 && !readLater(output, step);
    for (const { kind, index } of new Set(args)) {
      if (kind === "step" && lastUses[index] === step) {
        const place = places[index] as number;
        if (place >= firstRegister && !free.includes(place)) free.push(place);
      }
    }
    const target = direct ? firstOutput + output : (free.pop() ?? firstRegister + registers++);
    emit(operations[op] ?? (writer.rest?.operations[op] as number), target, args);
    places[step] = target;
  });
  results.forEach((slot, output) => {
    if (slot() !== firstOutput + output) emitSlots(0, firstOutput + output, [slot()]);
  });
  return { code: [code.length / 5, ...code], registers };

  /** Whether an input that may lie in the same memory as `output` is read after `step`. */
  function readLater(output: number, step: number): boolean {
    const view = outputViews[output] as View;
    return (
      outputs.some((operand) => mayShare(operand, view)) ||
      steps.some(({ args }, later) => later > step && args.some((arg) => mayShare(arg, view)))
    );
  }
}

/** The step that reads the value of each step last; Infinity for outputs. */
function lastUsesOf(steps: KernelForm["steps"], outputs: readonly Operand[]): number[] {
  const last = new Array<number>(steps.length).fill(-1);
  steps.forEach(({ args }, step) => {
    for (const { kind, index } of args) if (kind === "step") last[index] = step;
  });
  for (const { kind, index } of outputs) if (kind === "step") last[index] = Number.POSITIVE_INFINITY;
  return last;
}
