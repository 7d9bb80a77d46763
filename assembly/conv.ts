/**
 * Gradient of a convolution's input, also the transposed convolution: tiles of dy·filterᵀ are added where the
 * convolution reads.
 *
 * Each sample is done by one thread from beginning to end, in an order that does not depend on how many there are.
 */
import { BLOCK_ROWS, NARROW, PANEL, RAGGED_BYTES, TABLE_BYTES, TILE_ROWS, blockDepthOf } from "./blocks";
import { multiplyPanels, ownScratch, packPanel, packPanels } from "./core-imports";
import { Patches, depthOffset, rowOffsets, runLength } from "./patches";

/** The record, in words of 4 bytes. Addresses are in bytes, strides in elements. */
@unmanaged
class ConvInputGrad {
  entries: i32;
  groups: i32;
  /** Rows of patches in one sample, elements of a patch, filters of a group. */
  rows: i32;
  depth: i32;
  filters: i32;
  dy: usize;
  dyGroup: i32;
  dyRow: i32;
  dyColumn: i32;
  filter: usize;
  filterGroup: i32;
  filterRow: i32;
  filterColumn: i32;
  output: usize;
  /** Elements of one sample. */
  sample: i32;
  /** The first patch of the first group. */
  target: usize;
  targetGroup: i32;
  patches: usize;
  /** `convInputGradScratchBytes` (src/backends/wasm/gemm-scratch.ts). */
  scratch: usize;
}

/** Kernel: this thread's share of the samples. */
export function convInputGrad(record: usize, thread: i32, threads: i32): void {
  const p = changetype<ConvInputGrad>(record);
  const first = <i32>(<i64>p.entries * thread / threads);
  const end = <i32>(<i64>p.entries * (thread + 1) / threads);
  if (first == end) return;
  const sampleBytes = <usize>p.sample << 2;
  memory.fill(p.output + first * sampleBytes, 0, (end - first) * sampleBytes);
  if (p.rows == 0 || p.filters == 0) return;
  const scratch = ownScratch(p.scratch);
  const packedB = scratch + RAGGED_BYTES + TABLE_BYTES;
  const blockDepth = blockDepthOf(p.filters);
  for (let group = 0; group < p.groups; ++group) {
    for (let k = 0; k < p.filters; k += blockDepth) {
      const d = min(blockDepth, p.filters - k);
      const packedA = packFilter(p, group, k, d, packedB);
      for (let entry = first; entry < end; ++entry) addSample(p, entry, group, k, d, packedA, packedB, scratch);
    }
  }
}

/** Columns that a panel of `count` takes when packed. */
@inline
function widthOf(count: i32): i32 {
  return count > NARROW ? PANEL : NARROW;
}

/**
 * Packs all of the group's filters, transposed, in panels that do not cross from one run of a patch into the next.
 * Gives the end.
 */
function packFilter(p: ConvInputGrad, group: i32, k: i32, d: i32, packedB: usize): usize {
  const length = runLength(changetype<Patches>(p.patches));
  const row = <usize>p.filterRow << 2, column = <usize>p.filterColumn << 2;
  const filter = p.filter + (<usize>group * p.filterGroup << 2) + k * column;
  for (let run = 0; run < p.depth; run += length) {
    for (let j = 0; j < length; j += PANEL) {
      const count = min(PANEL, length - j);
      packPanel(packedB, widthOf(count), filter + (run + j) * row, count, d, row, column);
      packedB += <usize>widthOf(count) * d << 2;
    }
  }
  return packedB;
}

/** Adds one group's part of one sample, for filters from k to k + d. */
function addSample(
  p: ConvInputGrad, entry: i32, group: i32, k: i32, d: i32, packedA: usize, packedB: usize, scratch: usize,
): void {
  const patches = changetype<Patches>(p.patches);
  const length = runLength(patches);
  const table = scratch + RAGGED_BYTES;
  const row = <usize>p.dyRow << 2, column = <usize>p.dyColumn << 2;
  const base = p.target + (<usize>group * p.targetGroup << 2);
  for (let from = 0; from < p.rows; from += BLOCK_ROWS) {
    const rows = min(BLOCK_ROWS, p.rows - from);
    const firstRow = entry * p.rows + from;
    rowOffsets(table, patches, firstRow, rows);
    const panels = (rows + TILE_ROWS - 1) / TILE_ROWS;
    const height = rows / panels;
    const taller = rows - panels * height;
    const tallRows = taller * (height + 1);
    const dy = p.dy + (<usize>group * p.dyGroup << 2) + firstRow * row + k * column;
    const shortA = packedA + (<usize>tallRows * d << 2);
    packPanels(packedA, taller, height + 1, dy, d, row, column);
    packPanels(shortA, panels - taller, height, dy + tallRows * row, d, row, column);
    let panel = packedB;
    for (let run = 0; run < p.depth; run += length) {
      const target = base + depthOffset(patches, run);
      for (let j = 0; j < length; j += PANEL) {
        const count = min(PANEL, length - j);
        const width = <usize>widthOf(count) << 2;
        multiplyPanels(taller, height + 1, count, d, packedA, panel, width, target + (j << 2), table, true, scratch);
        multiplyPanels(
          panels - taller, height, count, d, shortA, panel, width, target + (j << 2), table + (tallRows << 2), true,
          scratch
        );
        panel += width * d;
      }
    }
  }
}
