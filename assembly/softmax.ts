/** Softmax, its logarithm and their gradients along rows. Each row is taken from its maximum, so nothing overflows. */
import { exp, loadPartial, log, madd, maxLanes, splat, storePartial, sumLanes } from "./simd";

@unmanaged
class Softmax {
  log: i32;
  rows: i32;
  columns: i32;
  input: usize;
  output: usize;
}

/** Fewer elements than this per thread are not worth another thread. */
const GRAIN: i32 = 1024;

/** Rows per thread. */
@inline
function shareOf(rows: i32, columns: i32, threads: i32): i32 {
  return max((rows + threads - 1) / threads, (GRAIN + columns - 1) / max(columns, 1));
}

export function softmax(record: usize, thread: i32, threads: i32): void {
  const r = changetype<Softmax>(record);
  const share = shareOf(r.rows, r.columns, threads);
  const to = min((thread + 1) * share, r.rows);
  const step = r.columns << 2;
  for (let row = thread * share; row < to; ++row) {
    if (r.log != 0) logSoftmaxRow(r.input + row * step, r.columns, r.output + row * step);
    else softmaxRow(r.input + row * step, r.columns, r.output + row * step);
  }
}

/** The largest number of a row; NaN need not count, because it makes the row's sum NaN. */
function maxOfRow(input: usize, columns: i32): f32 {
  let most = splat(-<f32>Infinity);
  let j = columns;
  for (; j >= 4; j -= 4) {
    most = f32x4.pmax(most, v128.load(input));
    input += 16;
  }
  return maxLanes(j > 0 ? f32x4.pmax(most, loadPartial(input, j, most)) : most);
}

/** Lanes below n. */
@inline
function firstLanes(n: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(n));
}

function softmaxRow(input: usize, columns: i32, output: usize): void {
  const most = splat(maxOfRow(input, columns));
  let sum = splat(0);
  let target = output;
  let j = columns;
  for (; j >= 4; j -= 4) {
    const e = exp(f32x4.sub(v128.load(input), most));
    v128.store(target, e);
    sum = f32x4.add(sum, e);
    input += 16;
    target += 16;
  }
  if (j > 0) {
    const e = exp(f32x4.sub(loadPartial(input, j, most), most));
    storePartial(target, j, e);
    sum = f32x4.add(sum, v128.and(e, firstLanes(j)));
  }
  const scale = splat(1 / sumLanes(sum));
  target = output;
  for (j = columns; j >= 4; j -= 4) {
    v128.store(target, f32x4.mul(v128.load(target), scale));
    target += 16;
  }
  if (j > 0) storePartial(target, j, f32x4.mul(loadPartial(target, j, scale), scale));
}

function logSoftmaxRow(input: usize, columns: i32, output: usize): void {
  const most = splat(maxOfRow(input, columns));
  let sum = splat(0);
  let source = input;
  let j = columns;
  for (; j >= 4; j -= 4) {
    sum = f32x4.add(sum, exp(f32x4.sub(v128.load(source), most)));
    source += 16;
  }
  if (j > 0) sum = f32x4.add(sum, v128.and(exp(f32x4.sub(loadPartial(source, j, most), most)), firstLanes(j)));
  const logarithm = log(splat(sumLanes(sum)));
  for (j = columns; j >= 4; j -= 4) {
    v128.store(output, f32x4.sub(f32x4.sub(v128.load(input), most), logarithm));
    input += 16;
    output += 16;
  }
  if (j > 0) storePartial(output, j, f32x4.sub(f32x4.sub(loadPartial(input, j, most), most), logarithm));
}

@unmanaged
class SoftmaxGrad {
  log: i32;
  rows: i32;
  columns: i32;
  dy: usize;
  y: usize;
  output: usize;
}

export function softmaxGrad(record: usize, thread: i32, threads: i32): void {
  const r = changetype<SoftmaxGrad>(record);
  const share = shareOf(r.rows, r.columns, threads);
  const to = min((thread + 1) * share, r.rows);
  const step = r.columns << 2;
  for (let row = thread * share; row < to; ++row) {
    gradRow(r.log != 0, r.dy + row * step, r.y + row * step, r.columns, r.output + row * step);
  }
}

/** y·(dy − Σ dy·y), or dy − e^y·Σ dy. */
function gradRow(isLog: bool, dy: usize, y: usize, columns: i32, output: usize): void {
  let sum = splat(0);
  let j = 0;
  for (; j + 4 <= columns; j += 4) {
    const d = v128.load(dy + (j << 2));
    sum = isLog ? f32x4.add(sum, d) : madd(d, v128.load(y + (j << 2)), sum);
  }
  const tail = columns - j;
  if (tail > 0) {
    const zero = splat(0);
    const d = loadPartial(dy + (j << 2), tail, zero);
    sum = isLog ? f32x4.add(sum, d) : madd(d, loadPartial(y + (j << 2), tail, zero), sum);
  }
  const total = splat(sumLanes(sum));
  for (j = 0; j + 4 <= columns; j += 4) {
    v128.store(output + (j << 2), gradOf(isLog, v128.load(dy + (j << 2)), v128.load(y + (j << 2)), total));
  }
  if (tail > 0) {
    storePartial(
      output + (j << 2), tail,
      gradOf(isLog, loadPartial(dy + (j << 2), tail, total), loadPartial(y + (j << 2), tail, total), total)
    );
  }
}

@inline
function gradOf(isLog: bool, dy: v128, y: v128, sum: v128): v128 {
  return isLog ? f32x4.sub(dy, f32x4.mul(exp(y), sum)) : f32x4.mul(y, f32x4.sub(dy, sum));
}
