/**
 * Patches: a matrix whose rows and columns are each made up of several axes, such as the patches of an image that a
 * convolution multiplies its kernel with. Element (i, k) is at base + row offset i + depth offset k; nothing is ever stored as a matrix.
 */
import { copyLane, packPanel, transposeQuads } from "./pack";

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
  const last = p.rowAxes - 1;
  const extent = extentOf(p, last), stride = strideOf(p, last);
  const end = table + (count << 2);
  while (table < end) {
    // One line of the innermost axis at a time.
    let offset = offsetIn(p, 0, last, row);
    const left = extent - row % extent;
    const stop = min(end, table + (left << 2));
    row += left;
    for (; table < stop; table += 4) {
      store<i32>(table, offset);
      offset += stride;
    }
  }
}

/** Bytes between rows that lie evenly, or −1 where they do not. One row: 0. */
@inline
export function evenStride(rows: usize, count: i32): i32 {
  if (count == 1) return 0;
  const stride = load<i32>(rows, 4) - load<i32>(rows);
  for (let i = 2; i < count; ++i) if (load<i32>(rows + (i << 2)) - load<i32>(rows + (i << 2) - 4) != stride) return -1;
  return stride;
}

/** Packs `panels` panels of `height` rows, [panel][k][row], for depths from `k` to `k + depth`; `rows` is the table of row offsets. */
export function packPatches(target: usize, panels: i32, height: i32, base: usize, p: Patches, rows: usize, k: i32, depth: i32): void {
  const length = runLength(p);
  const stride = runStride(p);
  const step = <usize>height << 2;
  for (let done = 0; done < depth; ) {
    const count = min(length - (k + done) % length, depth - done);
    const source = base + depthOffset(p, k + done);
    let to = target + done * step;
    let lanes = rows;
    for (let panel = 0; panel < panels; ++panel) {
      const even = evenStride(lanes, height);
      if (even >= 0) packPanel(to, height, source + load<i32>(lanes), height, count, even, stride);
      else packUneven(to, height, source, lanes, count, stride);
      to += depth * step;
      lanes += step;
    }
    done += count;
  }
}

/** A panel whose rows lie anywhere. */
function packUneven(target: usize, height: i32, source: usize, rows: usize, depth: i32, stride: usize): void {
  const step = <usize>height << 2;
  let lane = 0;
  if (stride == 4 && height >= 4) {
    transposeQuads(target, step, source + load<i32>(rows), source + load<i32>(rows, 4), source + load<i32>(rows, 8), source + load<i32>(rows, 12), depth);
    lane = 4;
  }
  for (; lane < height; ++lane) copyLane(target + (lane << 2), step, source + load<i32>(rows + (lane << 2)), depth, stride);
}
