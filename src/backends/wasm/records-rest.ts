import type { ConvInputGradInstruction } from "../../ir/instructions/conv.ts";
import type { PoolGradInstruction, PoolInstruction } from "../../ir/instructions/pool.ts";
import { sizeOf } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import { writeDepthwise, writeDepthwiseFilterGrad, writeDepthwiseInputGrad } from "./depthwise-record.ts";
import { convInputGradScratchBytes } from "./gemm-scratch.ts";
import { restSlots } from "./generated/rest-slots.ts";
import { writePatches } from "./matmul-record.ts";
import type { Records, RestKind } from "./record-table.ts";
import type { RecordWriter } from "./record-writer.ts";
import { spatialFields } from "./spatial-fields.ts";

/** Records of convolutions and pooling. */
export const restRecords: Records<RestKind> = {
  convInputGrad: [restSlots.convInputGrad, writeConvInputGrad],
  pool: [restSlots.pool, (instruction, writer) => writePool(instruction, instruction.input, writer)],
  poolGrad: [restSlots.poolGrad, (instruction, writer) => writePool(instruction, instruction.dy, writer)],
  depthwiseConv: [restSlots.depthwise, writeDepthwise],
  // The same sums of taps, with other extents.
  depthwiseConvInputGrad: [restSlots.depthwise, writeDepthwiseInputGrad],
  depthwiseConvFilterGrad: [restSlots.depthwiseFilterGrad, writeDepthwiseFilterGrad],
};

function writePool(
  { operation, windows, keys, output }: PoolInstruction | PoolGradInstruction,
  source: View,
  writer: RecordWriter,
): void {
  const { batch, channels, inputs, outputs, size, strides, low } = windows;
  writer.fields({
    batch,
    channels,
    ...spatialFields({ in: inputs, out: outputs, size, stride: strides, low }),
    isSum: Number(operation === "sum"),
    keys: writer.addressOf(keys ?? source),
    source: writer.addressOf(source),
    output: writer.addressOf(output),
  });
}

function writeConvInputGrad(
  { entries, rowAxes, dy, filter, patches, output }: ConvInputGradInstruction,
  writer: RecordWriter,
): void {
  const [groups = 0, rows = 0, filters = 0] = dy.shape;
  const [dyGroup = 0, dyRow = 0, dyColumn = 0] = dy.strides;
  const [filterGroup = 0, filterRow = 0, filterColumn = 0] = filter.strides;
  const depth = filter.shape[1] as number;
  const runLength = patches.shape.at(-1) as number;
  const set = writer.fields({
    entries,
    groups,
    rows: rows / entries,
    depth,
    filters,
    dy: writer.addressOf(dy),
    dyGroup,
    dyRow,
    dyColumn,
    filter: writer.addressOf(filter),
    filterGroup,
    filterRow,
    filterColumn,
    output: writer.addressOf(output),
    sample: sizeOf(output.shape) / entries,
    target: writer.addressOf(patches),
    targetGroup: patches.strides[0] as number,
    patches: 0,
    scratch: writer.scratch(convInputGradScratchBytes(rows / entries, filters, depth / runLength, runLength)),
  });
  set("patches", writer.address);
  writePatches(patches, rowAxes, writer);
}
