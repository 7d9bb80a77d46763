/**
 * Convolutions of 3×3 windows, one element apart, by Winograd's F(2×2, 3×3): 16 multiplications for a tile of 2×2
 * outputs where the plain product needs 36 (Lavin & Gray 2016, arXiv:1509.09308).
 *
 *     U = G·g·Gᵀ   of every filter and channel       V = Bᵀ·d·B   of every tile and channel
 *     M = V·U      16 products of matrices [tiles, channels]·[channels, filters], one for each element of a 4×4 tile
 *     y = Aᵀ·M·A   of every tile and filter
 *
 * The gradient in the filters is the adjoint: Gᵀ·(Σ over tiles of V·(A·dy·Aᵀ))·G.
 *
 * Bits depend neither on the blocks nor on the number of threads: sums over channels are made in order, sums over tiles
 * in blocks whose size depends on the shape alone.
 */
import { TILE_ROWS } from "./blocks";
import { mapElements, multiplyPanels, ownScratch, packPanels } from "./core-imports";

/** The record, in words of 4 bytes. Addresses are in bytes, strides in elements. */
@unmanaged
class Winograd {
  batch: i32;
  /** What the windows slide over, contiguous [batch, height, width, depth], and the margins before it. */
  input: usize;
  height: i32;
  width: i32;
  depth: i32;
  lowHeight: i32;
  lowWidth: i32;
  /** [batch, outHeight, outWidth, filters]: the result, or in `winogradFilterGrad` the gradient that comes in. */
  output: usize;
  outHeight: i32;
  outWidth: i32;
  filters: i32;
  /** The first tap of the filters (or of their gradient), and from there to the next tap, channel and filter. */
  kernel: usize;
  tap: i32;
  channel: i32;
  filter: i32;
  /** Rows of tiles in a block. */
  blockRows: i32;
  /** `winogradScratchBytes` (src/backends/wasm/winograd-record.ts). */
  scratch: usize;
  /** A record of `map` to apply to finished elements, or 0. */
  epilogue: usize;
}

/** Between the 16 matrices, beside their own length: they would else share a few sets of the first-level cache. */
const GAP: usize = 192;

/** Turns the sign of a number. */
const SIGN: i32 = i32.MIN_VALUE;

@inline
function tileRowsOf(p: Winograd): i32 {
  return (p.outHeight + 1) >> 1;
}

@inline
function tileColumnsOf(p: Winograd): i32 {
  return (p.outWidth + 1) >> 1;
}

/** Kernel: this thread's share of the rows of tiles. */
export function winograd(record: usize, thread: i32, threads: i32): void {
  const p = changetype<Winograd>(record);
  const rows = p.batch * tileRowsOf(p);
  const end = <i32>(<i64>rows * (thread + 1) / threads);
  let row = <i32>(<i64>rows * thread / threads);
  if (row == end) return;
  const depth = p.depth, filters = p.filters;
  const u = ownScratch(p.scratch);
  const most = p.blockRows * tileColumnsOf(p);
  const patch = u + (<usize>depth * filters << 6);
  const packed = patch + (<usize>depth << 6);
  const v = packed + (<usize>most * depth << 2);
  const m = v + ((<usize>most * depth << 2) + GAP) * 16;
  const lines = m + ((<usize>most * filters << 2) + GAP) * 16;
  transformFilters(p, u);
  for (let i = 0; i < most; ++i) store<i32>(lines + (i << 2), i * filters << 2);
  while (row < end) {
    const count = min(p.blockRows, end - row);
    const tiles = count * tileColumnsOf(p);
    const vStep = (<usize>tiles * depth << 2) + GAP, mStep = (<usize>tiles * filters << 2) + GAP;
    transformInputs(p, row, count, 0, depth, v, vStep, patch);
    for (let e = 0; e < 16; ++e) multiply(
      tiles, filters, depth, v + e * vStep, depth << 2, 4, u + (<usize>e * depth * filters << 2), 32, depth << 5,
      m + e * mStep, lines, false, packed
    );
    transformOutputs(p, row, count, m, mStep);
    if (p.epilogue) mapElements(p.epilogue, outputOf(p, row) * filters, outputOf(p, row + count) * filters);
    row += count;
  }
}

/** Pixels of the output before the first one of a row of tiles. */
function outputOf(p: Winograd, row: i32): i32 {
  const rows = tileRowsOf(p);
  const sample = row / rows;
  return (sample * p.outHeight + 2 * (row - sample * rows)) * p.outWidth;
}

/** C = A·B or C += A·B for `columns` that make whole panels of B, `panel` bytes apart. */
function multiply(
  rows: i32, columns: i32, depth: i32, a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, panel: usize,
  c: usize, lines: usize, accumulate: bool, packed: usize,
): void {
  const panels = (rows + TILE_ROWS - 1) / TILE_ROWS;
  const height = rows / panels;
  const taller = rows - panels * height;
  const tallRows = taller * (height + 1);
  const short = packed + (<usize>tallRows * depth << 2);
  packPanels(packed, taller, height + 1, a, depth, aRow, aColumn);
  packPanels(short, panels - taller, height, a + tallRows * aRow, depth, aRow, aColumn);
  for (let j = 0; j < columns; j += 8) {
    multiplyPanels(taller, height + 1, 8, depth, packed, b, bRow, c, lines, accumulate, 0);
    multiplyPanels(panels - taller, height, 8, depth, short, b, bRow, c, lines + (tallRows << 2), accumulate, 0);
    b += panel;
    c += 32;
  }
}

/** Four lanes, `step` bytes apart. */
function gather(source: usize, step: usize): v128 {
  let x = v128.load32_zero(source);
  x = v128.load32_lane(source + step, x, 1);
  x = v128.load32_lane(source + 2 * step, x, 2);
  return v128.load32_lane(source + 3 * step, x, 3);
}

@inline
function half(x: v128): v128 {
  return f32x4.mul(x, f32x4.splat(0.5));
}

/** U of all filters, as panels of B: [element][panel of 8 filters][channel][filter]. */
function transformFilters(p: Winograd, u: usize): void {
  const depth = p.depth, filters = p.filters;
  const tap = p.tap << 2, lane = p.filter << 2;
  const step = <usize>depth * filters << 2;
  for (let f = 0; f < filters; f += 4) {
    for (let k = 0; k < depth; ++k) {
      const g = p.kernel + (k * p.channel << 2) + f * lane;
      const target = u + (<usize>(f >> 3) * depth << 5) + (k << 5) + ((f & 4) << 2);
      for (let j = 0; j < 3; ++j) {
        const g0 = gather(g + j * tap, lane), g1 = gather(g + (3 + j) * tap, lane);
        const g2 = gather(g + (6 + j) * tap, lane);
        const even = half(f32x4.add(g0, g2)), odd = half(g1);
        v128.store(target + j * step, g0);
        v128.store(target + (4 + j) * step, f32x4.add(even, odd));
        v128.store(target + (8 + j) * step, f32x4.sub(even, odd));
        v128.store(target + (12 + j) * step, g2);
      }
      for (let row = target; row < target + 16 * step; row += 4 * step) {
        const g0 = v128.load(row), g1 = v128.load(row + step), g2 = v128.load(row + 2 * step);
        const even = half(f32x4.add(g0, g2)), odd = half(g1);
        v128.store(row + step, f32x4.add(even, odd));
        v128.store(row + 2 * step, f32x4.sub(even, odd));
        v128.store(row + 3 * step, g2);
      }
    }
  }
}

/** V of `count` rows of tiles, for `channels` channels from `first` on: [element][tile][channel]. */
function transformInputs(
  p: Winograd, row: i32, count: i32, first: i32, channels: i32, v: usize, step: usize, patch: usize,
): void {
  const tileRows = tileRowsOf(p), tileColumns = tileColumnsOf(p);
  const pixel = <usize>p.depth << 2, bytes = <usize>channels << 2;
  const line = p.width * pixel;
  for (const end = row + count; row < end; ++row) {
    const sample = row / tileRows;
    const top = 2 * (row - sample * tileRows) - p.lowHeight;
    const image = p.input + sample * p.height * line + (first << 2);
    for (let column = 0; column < tileColumns; ++column) {
      const left = 2 * column - p.lowWidth;
      if (top >= 0 && left >= 0 && top + 4 <= p.height && left + 4 <= p.width) {
        transformTile(image + top * line + left * pixel, line, pixel, bytes, v, step);
      } else {
        // What is beyond the image is 0.
        for (let i = 0; i < 16; ++i) {
          const y = top + (i >> 2), x = left + (i & 3);
          const target = patch + i * bytes;
          if (<u32>y < <u32>p.height && <u32>x < <u32>p.width) memory.copy(target, image + y * line + x * pixel, bytes);
          else memory.fill(target, 0, bytes);
        }
        transformTile(patch, 4 * bytes, bytes, bytes, v, step);
      }
      v += bytes;
    }
  }
}

/** Bᵀ·d·B of 4×4 pixels `line` and `pixel` bytes apart. */
function transformTile(d: usize, line: usize, pixel: usize, bytes: usize, v: usize, step: usize): void {
  const second = d + line, third = d + 2 * line;
  transformLine(d, third, SIGN, pixel, bytes, v, step);
  transformLine(second, third, 0, pixel, bytes, v + 4 * step, step);
  transformLine(third, second, SIGN, pixel, bytes, v + 8 * step, step);
  transformLine(second, d + 3 * line, SIGN, pixel, bytes, v + 12 * step, step);
}

/** Four elements of V, from x + y or, where the sign of y is turned, from x − y. */
function transformLine(x: usize, y: usize, sign: i32, pixel: usize, bytes: usize, v: usize, step: usize): void {
  const turn = i32x4.splat(sign);
  for (const end = x + bytes; x < end; x += 16) {
    const s0 = f32x4.add(v128.load(x), v128.xor(v128.load(y), turn));
    const s1 = f32x4.add(v128.load(x + pixel), v128.xor(v128.load(y + pixel), turn));
    const s2 = f32x4.add(v128.load(x + 2 * pixel), v128.xor(v128.load(y + 2 * pixel), turn));
    const s3 = f32x4.add(v128.load(x + 3 * pixel), v128.xor(v128.load(y + 3 * pixel), turn));
    v128.store(v, f32x4.sub(s0, s2));
    v128.store(v + step, f32x4.add(s1, s2));
    v128.store(v + 2 * step, f32x4.sub(s2, s1));
    v128.store(v + 3 * step, f32x4.sub(s1, s3));
    y += 16;
    v += 16;
  }
}

/** y = Aᵀ·M·A of `count` rows of tiles. */
function transformOutputs(p: Winograd, row: i32, count: i32, m: usize, step: usize): void {
  const pixel = <usize>p.filters << 2;
  const line = p.outWidth * pixel;
  const tileRows = tileRowsOf(p), tileColumns = tileColumnsOf(p);
  for (const end = row + count; row < end; ++row) {
    const hasLower = 2 * (row % tileRows) + 1 < p.outHeight;
    let y = p.output + outputOf(p, row) * pixel;
    for (let column = 0; column < tileColumns; ++column) {
      const hasRight = 2 * column + 1 < p.outWidth;
      storeLine(m, step, 0, y, pixel, hasRight);
      if (hasLower) storeLine(m + 4 * step, step, SIGN, y + line, pixel, hasRight);
      y += 2 * pixel;
      m += pixel;
    }
  }
}

/**
 * One or two outputs of a tile: m0 + m1 + m2 and m1 − m2 − m3 of its columns. Of each column comes in the sum of three
 * lines from m on, the second and third with their signs turned where `sign` says so.
 */
function storeLine(m: usize, step: usize, sign: i32, y: usize, pixel: usize, hasRight: bool): void {
  const turn = i32x4.splat(sign);
  for (const end = y + pixel; y < end; y += 16) {
    const s0 = sumOf(m, step, turn), s1 = sumOf(m + step, step, turn), s2 = sumOf(m + 2 * step, step, turn);
    v128.store(y, f32x4.add(f32x4.add(s0, s1), s2));
    if (hasRight) v128.store(y + pixel, f32x4.sub(f32x4.sub(s1, s2), sumOf(m + 3 * step, step, turn)));
    m += 16;
  }
}

@inline
function sumOf(m: usize, step: usize, turn: v128): v128 {
  const x = f32x4.add(v128.load(m), v128.xor(v128.load(m + 4 * step), turn));
  return f32x4.add(x, v128.xor(v128.load(m + 8 * step), turn));
}

/** Kernel: the gradient in the filters, of this thread's share of the channels. */
export function winogradFilterGrad(record: usize, thread: i32, threads: i32): void {
  const p = changetype<Winograd>(record);
  const groups = p.depth >> 2;
  const first = <i32>(<i64>groups * thread / threads) << 2;
  const channels = (<i32>(<i64>groups * (thread + 1) / threads) << 2) - first;
  if (channels == 0) return;
  const filters = p.filters;
  const w = ownScratch(p.scratch);
  const wStep = <usize>channels * filters << 2;
  const most = p.blockRows * tileColumnsOf(p);
  const patch = w + (<usize>p.depth * filters << 6);
  const packed = patch + (<usize>max(p.depth, filters) << 6);
  const v = packed + (<usize>most * p.depth << 2);
  const d = v + ((<usize>most * p.depth << 2) + GAP) * 16;
  const lines = d + ((<usize>most * filters << 2) + GAP) * 16;
  for (let i = 0; i < channels; ++i) store<i32>(lines + (i << 2), i * filters << 2);
  const rows = p.batch * tileRowsOf(p);
  for (let row = 0; row < rows; row += p.blockRows) {
    const count = min(p.blockRows, rows - row);
    const tiles = count * tileColumnsOf(p);
    const vStep = (<usize>tiles * channels << 2) + GAP, dStep = (<usize>tiles * filters << 2) + GAP;
    transformInputs(p, row, count, first, channels, v, vStep, patch);
    transformGradients(p, row, count, d, dStep, patch);
    for (let e = 0; e < 16; ++e) multiply(
      channels, filters, tiles, v + e * vStep, 4, channels << 2, d + e * dStep, filters << 2, 32,
      w + e * wStep, lines, row > 0, packed
    );
  }
  storeFilters(p, first, channels, w, wStep);
  if (!p.epilogue) return;
  for (let tap = 0; tap < 9; ++tap) {
    const from = (tap * p.depth + first) * filters;
    mapElements(p.epilogue, from, from + channels * filters);
  }
}

/** A·dy·Aᵀ of `count` rows of tiles: [element][tile][filter]. */
function transformGradients(p: Winograd, row: i32, count: i32, d: usize, step: usize, patch: usize): void {
  const pixel = <usize>p.filters << 2;
  const line = p.outWidth * pixel;
  const tileRows = tileRowsOf(p), tileColumns = tileColumnsOf(p);
  for (const end = row + count; row < end; ++row) {
    const hasLower = 2 * (row % tileRows) + 1 < p.outHeight;
    let y = p.output + outputOf(p, row) * pixel;
    for (let column = 0; column < tileColumns; ++column) {
      const hasRight = 2 * column + 1 < p.outWidth;
      if (hasLower && hasRight) {
        spreadTile(y, line, pixel, d, step);
      } else {
        memory.fill(patch, 0, 4 * pixel);
        memory.copy(patch, y, hasRight ? 2 * pixel : pixel);
        if (hasLower) memory.copy(patch + 2 * pixel, y + line, pixel);
        spreadTile(patch, 2 * pixel, pixel, d, step);
      }
      y += 2 * pixel;
      d += pixel;
    }
  }
}

/** A·dy·Aᵀ of 2×2 pixels. */
function spreadTile(y: usize, line: usize, pixel: usize, d: usize, step: usize): void {
  for (const end = y + pixel; y < end; y += 16) {
    // Rows of dy·Aᵀ: y0, y0 + y1, y0 − y1, −y1; and columns alike.
    const x0 = v128.load(y), x1 = v128.load(y + pixel);
    const y0 = v128.load(y + line), y1 = v128.load(y + line + pixel);
    const sum0 = f32x4.add(x0, y0), sum1 = f32x4.add(x1, y1);
    const rest0 = f32x4.sub(x0, y0), rest1 = f32x4.sub(x1, y1);
    spreadLine(x0, x1, d, step);
    spreadLine(sum0, sum1, d + 4 * step, step);
    spreadLine(rest0, rest1, d + 8 * step, step);
    spreadLine(f32x4.neg(y0), f32x4.neg(y1), d + 12 * step, step);
    d += 16;
  }
}

@inline
function spreadLine(x: v128, y: v128, d: usize, step: usize): void {
  v128.store(d, x);
  v128.store(d + step, f32x4.add(x, y));
  v128.store(d + 2 * step, f32x4.sub(x, y));
  v128.store(d + 3 * step, f32x4.neg(y));
}

/** Gᵀ·W·G of `channels` channels from `first` on. */
function storeFilters(p: Winograd, first: i32, channels: i32, w: usize, step: usize): void {
  const tap = <usize>p.tap << 2;
  const target = p.kernel + (first * p.filters << 2);
  const bytes = <usize>channels * p.filters << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    // Gᵀ·W in place, column by column; then rows.
    for (let column = w + at; column < w + at + 4 * step; column += step) {
      const x = v128.load(column + 4 * step), y = v128.load(column + 8 * step);
      const even = half(f32x4.add(x, y));
      v128.store(column, f32x4.add(v128.load(column), even));
      v128.store(column + 4 * step, half(f32x4.sub(x, y)));
      v128.store(column + 8 * step, f32x4.add(even, v128.load(column + 12 * step)));
    }
    for (let i = 0; i < 3; ++i) {
      const row = w + at + 4 * i * step, to = target + at + 3 * i * tap;
      const x = v128.load(row + step), y = v128.load(row + 2 * step);
      const even = half(f32x4.add(x, y));
      v128.store(to, f32x4.add(v128.load(row), even));
      v128.store(to + tap, half(f32x4.sub(x, y)));
      v128.store(to + 2 * tap, f32x4.add(even, v128.load(row + 3 * step)));
    }
  }
}
