/**
 * Reductions of [outer, length, inner] to [outer, inner]. A sum is made of blocks, each summed by itself, so that
 * rounding errors grow with the block and the number of blocks, not with their product. Threads share out results,
 * never the terms of one.
 */
import { loadPartial, splat, storePartial } from "./simd";

@unmanaged
class Reduce {
  operation: i32;
  outer: i32;
  length: i32;
  inner: i32;
  input: usize;
  output: usize;
  isInt: i32;
}

const SUM: i32 = 0;
const MAX: i32 = 1;
const MIN: i32 = 2;
const PROD: i32 = 3;

/** Terms of a block of a sum: along a row, and down a column. */
const ROW_BLOCK: i32 = 256;
const COLUMN_BLOCK: i32 = 128;

/** Fewer terms than this per thread are not worth another thread. */
const GRAIN: i32 = 4096;

@inline
function identity(operation: i32): f32 {
  return operation == SUM ? 0 : operation == PROD ? 1 : operation == MAX ? -<f32>Infinity : <f32>Infinity;
}

@inline
function combine(operation: i32, x: v128, y: v128): v128 {
  if (operation == SUM) return f32x4.add(x, y);
  if (operation == PROD) return f32x4.mul(x, y);
  return operation == MAX ? f32x4.max(x, y) : f32x4.min(x, y);
}

@inline
function combineScalars(operation: i32, x: f32, y: f32): f32 {
  if (operation == SUM) return x + y;
  if (operation == PROD) return x * y;
  return operation == MAX ? max(x, y) : min(x, y);
}

export function reduce(record: usize, thread: i32, threads: i32): void {
  const r = changetype<Reduce>(record);
  const units = r.inner == 1 ? r.outer : r.outer * ((r.inner + 15) >> 4);
  const unitTerms = max(1, r.length * min(r.inner, 16));
  const share = max((units + threads - 1) / threads, (GRAIN + unitTerms - 1) / unitTerms);
  const from = min(thread * share, units);
  const to = min(from + share, units);
  if (r.isInt != 0) return reduceInts(r, thread);
  if (r.operation == SUM) reduceBy(SUM, r, from, to);
  else if (r.operation == MAX) reduceBy(MAX, r, from, to);
  else if (r.operation == MIN) reduceBy(MIN, r, from, to);
  else reduceBy(PROD, r, from, to);
}

/**
 * Units [from, to): rows, or strips of 16 columns. `operation` is a constant at every call, so each becomes a loop of
 * its own.
 */
@inline
function reduceBy(operation: i32, r: Reduce, from: i32, to: i32): void {
  if (r.inner == 1) {
    for (let row = from; row < to; ++row) {
      store<f32>(r.output + (row << 2), reduceRow(operation, r.input + row * (r.length << 2), r.length));
    }
    return;
  }
  const strips = (r.inner + 15) >> 4;
  const step = r.inner << 2;
  for (let unit = from; unit < to; ++unit) {
    const row = unit / strips;
    let column = (unit - row * strips) << 4;
    const end = min(column + 16, r.inner);
    const input = r.input + row * r.length * step;
    const output = r.output + row * step;
    if (end - column == 16) {
      reduceStrip(operation, input + (column << 2), r.length, step, output + (column << 2));
      continue;
    }
    for (; column < end; column += 4) reduceColumns(
      operation, input + (column << 2), r.length, step, output + (column << 2), min(4, end - column)
    );
  }
}

@inline
function reduceRow(operation: i32, input: usize, length: i32): f32 {
  if (operation != SUM) return reduceBlock(operation, input, length);
  if (length <= ROW_BLOCK) return reduceBlock(SUM, input, length);
  let total: f64 = 0;
  for (; length > 0; length -= ROW_BLOCK) {
    total += reduceBlock(SUM, input, min(length, ROW_BLOCK));
    input += ROW_BLOCK << 2;
  }
  return <f32>total;
}

/** Four vectors of partial results. */
@inline
function reduceBlock(operation: i32, input: usize, length: i32): f32 {
  const start = splat(identity(operation));
  let x0 = start, x1 = start, x2 = start, x3 = start;
  for (; length >= 16; length -= 16) {
    x0 = combine(operation, x0, v128.load(input));
    x1 = combine(operation, x1, v128.load(input, 16));
    x2 = combine(operation, x2, v128.load(input, 32));
    x3 = combine(operation, x3, v128.load(input, 48));
    input += 64;
  }
  for (; length >= 4; length -= 4) {
    x0 = combine(operation, x0, v128.load(input));
    input += 16;
  }
  if (length > 0) x1 = combine(operation, x1, loadPartial(input, length, start));
  const x = combine(operation, combine(operation, x0, x1), combine(operation, x2, x3));
  const low = combineScalars(operation, f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 2));
  return combineScalars(operation, low, combineScalars(operation, f32x4.extract_lane(x, 1), f32x4.extract_lane(x, 3)));
}

/** Sixteen columns, one cache line of each row. */
@inline
function reduceStrip(operation: i32, input: usize, length: i32, step: usize, output: usize): void {
  const start = splat(identity(operation));
  let t0 = start, t1 = start, t2 = start, t3 = start;
  while (length > 0) {
    let x0 = start, x1 = start, x2 = start, x3 = start;
    const rows = min(length, COLUMN_BLOCK);
    for (let i = 0; i < rows; ++i) {
      x0 = combine(operation, x0, v128.load(input));
      x1 = combine(operation, x1, v128.load(input, 16));
      x2 = combine(operation, x2, v128.load(input, 32));
      x3 = combine(operation, x3, v128.load(input, 48));
      input += step;
    }
    t0 = combine(operation, t0, x0);
    t1 = combine(operation, t1, x1);
    t2 = combine(operation, t2, x2);
    t3 = combine(operation, t3, x3);
    length -= rows;
  }
  v128.store(output, t0);
  v128.store(output, t1, 16);
  v128.store(output, t2, 32);
  v128.store(output, t3, 48);
}

/** One to four columns, summed in the order of `reduceStrip`. */
@inline
function reduceColumns(operation: i32, input: usize, length: i32, step: usize, output: usize, columns: i32): void {
  const start = splat(identity(operation));
  let total = start;
  while (length > 0) {
    let x = start;
    const rows = min(length, COLUMN_BLOCK);
    for (let i = 0; i < rows; ++i) {
      x = combine(operation, x, columns == 4 ? v128.load(input) : loadPartial(input, columns, start));
      input += step;
    }
    total = combine(operation, total, x);
    length -= rows;
  }
  if (columns == 4) v128.store(output, total);
  else storePartial(output, columns, total);
}

/** int32 is rare (counts), so plain and on one thread; results wrap at 32 bits. */
function reduceInts(r: Reduce, thread: i32): void {
  if (thread != 0) return;
  const step = r.inner << 2;
  for (let i = 0; i < r.outer * r.inner; ++i) {
    const row = i / r.inner;
    let input = r.input + row * r.length * step + ((i - row * r.inner) << 2);
    let result = r.operation == SUM ? 0 : r.operation == PROD ? 1 : r.operation == MAX ? i32.MIN_VALUE : i32.MAX_VALUE;
    for (let k = 0; k < r.length; ++k) {
      const x = load<i32>(input);
      if (r.operation == SUM) result += x;
      else if (r.operation == PROD) result *= x;
      else result = r.operation == MAX ? max(result, x) : min(result, x);
      input += step;
    }
    store<i32>(r.output + (i << 2), result);
  }
}

@unmanaged
class ArgReduce {
  /** 0 max, 1 min. */
  operation: i32;
  outer: i32;
  length: i32;
  inner: i32;
  input: usize;
  output: usize;
  isInt: i32;
}

export function argReduce(record: usize, thread: i32, threads: i32): void {
  const r = changetype<ArgReduce>(record);
  const count = r.outer * r.inner;
  const share = (count + threads - 1) / threads;
  const to = min((thread + 1) * share, count);
  const step = r.inner << 2;
  for (let i = min(thread * share, count); i < to; ++i) {
    const row = i / r.inner;
    const input = r.input + row * r.length * step + ((i - row * r.inner) << 2);
    const found = r.isInt != 0 ? findExtremeInt(
      input, r.length, step, r.operation != 0
    ) : findExtreme(input, r.length, step, r.operation != 0);
    store<i32>(r.output + (i << 2), found);
  }
}

/** Index of the first extreme, or of the first NaN. */
function findExtreme(input: usize, length: i32, step: usize, isMin: bool): i32 {
  let best = load<f32>(input);
  let found = 0;
  for (let k = 0; k < length; ++k) {
    const x = load<f32>(input + k * step);
    if (x != x) return k;
    if (isMin ? x < best : x > best) {
      best = x;
      found = k;
    }
  }
  return found;
}

function findExtremeInt(input: usize, length: i32, step: usize, isMin: bool): i32 {
  let best = load<i32>(input);
  let found = 0;
  for (let k = 1; k < length; ++k) {
    const x = load<i32>(input + k * step);
    if (isMin ? x < best : x > best) {
      best = x;
      found = k;
    }
  }
  return found;
}
