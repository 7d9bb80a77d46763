/**
 * Depthwise convolutions, channels last. A convolution and its adjoint in the input are both sums of taps at evenly
 * spaced places, which the host works out (src/backends/wasm/depthwise-record.ts), so that one loop does both. The
 * gradient of the kernel is at the end of the file.
 */
import { fillWords } from "./gather";
import { loadPartial, splat, storePartial } from "./simd";
import { madd } from "./multiply-add";

@unmanaged
class Depthwise {
  batch: i32;
  channels: i32;
  sourceHeight: i32;
  sourceWidth: i32;
  outHeight: i32;
  outWidth: i32;
  kernelWidth: i32;
  source: usize;
  kernel: usize;
  output: usize;
  /** So many pairs of Taps follow, for rows and for columns. */
  phases: i32;
}

/**
 * Output `first + p·step`, p < count, is Σ_t source[p·stride − low + t·dilation] · kernel[kernelFirst + t·kernelStep],
 * t < taps.
 */
@unmanaged
class Taps {
  count: i32;
  first: i32;
  step: i32;
  stride: i32;
  low: i32;
  taps: i32;
  dilation: i32;
  kernelFirst: i32;
  kernelStep: i32;
}

/** ⌈a / b⌉ of a ≥ 0, else 0. */
@inline
function ceiling(a: i32, b: i32): i32 {
  return a > 0 ? (a + b - 1) / b : 0;
}

export function depthwise(record: usize, thread: i32, threads: i32): void {
  const r = changetype<Depthwise>(record);
  let phase = record + offsetof<Depthwise>();
  for (let i = 0; i < r.phases; ++i) {
    const rows = changetype<Taps>(phase);
    const columns = changetype<Taps>(phase + offsetof<Taps>());
    const total = r.batch * rows.count;
    const share = (total + threads - 1) / threads;
    const to = min((thread + 1) * share, total);
    for (let row = thread * share; row < to; ++row) sumRow(r, rows, columns, row);
    phase += 2 * offsetof<Taps>();
  }
}

/** The taps of a window: places of the first one and bytes from one to the next, along rows and columns. */
let heights: i32 = 0;
let sourceRow: i32 = 0;
let sourceTap: i32 = 0;
let kernelRow: i32 = 0;
let kernelTap: i32 = 0;

/** One row of the output. */
function sumRow(r: Depthwise, h: Taps, w: Taps, row: i32): void {
  const pixel = r.channels << 2;
  const image = row / h.count;
  const p = row - image * h.count;
  const top = p * h.stride - h.low;
  const firstTap = ceiling(-top, h.dilation);
  heights = min(h.taps, ceiling(r.sourceHeight - top, h.dilation)) - firstTap;
  sourceRow = h.dilation * r.sourceWidth * pixel;
  sourceTap = w.dilation * pixel;
  kernelRow = h.kernelStep * r.kernelWidth * pixel;
  kernelTap = w.kernelStep * pixel;
  const source = r.source + (image * r.sourceHeight + top + firstTap * h.dilation) * r.sourceWidth * pixel;
  const kernel = r.kernel + (h.kernelFirst + firstTap * h.kernelStep) * r.kernelWidth * pixel;
  let target = r.output + ((image * r.outHeight + h.first + p * h.step) * r.outWidth + w.first) * pixel;
  const targetStep = w.step * pixel;
  const sourceStep = w.stride * pixel;
  // Between these all taps of a row meet the source.
  const inner = ceiling(w.low, w.stride);
  const outer = min(w.count, ceiling(r.sourceWidth + w.low - (w.taps - 1) * w.dilation, w.stride));
  let q = 0;
  while (q < w.count) {
    if (q >= inner && q + 2 <= outer && outer - inner >= 4) {
      // The last group may do a pixel or two again that the one before has done.
      const back = max(0, q + 4 - outer);
      sumGroup(
        source + ((q - back) * w.stride - w.low) * pixel, sourceStep, kernel + w.kernelFirst * pixel, w.taps,
        r.channels, target - back * targetStep, targetStep
      );
      target += (4 - back) * targetStep;
      q += 4 - back;
      continue;
    }
    const left = q * w.stride - w.low;
    const first = ceiling(-left, w.dilation);
    const widths = min(w.taps, ceiling(r.sourceWidth - left, w.dilation)) - first;
    sumPixel(
      source + (left + first * w.dilation) * pixel, kernel + (w.kernelFirst + first * w.kernelStep) * pixel, widths,
      r.channels, target
    );
    target += targetStep;
    ++q;
  }
}

/** Four pixels side by side: each weight is loaded once for the four. */
function sumGroup(
  source: usize, step: i32, kernel: usize, widths: i32, channels: i32, target: usize, targetStep: i32,
): void {
  const sourceStep = sourceTap;
  const kernelStep = kernelTap;
  if (widths == 3 && sourceStep == step) {
    const done = channels & ~3;
    sumThree(source, step, kernel, done, target, targetStep);
    channels -= done;
    source += done << 2;
    kernel += done << 2;
    target += done << 2;
  }
  for (; channels >= 4; channels -= 4) {
    let a = splat(0), b = a, c = a, d = a;
    for (let h = 0; h < heights; ++h) {
      let x = source + h * sourceRow;
      let k = kernel + h * kernelRow;
      for (let w = widths; w > 0; --w) {
        const weight = v128.load(k);
        a = madd(v128.load(x), weight, a);
        b = madd(v128.load(x + step), weight, b);
        c = madd(v128.load(x + 2 * step), weight, c);
        d = madd(v128.load(x + 3 * step), weight, d);
        x += sourceStep;
        k += kernelStep;
      }
    }
    v128.store(target, a);
    v128.store(target + targetStep, b);
    v128.store(target + 2 * targetStep, c);
    v128.store(target + 3 * targetStep, d);
    source += 16;
    kernel += 16;
    target += 16;
  }
  if (channels == 0) return;
  for (let i = 0; i < 4; ++i) {
    sumPixel(source, kernel, widths, channels, target);
    source += step;
    target += targetStep;
  }
}

/**
 * The same for three taps as far apart as the pixels: each element is loaded once for all the windows that it is in.
 */
function sumThree(source: usize, step: i32, kernel: usize, channels: i32, target: usize, targetStep: i32): void {
  const kernelStep = kernelTap;
  for (; channels >= 4; channels -= 4) {
    let a = splat(0), b = a, c = a, d = a;
    let x = source;
    let k = kernel;
    for (let h = heights; h > 0; --h) {
      const k0 = v128.load(k), k1 = v128.load(k + kernelStep), k2 = v128.load(k + 2 * kernelStep);
      a = madd(v128.load(x), k0, a);
      const x1 = v128.load(x + step);
      a = madd(x1, k1, a);
      b = madd(x1, k0, b);
      const x2 = v128.load(x + 2 * step);
      a = madd(x2, k2, a);
      b = madd(x2, k1, b);
      c = madd(x2, k0, c);
      const x3 = v128.load(x + 3 * step);
      b = madd(x3, k2, b);
      c = madd(x3, k1, c);
      d = madd(x3, k0, d);
      const x4 = v128.load(x + 4 * step);
      c = madd(x4, k2, c);
      d = madd(x4, k1, d);
      d = madd(v128.load(x + 5 * step), k2, d);
      x += sourceRow;
      k += kernelRow;
    }
    v128.store(target, a);
    v128.store(target + targetStep, b);
    v128.store(target + 2 * targetStep, c);
    v128.store(target + 3 * targetStep, d);
    source += 16;
    kernel += 16;
    target += 16;
  }
}

function sumPixel(source: usize, kernel: usize, widths: i32, channels: i32, target: usize): void {
  for (; channels >= 4; channels -= 4) {
    v128.store(target, sumVector(4, source, kernel, widths));
    source += 16;
    kernel += 16;
    target += 16;
  }
  if (channels > 0) storePartial(target, channels, sumVector(channels, source, kernel, widths));
}

@inline
function loadLanes(address: usize, lanes: i32): v128 {
  return lanes == 4 ? v128.load(address) : loadPartial(address, lanes, splat(0));
}

/** One to four channels of one pixel. */
@inline
function sumVector(lanes: i32, source: usize, kernel: usize, widths: i32): v128 {
  let sum = splat(0);
  for (let h = 0; h < heights; ++h) {
    let x = source + h * sourceRow;
    let k = kernel + h * kernelRow;
    for (let w = widths; w > 0; --w) {
      sum = madd(loadLanes(x, lanes), loadLanes(k, lanes), sum);
      x += sourceTap;
      k += kernelTap;
    }
  }
  return sum;
}

@unmanaged
class FilterGrad {
  batch: i32;
  channels: i32;
  inHeight: i32;
  inWidth: i32;
  outHeight: i32;
  outWidth: i32;
  sizeHeight: i32;
  sizeWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  dilationHeight: i32;
  dilationWidth: i32;
  lowHeight: i32;
  lowWidth: i32;
  input: usize;
  dy: usize;
  output: usize;
}

/** Channels that a thread takes: one cache line. */
const BLOCK: i32 = 16;

/** Threads share out channels, and rows of the kernel where there are few: never the terms of a sum. */
export function depthwiseFilterGrad(record: usize, thread: i32, threads: i32): void {
  const r = changetype<FilterGrad>(record);
  const blocks = (r.channels + BLOCK - 1) / BLOCK;
  if (blocks >= threads) {
    const share = (blocks + threads - 1) / threads;
    const first = min(thread * share * BLOCK, r.channels);
    filterGrad(r, 0, r.sizeHeight, first, min(first + share * BLOCK, r.channels));
    return;
  }
  for (let unit = thread; unit < blocks * r.sizeHeight; unit += threads) {
    const h = unit / blocks;
    const first = (unit - h * blocks) * BLOCK;
    filterGrad(r, h, h + 1, first, min(first + BLOCK, r.channels));
  }
}

/**
 * Rows [from, to) of the kernel, channels [first, last). Products are added up along each row of dy, then over the
 * rows.
 */
function filterGrad(r: FilterGrad, from: i32, to: i32, first: i32, last: i32): void {
  const pixel = r.channels << 2;
  const count = last - first;
  if (count <= 0) return;
  for (let tap = from * r.sizeWidth; tap < to * r.sizeWidth; ++tap) fillWords(
    r.output + tap * pixel + (first << 2), 0, count
  );
  const rows = r.batch * r.outHeight;
  for (let row = 0; row < rows; ++row) {
    const image = row / r.outHeight;
    const top = (row - image * r.outHeight) * r.strideHeight - r.lowHeight;
    const dy = r.dy + row * r.outWidth * pixel + (first << 2);
    for (let kh = from; kh < to; ++kh) {
      const h = top + kh * r.dilationHeight;
      if (h < 0 || h >= r.inHeight) continue;
      const x = r.input + (image * r.inHeight + h) * r.inWidth * pixel + (first << 2);
      for (let kw = 0; kw < r.sizeWidth; ++kw) {
        const left = kw * r.dilationWidth - r.lowWidth;
        const begin = ceiling(-left, r.strideWidth);
        const end = min(r.outWidth, ceiling(r.inWidth - left, r.strideWidth));
        const target = r.output + (kh * r.sizeWidth + kw) * pixel + (first << 2);
        addProducts(
          x + (left + begin * r.strideWidth) * pixel, r.strideWidth * pixel, dy + begin * pixel, pixel, end - begin,
          count, target
        );
      }
    }
  }
}

/** target += Σ x·dy over the pixels of one row. */
function addProducts(x: usize, step: i32, dy: usize, pixel: i32, pixels: i32, channels: i32, target: usize): void {
  for (; channels >= BLOCK; channels -= BLOCK) {
    let s0 = splat(0), s1 = s0, s2 = s0, s3 = s0;
    let a = x, b = dy;
    for (let i = 0; i < pixels; ++i) {
      s0 = madd(v128.load(a), v128.load(b), s0);
      s1 = madd(v128.load(a, 16), v128.load(b, 16), s1);
      s2 = madd(v128.load(a, 32), v128.load(b, 32), s2);
      s3 = madd(v128.load(a, 48), v128.load(b, 48), s3);
      a += step;
      b += pixel;
    }
    v128.store(target, f32x4.add(v128.load(target), s0));
    v128.store(target, f32x4.add(v128.load(target, 16), s1), 16);
    v128.store(target, f32x4.add(v128.load(target, 32), s2), 32);
    v128.store(target, f32x4.add(v128.load(target, 48), s3), 48);
    x += BLOCK << 2;
    dy += BLOCK << 2;
    target += BLOCK << 2;
  }
  for (; channels > 0; channels -= 4) {
    const lanes = min(channels, 4);
    let sum = splat(0);
    let a = x, b = dy;
    for (let i = 0; i < pixels; ++i) {
      sum = madd(loadLanes(a, lanes), loadLanes(b, lanes), sum);
      a += step;
      b += pixel;
    }
    const result = f32x4.add(loadLanes(target, lanes), sum);
    if (lanes == 4) v128.store(target, result);
    else storePartial(target, lanes, result);
    x += 16;
    dy += 16;
    target += 16;
  }
}
