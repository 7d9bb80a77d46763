import type {
  CopyInstruction,
  FillInstruction,
  Instruction,
  InstructionKind,
  MatmulInstruction,
  View,
} from "../../ir/instruction.ts";
import { sizeOf } from "../../ir/shape.ts";
import { collapse, collapseTogether, isContiguous } from "../../ir/view.ts";
import { matmulScratchBytes } from "./gemm-scratch.ts";
import { coreSlots } from "./generated/core-slots.ts";
import { writeMap } from "./map-record.ts";
import { bitsOf, type RecordWriter } from "./record-writer.ts";
import type { Rest } from "./rest.ts";

const reductions = { sum: 0, max: 1, min: 2, prod: 3 } as const;

/** Kinds whose kernels are in the core module. */
export type CoreKind = keyof typeof coreSlots;

/** Writes the words that a kernel reads: the class at the top of the kernel's file, field by field. */
export type Writers<Kind extends InstructionKind> = {
  readonly [K in Kind]: (instruction: Extract<Instruction, { kind: K }>, writer: RecordWriter) => void;
};

const writers: Writers<CoreKind> = {
  map: writeMap,
  matmul: writeMatmul,
  reduce({ operation, outer, length, inner, input, output }, writer) {
    writer.word(reductions[operation], outer, length, inner);
    writer.view(input);
    writer.view(output);
    writer.word(isInt(input));
  },
  argReduce({ operation, outer, length, inner, input, output }, writer) {
    writer.word(Number(operation === "min"), outer, length, inner);
    writer.view(input);
    writer.view(output);
    writer.word(isInt(input));
  },
  softmax({ log, rows, columns, input, output }, writer) {
    writer.word(Number(log), rows, columns);
    writer.view(input);
    writer.view(output);
  },
  softmaxGrad({ log, rows, columns, dy, y, output }, writer) {
    writer.word(Number(log), rows, columns);
    writer.view(dy);
    writer.view(y);
    writer.view(output);
  },
  gather({ rows, width, count, table, indices, output }, writer) {
    writer.word(rows, width, count);
    writer.view(table);
    writer.view(indices);
    writer.view(output);
    writer.word(isInt(table));
  },
  scatterAdd({ rows, width, count, indices, updates, output }, writer) {
    writer.word(rows, width, count);
    writer.view(indices);
    writer.view(updates);
    writer.view(output);
  },
  random({ stream, count, key, output }, writer) {
    writer.word(stream, count);
    writer.view(key);
    writer.view(output);
    writer.word(writer.scratch(128));
  },
  cumsum({ outer, length, inner, exclusive, reverse, input, output }, writer) {
    writer.word(outer, length, inner, Number(exclusive), Number(reverse));
    writer.view(input);
    writer.view(output);
    writer.word(isInt(input));
  },
  copy: writeCopy,
  fill: writeFill,
};

/**
 * Flags in a record's header, as in assembly/execute.ts: threads must meet before the instruction; thread 0 does it
 * alone.
 */
export const Flag = { waits: 1, alone: 2 } as const;

/** Appends the record of an instruction that has something to do: header and words. */
export function writeRecord(instruction: Instruction, flags: number, writer: RecordWriter): void {
  const { kind } = instruction;
  const { slots, writers: own } = isCoreKind(kind) ? core : (writer.rest as Rest);
  const start = writer.address;
  writer.word(slots[kind] as number);
  const setSize = writer.later();
  writer.word(flags, 0);
  (own[kind] as (instruction: Instruction, writer: RecordWriter) => void)(instruction, writer);
  writer.align();
  writer.releaseScratch();
  setSize(writer.address - start);
}

/** Kernels of a module, by the kinds of instructions: places in the table of functions, and writers of records. */
export interface Kernels {
  readonly slots: Partial<Record<InstructionKind, number>>;
  readonly writers: Partial<Writers<InstructionKind>>;
}

const core: Kernels = { slots: coreSlots, writers };

/** Whether the kernel of a kind is in the core module. */
export function isCoreKind(kind: InstructionKind): boolean {
  return kind in coreSlots;
}

/** Whether there is nothing to do. */
export function isEmpty(instruction: Instruction): boolean {
  return instruction.kind === "map" ? sizeOf(instruction.shape) === 0 : sizeOf(instruction.output.shape) === 0;
}

const isInt = ({ dtype }: View): number => Number(dtype === "int32");

function writeMatmul({ a, b, output, rowAxes, epilogue }: MatmulInstruction, writer: RecordWriter): void {
  const [m = 1, n = 1] = output.shape.slice(-2);
  const axes = output.shape.length - 2;
  const batch = sizeOf(output.shape.slice(0, axes));
  const [aBatch = 0] = a.strides;
  const [aRow = 0, aColumn = 0] = a.strides.slice(-2);
  const [bBatch = 0] = b.strides;
  const [bRow = 0, bColumn = 0] = b.strides.slice(-2);
  const k = b.shape.at(-2) as number;
  writer.view(a);
  writer.view(b);
  writer.view(output);
  const isMatrix = rowAxes === undefined;
  writer.word(
    batch,
    m,
    n,
    k,
    isMatrix ? aRow : 0,
    isMatrix ? aColumn : 0,
    bRow,
    bColumn,
    aBatch,
    bBatch,
    writer.scratch(matmulScratchBytes(m, n, k)),
  );
  const setEpilogue = writer.later();
  const setPatches = writer.later();
  const setEntries = writer.later();
  if (rowAxes !== undefined) writePatches(a, rowAxes, setPatches, writer);
  if (axes > 1 || !isContiguous(output)) {
    setEntries(writer.address);
    writer.word(output.strides[axes] as number, axes);
    for (let axis = 0; axis < axes; axis++)
      writer.word(output.shape[axis] as number, ...[a, b, output].map(({ strides }) => strides[axis] as number));
  }
  if (!epilogue) return;
  writer.align();
  setEpilogue(writer.address);
  writeMap(epilogue, writer);
}

/** The axes of patches but for the first, strides in bytes; `setAddress` is told where. */
export function writePatches(
  { shape, strides }: View,
  rowAxes: number,
  setAddress: (address: number) => void,
  writer: RecordWriter,
): void {
  setAddress(writer.address);
  writer.word(rowAxes, shape.length - 1 - rowAxes);
  for (let axis = 1; axis < shape.length; axis++) writer.word(shape[axis] as number, (strides[axis] as number) * 4);
}

/**
 * The axes in the order that suits the kernel: last the one along which the output is contiguous, before it the
 * input's.
 */
function writeCopy({ input, output }: CopyInstruction, writer: RecordWriter): void {
  const { shape, strides } = collapseTogether(input.shape, [output.strides, input.strides]);
  const [outputStrides = [], inputStrides = []] = strides;
  const axes = shape.map((extent, axis) => ({
    extent,
    input: inputStrides[axis] as number,
    output: outputStrides[axis] as number,
  }));
  if (axes.length === 0) axes.push({ extent: 1, input: 1, output: 1 });
  axes.sort((a, b) => Number(a.input === 1) - Number(b.input === 1));
  axes.sort((a, b) => Number(a.output === 1) - Number(b.output === 1));
  writer.view(input);
  writer.view(output);
  writer.word(axes.length, ...axes.flatMap((axis) => [axis.extent, axis.input, axis.output]));
}

function writeFill({ value, output }: FillInstruction, writer: RecordWriter): void {
  const { shape, strides } = collapse(output);
  const axes = shape.length > 0 ? shape.flatMap((extent, axis) => [extent, strides[axis] as number]) : [1, 1];
  writer.word(isInt(output) ? Math.trunc(value) : bitsOf(value));
  writer.view(output);
  writer.word(axes.length / 2, ...axes);
}
