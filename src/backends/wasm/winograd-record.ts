// Convolutions by Winograd's algorithm (assembly/winograd.ts): which ones, and their records.
import type { Instruction } from "../../ir/instruction.ts";
import type {
  ConvFilterGradInstruction,
  ConvInputGradInstruction,
  ConvInstruction,
} from "../../ir/instructions/conv.ts";
import type { View } from "../../ir/view.ts";
import type { ConvWindows, Spatial } from "../../ir/windows.ts";
import { restSlots } from "./generated/rest-slots.ts";
import { writeMap } from "./map-record.ts";
import type { Records } from "./record-table.ts";
import type { RecordWriter } from "./record-writer.ts";

/** Tiles of 2×2 outputs in a block: what is made of them stays in a second-level cache. */
const blockTiles = 64;
/** Tiles that repay the transform of the filters. */
const fewestTiles = 32;
/** Fewer channels or filters are not worth the transforms. */
const fewestChannels = 16;
/** Most channels times filters: each thread keeps 64 bytes of every one. */
const mostFilters = 2 ** 17;

/**
 * Whether a convolution or a gradient of one is computed by Winograd's algorithm: 3×3 windows one element apart, enough
 * channels, filters and outputs. Such an instruction takes its image without margins.
 */
export function isWinograd(instruction: Instruction): boolean {
  if (instruction.kind !== "conv" && instruction.kind !== "convInputGrad" && instruction.kind !== "convFilterGrad")
    return false;
  const { batch, channels, filters, groups, inputs, outputs, size, strides, dilations } = instruction.windows;
  const [, height, width] = instruction.kind === "convInputGrad" ? inputs : outputs;
  return (
    groups === 1 &&
    is(size, [1, 3, 3]) &&
    is(strides, [1, 1, 1]) &&
    is(dilations, [1, 1, 1]) &&
    inputs[0] === 1 &&
    channels % 8 === 0 &&
    filters % 8 === 0 &&
    Math.min(channels, filters) >= fewestChannels &&
    channels * filters <= mostFilters &&
    batch * tilesOf(height) * tilesOf(width) >= fewestTiles &&
    tilesOf(width) <= 4 * blockTiles
  );
}

const is = (extents: Spatial, expected: Spatial) => extents.every((extent, axis) => extent === expected[axis]);

const tilesOf = (extent: number) => Math.ceil(extent / 2);

/** What the kernels slide windows over, what comes out, and how they find a tap, a channel and a filter. */
interface Slide {
  readonly input: View;
  readonly output: View;
  readonly inputs: Spatial;
  readonly outputs: Spatial;
  readonly low: Spatial;
  readonly depth: number;
  readonly filters: number;
  /** Byte address of the first tap. */
  readonly kernel: number;
  readonly tap: number;
  readonly channel: number;
  readonly filter: number;
}

/** Records of such convolutions. */
export const winogradRecords: Records<"conv" | "convInputGrad" | "convFilterGrad"> = {
  conv: [restSlots.winograd, writeWinograd],
  convInputGrad: [restSlots.winograd, writeWinograd],
  convFilterGrad: [restSlots.winogradFilterGrad, writeWinogradFilterGrad],
};

function writeWinograd(instruction: ConvInstruction | ConvInputGradInstruction, writer: RecordWriter): void {
  const { windows, output, kernel } = instruction;
  const { channels, filters, inputs, outputs, low } = windows;
  const tap = channels * filters;
  const first = writer.addressOf(kernel);
  if (instruction.kind === "conv") {
    const slide = { input: instruction.input, output, inputs, outputs, low, depth: channels, filters };
    write(windows, { ...slide, kernel: first, tap, channel: filters, filter: 1 }, instruction, writer);
  } else {
    // A convolution of dy with the filters turned by half a turn.
    const slide = {
      input: instruction.dy,
      output,
      inputs: outputs,
      outputs: inputs,
      depth: filters,
      filters: channels,
    };
    const margins = [0, 2 - low[1], 2 - low[2]] as const;
    write(
      windows,
      { ...slide, low: margins, kernel: first + 8 * tap * 4, tap: -tap, channel: 1, filter: filters },
      {},
      writer,
    );
  }
}

function writeWinogradFilterGrad(instruction: ConvFilterGradInstruction, writer: RecordWriter): void {
  const { windows, input, dy, output } = instruction;
  const { channels, filters, inputs, outputs, low } = windows;
  const slide = { input, output: dy, inputs, outputs, low, depth: channels, filters };
  const places = { kernel: writer.addressOf(output), tap: channels * filters, channel: filters, filter: 1 };
  write(windows, { ...slide, ...places }, instruction, writer);
}

function write(
  { batch }: ConvWindows,
  { input, output, inputs, outputs, low, depth, filters, kernel, tap, channel, filter }: Slide,
  { epilogue }: Pick<ConvInstruction, "epilogue">,
  writer: RecordWriter,
): void {
  const [tileRows, tileColumns] = [batch * tilesOf(outputs[1]), tilesOf(outputs[2])];
  const blockRows = Math.min(tileRows, Math.max(1, Math.round(blockTiles / tileColumns)));
  const set = writer.fields({
    batch,
    input: writer.addressOf(input),
    height: inputs[1],
    width: inputs[2],
    depth,
    lowHeight: low[1],
    lowWidth: low[2],
    output: writer.addressOf(output),
    outHeight: outputs[1],
    outWidth: outputs[2],
    filters,
    kernel,
    tap,
    channel,
    filter,
    blockRows,
    scratch: writer.scratch(winogradScratchBytes(blockRows * tileColumns, depth, filters)),
    epilogue: 0,
  });
  if (!epilogue) return;
  writer.align();
  set("epilogue", writer.address);
  writeMap(epilogue, writer);
}

/**
 * Bytes of scratch memory that one thread uses: transformed filters, tiles and results, a tile of its own, a packed
 * block, and the places of rows.
 */
function winogradScratchBytes(tiles: number, depth: number, filters: number): number {
  const gaps = 2 * 16 * 192;
  const wide = Math.max(depth, filters);
  return (
    64 * (depth * filters + wide + tiles * (depth + filters)) + 4 * (tiles * depth + Math.max(tiles, depth)) + gaps
  );
}
