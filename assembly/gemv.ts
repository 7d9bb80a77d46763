/**
 * Vector times matrix: one row of C. Nothing is packed, because the matrix is read only once, in the order in which it
 * lies. A column's bits do not depend on how many columns are computed with it, so that threads may cut anywhere.
 */
import { madd } from "./multiply-add";

/** c[j] = Σ a[k]·b[k, j]; strides in bytes; c contiguous, depth at least 1. */
export function multiplyVector(
  depth: i32, columns: i32, a: usize, aStride: usize, b: usize, bRow: usize, bColumn: usize, c: usize,
): void {
  let j = 0;
  if (bColumn == 4) {
    for (; j + 32 <= columns; j += 32) sumRows32(depth, a, aStride, b + (j << 2), bRow, c + (j << 2));
    for (; j + 4 <= columns; j += 4) v128.store(c + (j << 2), sumRows4(depth, a, aStride, b + (j << 2), bRow));
  } else if (aStride == 4 && bRow == 4) {
    for (; j + 4 <= columns; j += 4) dot4(depth, a, b + j * bColumn, bColumn, c + (j << 2));
    for (; j < columns; ++j) store<f32>(c + (j << 2), dot(depth, a, b + j * bColumn));
  }
  for (; j < columns; ++j) store<f32>(c + (j << 2), sumColumn(depth, a, aStride, b + j * bColumn, bRow));
}

/** Rows of B side by side: 32 columns, two whole cache lines of each row. */
function sumRows32(depth: i32, a: usize, aStride: usize, b: usize, bRow: usize, c: usize): void {
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
  for (let k = 0; k < depth; ++k) {
    const x = v128.load_splat<f32>(a);
    c0 = madd(x, v128.load(b), c0);
    c1 = madd(x, v128.load(b, 16), c1);
    c2 = madd(x, v128.load(b, 32), c2);
    c3 = madd(x, v128.load(b, 48), c3);
    c4 = madd(x, v128.load(b, 64), c4);
    c5 = madd(x, v128.load(b, 80), c5);
    c6 = madd(x, v128.load(b, 96), c6);
    c7 = madd(x, v128.load(b, 112), c7);
    a += aStride;
    b += bRow;
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
  v128.store(c, c2, 32);
  v128.store(c, c3, 48);
  v128.store(c, c4, 64);
  v128.store(c, c5, 80);
  v128.store(c, c6, 96);
  v128.store(c, c7, 112);
}

function sumRows4(depth: i32, a: usize, aStride: usize, b: usize, bRow: usize): v128 {
  let sum = f32x4.splat(0);
  for (let k = 0; k < depth; ++k) {
    sum = madd(v128.load_splat<f32>(a), v128.load(b), sum);
    a += aStride;
    b += bRow;
  }
  return sum;
}

/** One column in any layout; in a vector's first lane, so that a fused multiply-add stays one. */
function sumColumn(depth: i32, a: usize, aStride: usize, b: usize, bRow: usize): f32 {
  let sum = f32x4.splat(0);
  for (let k = 0; k < depth; ++k) {
    sum = madd(v128.load_zero<f32>(a), v128.load_zero<f32>(b), sum);
    a += aStride;
    b += bRow;
  }
  return f32x4.extract_lane(sum, 0);
}

/** Columns of B contiguous: four dot products, which share the loads of `a` and hide each other's latency. */
function dot4(depth: i32, a: usize, b: usize, bColumn: usize, c: usize): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  let t0 = s0, t1 = s0, t2 = s0, t3 = s0;
  let b0 = b;
  let b1 = b0 + bColumn;
  let b2 = b1 + bColumn;
  let b3 = b2 + bColumn;
  let k = depth;
  for (; k >= 8; k -= 8) {
    const x = v128.load(a);
    s0 = madd(x, v128.load(b0), s0);
    s1 = madd(x, v128.load(b1), s1);
    s2 = madd(x, v128.load(b2), s2);
    s3 = madd(x, v128.load(b3), s3);
    const y = v128.load(a, 16);
    t0 = madd(y, v128.load(b0, 16), t0);
    t1 = madd(y, v128.load(b1, 16), t1);
    t2 = madd(y, v128.load(b2, 16), t2);
    t3 = madd(y, v128.load(b3, 16), t3);
    a += 32;
    b0 += 32;
    b1 += 32;
    b2 += 32;
    b3 += 32;
  }
  store<f32>(c, finishDot(k, a, b0, s0, t0));
  store<f32>(c, finishDot(k, a, b1, s1, t1), 4);
  store<f32>(c, finishDot(k, a, b2, s2, t2), 8);
  store<f32>(c, finishDot(k, a, b3, s3, t3), 12);
}

function dot(depth: i32, a: usize, b: usize): f32 {
  let s = f32x4.splat(0), t = s;
  let k = depth;
  for (; k >= 8; k -= 8) {
    s = madd(v128.load(a), v128.load(b), s);
    t = madd(v128.load(a, 16), v128.load(b, 16), t);
    a += 32;
    b += 32;
  }
  return finishDot(k, a, b, s, t);
}

/** Adds the last `rest` products and the lanes of the two partial sums. */
@inline
function finishDot(rest: i32, a: usize, b: usize, s: v128, t: v128): f32 {
  s = f32x4.add(s, t);
  const sum = f32x4.extract_lane(
    s, 0
  ) + f32x4.extract_lane(s, 1) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
  return sum + sumColumn(rest, a, 4, b, 4);
}
