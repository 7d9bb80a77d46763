// Convolutions by Winograd's algorithm (assembly/winograd.ts): which ones, and their records.
import type { Instruction } from "../../ir/instruction.ts";
import type {
  ConvFilterGradInstruction,
  ConvInputGradInstruction,
  ConvInstruction,
} from "../../ir/instructions/conv.ts";
import { restSlots } from "./generated/rest-slots.ts";
import { writeMap } from "./map-record.ts";
import type { Records } from "./record-table.ts";
import type { RecordWriter } from "./record-writer.ts";

/** Tiles of 2×2 outputs in a block: what is made of them stays in a second-level cache. */
const blockTiles = 64;
/** Whole tiles of 2×2 outputs that repay the transform of the filters. */
const fewestTiles = 32;
/** Fewer channels or filters are not worth the transforms. */
const fewestChannels = 16;
/** Most channels times filters: each thread keeps 64 bytes of every one. */
const mostFilters = 2 ** 17;

/**
 * Whether a convolution or a gradient of one is computed by Winograd's algorithm: 3×3 windows one element apart in an
 * image of one plane before and after it, with enough channels, filters and outputs. Such an instruction takes its
 * image without margins.
 */
export function isWinograd(instruction: Instruction): boolean {
  if (!(instruction.kind in winogradRecords)) return false;
  const { windows } = instruction as Convolution;
  const { batch, channels, filters, groups, inputs, outputs, size, strides, dilations } = windows;
  const [planes, height, width] = outputs;
  return (
    String([size, strides, dilations, groups, inputs[0], planes]) === "1,3,3,1,1,1,1,1,1,1,1,1" &&
    (channels | filters) % 8 === 0 &&
    Math.min(channels, filters) >= fewestChannels &&
    channels * filters <= mostFilters &&
    batch * (height >> 1) * (width >> 1) >= fewestTiles
  );
}

type Convolution = ConvInstruction | ConvInputGradInstruction | ConvFilterGradInstruction;

/** Records of such convolutions. */
export const winogradRecords: Records<Convolution["kind"]> = {
  conv: [restSlots.winograd, write],
  convInputGrad: [restSlots.winograd, write],
  convFilterGrad: [restSlots.winogradFilterGrad, write],
};

/** The gradient in the image is a convolution of dy with the filters turned by half a turn. */
function write(instruction: Convolution, writer: RecordWriter): void {
  const { kind, windows, output } = instruction;
  const { batch, channels, filters, inputs, outputs, low } = windows;
  const turned = kind === "convInputGrad";
  const [[, height, width], [, outHeight, outWidth]] = turned ? [outputs, inputs] : [inputs, outputs];
  const [depth, columns] = turned ? [filters, channels] : [channels, filters];
  const tap = channels * filters;
  const tileColumns = Math.ceil(outWidth / 2);
  const blockRows = Math.ceil(blockTiles / tileColumns);
  const set = writer.fields({
    batch,
    input: writer.addressOf(turned ? instruction.dy : instruction.input),
    height,
    width,
    depth,
    lowHeight: turned ? 2 - low[1] : low[1],
    lowWidth: turned ? 2 - low[2] : low[2],
    output: writer.addressOf(kind === "convFilterGrad" ? instruction.dy : output),
    outHeight,
    outWidth,
    filters: columns,
    kernel: writer.addressOf(kind === "convFilterGrad" ? output : instruction.kernel) + (turned ? 32 * tap : 0),
    tap: turned ? -tap : tap,
    channel: turned ? 1 : filters,
    filter: turned ? filters : 1,
    blockRows,
    scratch: writer.scratch(winogradScratchBytes(blockRows * tileColumns, depth, columns)),
    epilogue: 0,
  });
  if (turned || !instruction.epilogue) return;
  writer.align();
  set("epilogue", writer.address);
  writeMap(instruction.epilogue, writer);
}

/**
 * Bytes of scratch memory that one thread uses: 64 for each transformed filter, tile and result and for a tile of its
 * own, 4 at most for a packed block and the places of rows, and the gaps between matrices.
 */
const winogradScratchBytes = (tiles: number, depth: number, filters: number): number =>
  68 * (depth * filters + (tiles + 1) * (depth + filters)) + 2 * 16 * 192;
