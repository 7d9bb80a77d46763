import type { PoolGradInstruction, PoolInstruction } from "../../ir/instructions/pool.ts";
import type { View } from "../../ir/view.ts";
import { writeConv, writeConvFilterGrad, writeConvInputGrad } from "./conv-record.ts";
import { writeDepthwise, writeDepthwiseFilterGrad, writeDepthwiseInputGrad } from "./depthwise-record.ts";
import { coreSlots } from "./generated/core-slots.ts";
import { restSlots } from "./generated/rest-slots.ts";
import { writeLoop } from "./loop-record.ts";
import { type Records, type RestKind, writeFields } from "./record-table.ts";
import type { RecordWriter } from "./record-writer.ts";
import { spatialFields } from "./spatial-fields.ts";

/** Records of convolutions, pooling, and updates of some rows of a table. */
export const restRecords: Records<RestKind> = {
  // Products with patches.
  conv: [coreSlots.matmul, writeConv],
  convFilterGrad: [coreSlots.matmul, writeConvFilterGrad],
  convInputGrad: [restSlots.convInputGrad, writeConvInputGrad],
  pool: [restSlots.pool, (instruction, writer) => writePool(instruction, instruction.input, writer)],
  poolGrad: [restSlots.poolGrad, (instruction, writer) => writePool(instruction, instruction.dy, writer)],
  depthwiseConv: [restSlots.depthwise, writeDepthwise],
  // The same sums of taps, with other extents.
  depthwiseConvInputGrad: [restSlots.depthwise, writeDepthwiseInputGrad],
  depthwiseConvFilterGrad: [restSlots.depthwiseFilterGrad, writeDepthwiseFilterGrad],
  loop: [restSlots.loop, writeLoop],
  groupRows: [restSlots.groupRows, writeFields],
  setRows: [restSlots.setRows, writeFields],
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
