/**
 * What the backend needs beside the rest module (assembly/rest.ts): where its kernels are in the table of functions, and
 * the writers of their records. Loaded together with the module, when a program first needs it.
 */
import type { ConvInputGradInstruction, InstructionKind, Windows } from "../../ir/instruction.ts";
import { sizeOf } from "../../ir/shape.ts";
import { writeDepthwise, writeDepthwiseFilterGrad, writeDepthwiseInputGrad } from "./depthwise-record.ts";
import { convInputGradScratchBytes } from "./gemm-scratch.ts";
import { firstRest, restHashes, restOperations, restSlots } from "./generated/rest-slots.ts";
import { slotsOf } from "./map-record.ts";
import type { RecordWriter } from "./record-writer.ts";
import { type CoreKind, type Kernels, type Writers, writePatches } from "./records.ts";

/** Kernels, fused kernels by the hashes of their keys, and operations of the interpreter. */
export interface Rest extends Kernels {
  readonly fused: ReadonlyMap<string, number>;
  readonly operations: Readonly<Record<string, number>>;
}

const { depthwise, depthwiseFilterGrad } = restSlots;

const slots: Readonly<Record<Exclude<InstructionKind, CoreKind>, number>> = {
  convInputGrad: restSlots.convInputGrad,
  pool: restSlots.pool,
  poolGrad: restSlots.poolGrad,
  depthwiseConv: depthwise,
  // The same sums of taps, with other geometry.
  depthwiseConvInputGrad: depthwise,
  depthwiseConvFilterGrad: depthwiseFilterGrad,
};

const writers: Writers<Exclude<InstructionKind, CoreKind>> = {
  convInputGrad: writeConvInputGrad,
  pool({ operation, windows, keys, input, output }, writer) {
    writeWindows(windows, writer);
    writer.word(Number(operation === "sum"));
    writer.view(keys ?? input);
    writer.view(input);
    writer.view(output);
  },
  poolGrad({ operation, windows, keys, dy, output }, writer) {
    writeWindows(windows, writer);
    writer.word(Number(operation === "sum"));
    writer.view(keys ?? dy);
    writer.view(dy);
    writer.view(output);
  },
  depthwiseConv: writeDepthwise,
  depthwiseConvInputGrad: writeDepthwiseInputGrad,
  depthwiseConvFilterGrad: writeDepthwiseFilterGrad,
};

export const rest: Rest = { slots, writers, fused: slotsOf(restHashes, firstRest), operations: restOperations };

function writeWindows({ batch, channels, inputs, outputs, size, strides, low }: Windows, writer: RecordWriter): void {
  writer.word(batch, channels, ...inputs, ...outputs, ...size, ...strides, ...low);
}

function writeConvInputGrad(
  { entries, rowAxes, dy, filter, patches, output }: ConvInputGradInstruction,
  writer: RecordWriter,
): void {
  const [groups = 0, rows = 0, filters = 0] = dy.shape;
  const depth = filter.shape[1] as number;
  const runLength = patches.shape.at(-1) as number;
  writer.word(entries, groups, rows / entries, depth, filters);
  writer.view(dy);
  writer.word(...dy.strides);
  writer.view(filter);
  writer.word(...filter.strides);
  writer.view(output);
  writer.word(sizeOf(output.shape) / entries);
  writer.view(patches);
  writer.word(patches.strides[0] as number);
  const setPatches = writer.later();
  writer.word(writer.scratch(convInputGradScratchBytes(rows / entries, filters, depth / runLength, runLength)));
  writePatches(patches, rowAxes, setPatches, writer);
}
