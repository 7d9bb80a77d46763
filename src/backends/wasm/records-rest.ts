import type { PoolGradInstruction, PoolInstruction } from "../../ir/instructions/pool.ts";
import type { View } from "../../ir/view.ts";
import { writeConv, writeConvFilterGrad, writeConvInputGrad } from "./conv-record.ts";
import { writeDepthwise, writeDepthwiseFilterGrad, writeDepthwiseInputGrad } from "./depthwise-record.ts";
import type { Records, RestKind } from "./record-table.ts";
import type { RecordWriter } from "./record-writer.ts";
import { spatialFields } from "./spatial-fields.ts";

/** Records of convolutions and pooling. */
export const restRecords: Records<RestKind> = {
  // Products with patches.
  conv: [1, writeConv],
  convFilterGrad: [1, writeConvFilterGrad],
  convInputGrad: [12, writeConvInputGrad],
  pool: [13, (instruction, writer) => writePool(instruction, instruction.input, writer)],
  poolGrad: [14, (instruction, writer) => writePool(instruction, instruction.dy, writer)],
  depthwiseConv: [15, writeDepthwise],
  // The same sums of taps, with other extents.
  depthwiseConvInputGrad: [15, writeDepthwiseInputGrad],
  depthwiseConvFilterGrad: [16, writeDepthwiseFilterGrad],
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
