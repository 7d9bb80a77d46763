/**
 * Windows that slide over [batch, depth, height, width, channels], clipped at the borders: the value at the largest key
 * of each, or the sum, and the adjoints of both. A vector holds four channels. A window's elements are taken in
 * row-major order by every thread, whatever the number of threads.
 */
import { fillWords } from "./gather";
import { BLOCK, FILL, fold, MAX, PICK, SCATTER, SELECT, SPREAD, SUM, unfold } from "./pool-window";

@unmanaged
class Windows {
  batch: i32;
  channels: i32;
  inDepth: i32;
  inHeight: i32;
  inWidth: i32;
  outDepth: i32;
  outHeight: i32;
  outWidth: i32;
  sizeDepth: i32;
  sizeHeight: i32;
  sizeWidth: i32;
  strideDepth: i32;
  strideHeight: i32;
  strideWidth: i32;
  lowDepth: i32;
  lowHeight: i32;
  lowWidth: i32;
}

@unmanaged
class Pool extends Windows {
  isSum: i32;
  keys: usize;
  /** The input, or dy. */
  source: usize;
  output: usize;
}

/** Fewer vectors than this per thread are not worth another thread. */
const GRAIN: i32 = 1024;
export function pool(record: usize, thread: i32, threads: i32): void {
  const r = changetype<Pool>(record);
  const rows = r.batch * r.outDepth * r.outHeight;
  const rowVectors = max(1, (r.outWidth * r.channels * r.sizeDepth * r.sizeHeight * r.sizeWidth) >> 2);
  const share = max((rows + threads - 1) / threads, (GRAIN + rowVectors - 1) / rowVectors);
  const from = min(thread * share, rows);
  const to = min(from + share, rows);
  if (r.isSum != 0) sum(r, from, to);
  else if (r.keys == r.source) maximum(r, from, to);
  else select(r, from, to);
}

/**
 * Threads share out images, or blocks of channels where there are few images: windows that overlap are never on two
 * threads.
 */
export function poolGrad(record: usize, thread: i32, threads: i32): void {
  const r = changetype<Pool>(record);
  const blocks = r.batch >= threads ? 1 : (r.channels + BLOCK - 1) / BLOCK;
  const units = r.batch * blocks;
  const share = (units + threads - 1) / threads;
  const end = min((thread + 1) * share, units);
  const rows = r.outDepth * r.outHeight;
  const pixels = r.inDepth * r.inHeight * r.inWidth;
  const isDisjoint = r.strideDepth >= r.sizeDepth && r.strideHeight >= r.sizeHeight && r.strideWidth >= r.sizeWidth;
  for (let unit = thread * share; unit < end; ++unit) {
    const image = unit / blocks;
    const first = blocks == 1 ? 0 : (unit - image * blocks) * BLOCK;
    const last = blocks == 1 ? r.channels : min(first + BLOCK, r.channels);
    const target = r.output + (image * pixels * r.channels << 2);
    if (blocks > 1) for (let i = 0; i < pixels; ++i) fillWords(
      target + ((i * r.channels + first) << 2), 0, last - first
    );
    else if (!isDisjoint || !coversAll(r) || r.channels % BLOCK != 0) fillWords(target, 0, pixels * r.channels);
    if (isDisjoint) {
      if (r.isSum != 0) fill(r, image * rows, (image + 1) * rows, first, last);
      else pick(r, image * rows, (image + 1) * rows, first, last);
    } else {
      if (r.isSum != 0) spread(r, image * rows, (image + 1) * rows, first, last);
      else scatter(r, image * rows, (image + 1) * rows, first, last);
    }
  }
}

/** Whether windows that do not overlap leave nothing out. */
@inline
function coversAll(r: Pool): bool {
  return (
    r.strideDepth == r.sizeDepth && r.outDepth * r.strideDepth - r.lowDepth >= r.inDepth &&
    r.strideHeight == r.sizeHeight && r.outHeight * r.strideHeight - r.lowHeight >= r.inHeight &&
    r.strideWidth == r.sizeWidth && r.outWidth * r.strideWidth - r.lowWidth >= r.inWidth
  );
}

/**
 * Each loop in a function of its own: with several in one, V8 keeps less in registers (gradients took 1.2 to 1.7 times
 * as long).
 */
function sum(r: Pool, from: i32, to: i32): void {
  eachWindow(SUM, r, from, to, 0, r.channels);
}
function select(r: Pool, from: i32, to: i32): void {
  eachWindow(SELECT, r, from, to, 0, r.channels);
}
function maximum(r: Pool, from: i32, to: i32): void {
  eachWindow(MAX, r, from, to, 0, r.channels);
}
function spread(r: Pool, from: i32, to: i32, first: i32, last: i32): void {
  eachWindow(SPREAD, r, from, to, first, last);
}
function scatter(r: Pool, from: i32, to: i32, first: i32, last: i32): void {
  eachWindow(SCATTER, r, from, to, first, last);
}
function fill(r: Pool, from: i32, to: i32, first: i32, last: i32): void {
  eachWindow(FILL, r, from, to, first, last);
}
function pick(r: Pool, from: i32, to: i32, first: i32, last: i32): void {
  eachWindow(PICK, r, from, to, first, last);
}

/** The windows of rows [from, to) of [batch, outDepth, outHeight], channels [first, last). */
@inline
function eachWindow(mode: i32, r: Pool, from: i32, to: i32, first: i32, last: i32): void {
  const pixel = r.channels << 2;
  const line = r.inWidth * pixel;
  const plane = r.inHeight * line;
  const rows = r.outDepth * r.outHeight;
  for (let row = from; row < to; ++row) {
    const image = row / rows;
    const d = (row - image * rows) / r.outHeight;
    const h = row - image * rows - d * r.outHeight;
    const startDepth = d * r.strideDepth - r.lowDepth;
    const startHeight = h * r.strideHeight - r.lowHeight;
    const depth = max(startDepth, 0);
    const height = max(startHeight, 0);
    const depths = min(startDepth + r.sizeDepth, r.inDepth) - depth;
    const heights = min(startHeight + r.sizeHeight, r.inHeight) - height;
    const base = (image * r.inDepth + depth) * plane + height * line + (first << 2);
    let startWidth = -r.lowWidth;
    let place = row * r.outWidth * pixel + (first << 2);
    for (let w = r.outWidth; w > 0; --w) {
      const width = max(startWidth, 0);
      const widths = min(startWidth + r.sizeWidth, r.inWidth) - width;
      const element = base + width * pixel;
      if (mode >= SPREAD) unfold(
        mode, r.keys + element, r.source + place, last - first, r.output + element, depths, heights, widths, pixel,
        line, plane
      );
      else fold(
        mode, r.keys + element, r.source + element, last - first, r.output + place, depths, heights, widths, pixel,
        line, plane
      );
      startWidth += r.strideWidth;
      place += pixel;
    }
  }
}
