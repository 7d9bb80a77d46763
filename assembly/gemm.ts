/**
 * Matrix multiplication: C[b] = A[b]·B[b] on packed panels and a register-tiled micro-kernel.
 *
 *     for each block of rows of C                       (its A, packed, fits the second-level cache)
 *       for each block of k
 *         pack A: panels of TILE_ROWS rows, [panel][k][row]
 *         for each panel of 8 columns
 *           pack B: [k][column]                         (fits the first-level cache)
 *           for each panel of A: multiply one tile      (tile.ts)
 *       epilogue on the finished rows, while they are near
 *
 * Bits depend neither on the tiles nor on the number of threads: every element sums its products in order of k within a
 * block of k, then the blocks in order.
 */
import { BLOCK_ROWS, LINES_BYTES, NARROW, PANEL, RAGGED_BYTES, TABLE_BYTES, TILE_ROWS, blockDepthOf } from "./blocks";
import { mapElements } from "./map";
import { multiplyVector } from "./gemv";
import { packPanel } from "./pack";
import { PACK_PATCH_BLOCK } from "./generated/slots";
import { ownScratch } from "./threads";
import { multiplyTile } from "./tile";

/** The record, in words of 4 bytes. Addresses are in bytes, strides in elements; C is contiguous [batch, m, n]. */
@unmanaged
class Matmul {
  a: usize;
  b: usize;
  c: usize;
  batch: i32;
  m: i32;
  n: i32;
  k: i32;
  aRow: i32;
  aColumn: i32;
  bRow: i32;
  bColumn: i32;
  aBatch: i32;
  bBatch: i32;
  /** `matmulScratchBytes` (src/backends/wasm/gemm-scratch.ts). */
  scratch: usize;
  /** A record of `map` to apply to finished elements of C, or 0. */
  epilogue: usize;
  /** Where A is not a matrix in memory but patches: their axes; aRow and aColumn are 0 then. Else 0. */
  patches: usize;
  /** Where one stride does not describe the batch, or C is not contiguous: `Entries`. Else 0. */
  entries: usize;
}

/**
 * Words: the row stride of C and the number of batch axes, then the extent and the strides in A, B and C of each axis
 * (all in elements).
 */
@unmanaged
class Entries {
  cRow: i32;
  axes: i32;
}

/**
 * A column panel of a row-major B is multiplied in place, not packed, when so few panels of A would read it; when rows
 * of B are a multiple of 512 bytes apart, and so share a few sets of the first-level cache, only for the lower number.
 */
const FEW_PANELS: i32 = 8;
const FEW_PANELS_COLLIDING: i32 = 2;

/**
 * Kernel: this thread's share of the product, by rows or by columns of C, whichever there are more of. Sums over k are
 * never cut.
 */
export function matmul(record: usize, thread: i32, threads: i32): void {
  const p = changetype<Matmul>(record);
  const rows = p.batch * p.m;
  if (rows >= p.n) {
    const end = share(rows, thread + 1, threads);
    for (let row = share(rows, thread, threads); row < end; ) {
      // Rows of one batch entry at a time.
      const entry = row / p.m;
      const first = row - entry * p.m;
      const count = min(p.m - first, end - row);
      multiply(p, entry, first, count, 0, p.n);
      row += count;
    }
  } else {
    // Whole cache lines of C for each thread.
    const lines = (p.n + 15) / 16;
    const first = share(lines, thread, threads) * 16;
    const end = min(p.n, share(lines, thread + 1, threads) * 16);
    if (first < end) for (let entry = 0; entry < p.batch; ++entry) multiply(p, entry, 0, p.m, first, end - first);
  }
}

/** Where share `i` of `total` things in `parts` begins. */
@inline
function share(total: i32, i: i32, parts: i32): i32 {
  return <i32>(<i64>total * i / parts);
}

/** Rows × columns of C[entry] from (row, column) on, and the epilogue. */
function multiply(p: Matmul, entry: i32, row: i32, rows: i32, column: i32, columns: i32): void {
  const aRow = <usize>p.aRow << 2, aColumn = <usize>p.aColumn << 2;
  const bRow = <usize>p.bRow << 2, bColumn = <usize>p.bColumn << 2;
  let cRow = <usize>p.n << 2;
  let a = p.a, b = p.b, c = p.c;
  if (p.entries) {
    const entries = changetype<Entries>(p.entries);
    cRow = <usize>entries.cRow << 2;
    let rest = entry;
    for (let axis = entries.axes - 1; axis >= 0; --axis) {
      const words = p.entries + offsetof<Entries>() + (axis << 4);
      const extent = load<i32>(words);
      const index = rest % extent;
      rest /= extent;
      a += index * load<i32>(words, 4) << 2;
      b += index * load<i32>(words, 8) << 2;
      c += index * load<i32>(words, 12) << 2;
    }
  } else {
    a += <usize>entry * p.aBatch << 2;
    b += <usize>entry * p.bBatch << 2;
    c += <usize>entry * p.m * cRow;
  }
  a += row * aRow;
  b += column * bColumn;
  c += row * cRow + (<usize>column << 2);
  const scratch = ownScratch(p.scratch);

  const isVector = (p.m == 1 || (p.n == 1 && cRow == 4)) && !p.patches;
  const blocks = isVector ? 1 : (rows + BLOCK_ROWS - 1) / BLOCK_ROWS;
  for (let i = 0; i < blocks; ++i) {
    const first = share(rows, i, blocks);
    const count = share(rows, i + 1, blocks) - first;
    const blockA = a + first * aRow;
    const blockC = c + first * cRow;
    if (p.k == 0) clearRows(blockC, cRow, count, columns);
    else if (isVector && p.m == 1) multiplyVector(p.k, columns, blockA, aColumn, b, bRow, bColumn, blockC);
    // A column of C is the row of Cᵀ = Bᵀ·Aᵀ.
    else if (isVector) multiplyVector(p.k, count, b, bRow, blockA, aColumn, aRow, blockC);
    else multiplyRows(
      count, columns, p.k, blockA, aRow, aColumn, p.patches, row + first, b, bRow, bColumn, blockC, cRow, scratch
    );
    if (p.epilogue) finish(p, entry * p.m + row + first, count, column, columns);
  }
}

/** Applies the epilogue to what has just been computed. */
function finish(p: Matmul, row: i32, rows: i32, column: i32, columns: i32): void {
  if (columns == p.n) return mapElements(p.epilogue, row * p.n, (row + rows) * p.n);
  const from = row * p.n + column;
  for (let i = 0; i < rows; ++i) mapElements(p.epilogue, from + i * p.n, from + i * p.n + columns);
}

function clearRows(c: usize, cRow: usize, rows: i32, columns: i32): void {
  for (; rows > 0; --rows) {
    memory.fill(c, 0, <usize>columns << 2);
    c += cRow;
  }
}

/** A block of rows over all of k. Strides in bytes. Where A is `patches`, the rows are those from `patchRow` on. */
function multiplyRows(
  rows: i32, columns: i32, depth: i32,
  a: usize, aRow: usize, aColumn: usize, patches: usize, patchRow: i32,
  b: usize, bRow: usize, bColumn: usize,
  c: usize, cRow: usize,
  scratch: usize,
): void {
  // Panels as even as can be: `taller` of them have a row more than the others.
  const panels = (rows + TILE_ROWS - 1) / TILE_ROWS;
  const height = rows / panels;
  const taller = rows - panels * height;
  const tallRows = taller * (height + 1);
  const blockDepth = blockDepthOf(depth);
  const inPlace = bColumn == 4 && panels <= (bRow & 511 ? FEW_PANELS : FEW_PANELS_COLLIDING);
  const lines = scratch + RAGGED_BYTES;
  const tables = lines + LINES_BYTES;
  const packedB = lines + TABLE_BYTES;
  const packedA = packedB + (<usize>blockDepth * PANEL << 2);
  for (let row = 0; row < rows; ++row) store<i32>(lines + (row << 2), row * cRow);

  for (let k = 0; k < depth; k += blockDepth) {
    const d = min(blockDepth, depth - k);
    const blockA = a + k * aColumn;
    const shortA = packedA + (<usize>tallRows * d << 2);
    if (patches) {
      call_indirect<void>(
        PACK_PATCH_BLOCK, packedA, taller, panels - taller, height, a, patches, patchRow, tables, k, d
      );
    } else {
      packPanels(packedA, taller, height + 1, blockA, d, aRow, aColumn);
      packPanels(shortA, panels - taller, height, blockA + tallRows * aRow, d, aRow, aColumn);
    }
    for (let j = 0; j < columns; j += PANEL) {
      const count = min(PANEL, columns - j);
      const width = count > NARROW ? PANEL : NARROW;
      let panel = b + j * bColumn + k * bRow;
      let stride = bRow;
      if (!inPlace || count < width) {
        packPanel(packedB, width, panel, count, d, bColumn, bRow);
        panel = packedB;
        stride = <usize>width << 2;
      }
      const target = c + (<usize>j << 2);
      multiplyPanels(taller, height + 1, count, d, packedA, panel, stride, target, lines, k > 0, scratch);
      multiplyPanels(
        panels - taller, height, count, d, shortA, panel, stride, target, lines + (tallRows << 2), k > 0, scratch
      );
    }
  }
}

/** Packs `panels` panels of `height` rows each of A. */
export function packPanels(
  target: usize, panels: i32, height: i32, a: usize, depth: i32, aRow: usize, aColumn: usize,
): void {
  for (; panels > 0; --panels) {
    packPanel(target, height, a, height, depth, aRow, aColumn);
    target += <usize>height * depth << 2;
    a += height * aRow;
  }
}

/**
 * Multiplies `panels` panels of A, `height` rows each, by one panel of B of `columns` ≤ 8 columns. `lines`: offsets of
 * C's rows.
 */
export function multiplyPanels(
  panels: i32, height: i32, columns: i32, depth: i32,
  a: usize, b: usize, bStride: usize, c: usize, lines: usize,
  accumulate: bool, ragged: usize,
): void {
  const wide = columns > NARROW;
  const whole = columns == (wide ? PANEL : NARROW);
  for (; panels > 0; --panels) {
    if (whole) {
      multiplyTile(height, wide, depth, a, b, bStride, c, lines, accumulate);
    } else {
      multiplyTile(height, wide, depth, a, b, bStride, ragged, RAGGED_LINES, false);
      copyRagged(height, columns, ragged, c, lines, accumulate);
    }
    a += <usize>height * depth << 2;
    lines += height << 2;
  }
}

const RAGGED_LINES: usize = memory.data<i32>([0, 32, 64, 96, 128, 160], 4);

/** Stores or adds the columns of such a tile that exist. */
function copyRagged(rows: i32, columns: i32, ragged: usize, c: usize, lines: usize, accumulate: bool): void {
  for (; rows > 0; --rows) {
    const line = c + load<i32>(lines);
    for (let j = 0; j < columns; ++j) {
      const value = load<f32>(ragged + (j << 2));
      const target = line + (j << 2);
      store<f32>(target, accumulate ? load<f32>(target) + value : value);
    }
    ragged += PANEL << 2;
    lines += 4;
  }
}
