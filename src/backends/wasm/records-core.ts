import type { CopyInstruction, FillInstruction } from "../../ir/instructions/copy.ts";
import type { RandomInstruction } from "../../ir/instructions/random.ts";
import { collapse, collapseTogether } from "../../ir/view.ts";
import { coreSlots } from "./generated/core-slots.ts";
import { writeMap } from "./map-record.ts";
import { writeMatmul } from "./matmul-record.ts";
import { type CoreKind, type Records, writeFields } from "./record-table.ts";
import { bitsOf, type RecordWriter } from "./record-writer.ts";

/** Records of the kinds that most programs need. */
export const coreRecords: Records<CoreKind> = {
  map: [coreSlots.map, writeMap],
  matmul: [coreSlots.matmul, writeMatmul],
  reduce: [coreSlots.reduce, writeFields],
  argReduce: [coreSlots.argReduce, writeFields],
  softmax: [coreSlots.softmax, writeFields],
  softmaxGrad: [coreSlots.softmaxGrad, writeFields],
  gather: [coreSlots.gather, writeFields],
  scatterAdd: [coreSlots.scatterAdd, writeFields],
  random: [coreSlots.random, writeRandom],
  cumsum: [coreSlots.cumsum, writeFields],
  copy: [coreSlots.copy, writeCopy],
  fill: [coreSlots.fill, writeFill],
};

function writeRandom({ stream, count, key, output }: RandomInstruction, writer: RecordWriter): void {
  const [at, to] = [writer.addressOf(key), writer.addressOf(output)];
  writer.fields({ stream, count, key: at, output: to, scratch: writer.scratch(128) });
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
  writer.fields({ input: writer.addressOf(input), output: writer.addressOf(output), rank: axes.length });
  writer.word(...axes.flatMap((axis) => [axis.extent, axis.input, axis.output]));
}

function writeFill({ value, output }: FillInstruction, writer: RecordWriter): void {
  const { shape, strides } = collapse(output);
  const axes = shape.length > 0 ? shape.flatMap((extent, axis) => [extent, strides[axis] as number]) : [1, 1];
  const bits = output.dtype === "int32" ? Math.trunc(value) : bitsOf(value);
  writer.fields({ bits, output: writer.addressOf(output), rank: axes.length / 2 });
  writer.word(...axes);
}
