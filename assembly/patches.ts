/**
 * Patches: a matrix whose rows and columns are each made up of several axes, such as the patches of an image that a
 * convolution multiplies its kernel with. Element (i, k) is at base + row offset i + depth offset k; nothing is ever
 * stored as a matrix.
 */
import { LINES_BYTES } from "./blocks";
import { copyLane, transposeQuads } from "./pack";

/** Words of a record: the counts, then extent and stride (bytes) of each axis, rows first. */
@unmanaged
export class Patches {
  rowAxes: i32;
  depthAxes: i32;
}

@inline
function extentOf(p: Patches, axis: i32): i32 {
  return load<i32>(changetype<usize>(p) + offsetof<Patches>() + (axis << 3));
}

@inline
function strideOf(p: Patches, axis: i32): i32 {
  return load<i32>(changetype<usize>(p) + offsetof<Patches>() + (axis << 3), 4);
}

/** Offset of element `index` of the box that the axes `first` to `last` make up. */
function offsetIn(p: Patches, first: i32, last: i32, index: i32): i32 {
  let offset = 0;
  for (let axis = last; axis > first; --axis) {
    const extent = extentOf(p, axis);
    const rest = index / extent;
    offset += (index - rest * extent) * strideOf(p, axis);
    index = rest;
  }
  return offset + index * strideOf(p, first);
}

/** Elements of depth that lie one stride apart: the extent of the innermost axis. */
@inline
export function runLength(p: Patches): i32 {
  return extentOf(p, p.rowAxes + p.depthAxes - 1);
}

@inline
export function runStride(p: Patches): i32 {
  return strideOf(p, p.rowAxes + p.depthAxes - 1);
}

@inline
export function depthOffset(p: Patches, k: i32): i32 {
  return offsetIn(p, p.rowAxes, p.rowAxes + p.depthAxes - 1, k);
}

/** Writes the offsets of `count` rows from `row` on. */
export function rowOffsets(table: usize, p: Patches, row: i32, count: i32): void {
  lineOffsets(table, p, 0, p.rowAxes - 1, row, count);
}

/** Offsets of `count` elements from `index` on of the box that the axes `first` to `last` make up. */
function lineOffsets(table: usize, p: Patches, first: i32, last: i32, index: i32, count: i32): void {
  const extent = extentOf(p, last), stride = strideOf(p, last);
  const end = table + (count << 2);
  while (table < end) {
    // One line of the innermost axis at a time.
    let offset = offsetIn(p, first, last, index);
    const left = extent - index % extent;
    const stop = min(end, table + (left << 2));
    index += left;
    for (; table < stop; table += 4) {
      store<i32>(table, offset);
      offset += stride;
    }
  }
}

/** Writes the offsets of `count` elements of depth from `k` on. */
function depthOffsets(table: usize, p: Patches, k: i32, count: i32): void {
  lineOffsets(table, p, p.rowAxes, p.rowAxes + p.depthAxes - 1, k, count);
}

/** Shortest run of depth that is worth a transpose of its own. */
const SHORTEST_RUN: i32 = 8;

/**
 * Packs a block of patches for `multiplyRows` (gemm.ts), which calls it through the table: rows from `row` on, depths
 * from `k` to `k + depth`. `taller` panels have `height + 1` rows, the `others` after them `height`. `tables`: memory
 * for the offsets of the rows, which are written with the first block of depth, and of the depths.
 */
export function packPatchBlock(
  target: usize, taller: i32, others: i32, height: i32,
  base: usize, record: usize, row: i32, tables: usize, k: i32, depth: i32,
): void {
  const p = changetype<Patches>(record);
  const depths = tables + LINES_BYTES;
  const tallRows = taller * (height + 1);
  if (k == 0) rowOffsets(tables, p, row, tallRows + others * height);
  depthOffsets(depths, p, k, depth);
  packPatches(target, taller, height + 1, base, p, tables, depths, k, depth);
  packPatches(target + (tallRows * depth << 2), others, height, base, p, tables + (tallRows << 2), depths, k, depth);
}

/**
 * Packs `panels` panels of `height` rows, [panel][k][row], for depths from `k` to `k + depth`; `rows` and `depths` are
 * the tables of their offsets.
 */
function packPatches(
  target: usize, panels: i32, height: i32, base: usize, p: Patches, rows: usize, depths: usize, k: i32, depth: i32,
): void {
  const step = <usize>height << 2;
  const transposes = runStride(p) == 4 && height >= 4 && runLength(p) >= SHORTEST_RUN;
  for (; panels > 0; --panels) {
    if (areNeighbours(rows, height)) packNeighbours(target, height, base + load<i32>(rows), depths, depth);
    else if (transposes) packRuns(target, height, base, rows, depths, runLength(p), k, depth);
    else for (let lane = 0; lane < height; ++lane) gatherLane(
      target + (lane << 2), step, base + load<i32>(rows + (lane << 2)), depths, depth
    );
    target += depth * step;
    rows += step;
  }
}

/** Whether the rows of a panel lie side by side. */
function areNeighbours(rows: usize, height: i32): bool {
  const first = load<i32>(rows);
  for (let i = 1; i < height; ++i) if (load<i32>(rows + (i << 2)) != first + (i << 2)) return false;
  return true;
}

/** Rows side by side: all lanes at once. */
function packNeighbours(target: usize, height: i32, source: usize, depths: usize, depth: i32): void {
  const end = depths + (depth << 2);
  if (height == 5) {
    for (; depths < end; depths += 4) {
      const from = source + load<i32>(depths);
      v128.store(target, v128.load(from));
      store<i32>(target, load<i32>(from, 16), 16);
      target += 20;
    }
  } else if (height == 6) {
    for (; depths < end; depths += 4) {
      const from = source + load<i32>(depths);
      v128.store(target, v128.load(from));
      store<i64>(target, load<i64>(from, 16), 16);
      target += 24;
    }
  } else if (height == 4) {
    for (; depths < end; depths += 4) {
      v128.store(target, v128.load(source + load<i32>(depths)));
      target += 16;
    }
  } else {
    for (; depths < end; depths += 4) {
      const from = source + load<i32>(depths);
      for (let lane = 0; lane < height; ++lane) store<i32>(target + (lane << 2), load<i32>(from + (lane << 2)));
      target += height << 2;
    }
  }
}

/** Runs of contiguous elements, four lanes transposed at a time. */
function packRuns(
  target: usize, height: i32, base: usize, rows: usize, depths: usize, length: i32, k: i32, depth: i32,
): void {
  const step = <usize>height << 2;
  const r0 = base + load<i32>(rows), r1 = base + load<i32>(
    rows, 4
  ), r2 = base + load<i32>(rows, 8), r3 = base + load<i32>(rows, 12);
  for (let done = 0; done < depth; ) {
    const count = min(length - (k + done) % length, depth - done);
    const offset = load<i32>(depths + (done << 2));
    transposeQuads(target, step, r0 + offset, r1 + offset, r2 + offset, r3 + offset, count);
    for (let lane = 4; lane < height; ++lane) copyLane(
      target + (lane << 2), step, base + load<i32>(rows + (lane << 2)) + offset, count, 4
    );
    target += count * step;
    done += count;
  }
}

/** One row, element by element. */
function gatherLane(target: usize, step: usize, source: usize, depths: usize, depth: i32): void {
  for (const end = depths + (depth << 2); depths < end; depths += 4) {
    store<f32>(target, load<f32>(source + load<i32>(depths)));
    target += step;
  }
}
