/**
 * The micro-kernel of matrix multiplication: one tile of C, up to 6 rows by 8 (or 4) columns, held in registers while a
 * packed panel of A and a panel of B stream by.
 *
 * How it is written decides how fast it is, because V8 leaves 15 vector registers and TurboFan orders a block's instructions itself:
 *
 * - 5×8 with separate multiply and add needs 14 registers if each splat of A is loaded just before its use, 17 if all are
 *   loaded first. TurboFan loads late only where nothing behind the loop reads what the body computes (so: test first, `while`,
 *   not `do`) and where the loads go through the accumulators backwards (so: last row first). A spilled accumulator doubles the time.
 * - A splat's offset is not folded into its load. The addresses are loop invariants, but TurboFan hoists them only when they
 *   are used before the loop as well: therefore the first step stands before it.
 * - 6×8 without relaxed madd spills. So does plain unrolling over k; unrolled in ways that do not spill (4×8 by two; 5×8 with a branch
 *   between the steps) it measured slower or the same.
 *
 * Look at the loop again after every change: `node --no-liftoff --no-wasm-lazy-compilation --print-wasm-code`, no [rbp-…] inside.
 */

/** acc + x·y: fused where the build allows it. */
@inline
export function madd(x: v128, y: v128, acc: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(x, y, acc) : f32x4.add(acc, f32x4.mul(x, y));
}

/**
 * C = A·B, or C += A·B, for a panel of A ([depth][rows], contiguous) and a panel of B ([depth][8 or 4], rows `bStride` bytes
 * apart, so that a row-major B can be read in place). Depth is at least 1; C's rows are `cStride` bytes apart.
 * `rows` and `wide` are constants at every call: each size becomes a branch-free loop.
 */
@inline
function tile(rows: i32, wide: bool, depth: i32, a: usize, b: usize, bStride: usize, c: usize, cStride: usize, accumulate: bool): void {
  const end = a + (<usize>depth * <usize>rows << 2);
  let b0 = v128.load(b);
  let b1 = wide ? v128.load(b, 16) : b0;
  let x = b0;
  let c00 = b0, c01 = b0;
  let c10 = b0, c11 = b0;
  let c20 = b0, c21 = b0;
  let c30 = b0, c31 = b0;
  let c40 = b0, c41 = b0;
  let c50 = b0, c51 = b0;
  if (rows > 5) {
    x = v128.load_splat<f32>(a, 20);
    c50 = f32x4.mul(x, b0);
    if (wide) c51 = f32x4.mul(x, b1);
  }
  if (rows > 4) {
    x = v128.load_splat<f32>(a, 16);
    c40 = f32x4.mul(x, b0);
    if (wide) c41 = f32x4.mul(x, b1);
  }
  if (rows > 3) {
    x = v128.load_splat<f32>(a, 12);
    c30 = f32x4.mul(x, b0);
    if (wide) c31 = f32x4.mul(x, b1);
  }
  if (rows > 2) {
    x = v128.load_splat<f32>(a, 8);
    c20 = f32x4.mul(x, b0);
    if (wide) c21 = f32x4.mul(x, b1);
  }
  if (rows > 1) {
    x = v128.load_splat<f32>(a, 4);
    c10 = f32x4.mul(x, b0);
    if (wide) c11 = f32x4.mul(x, b1);
  }
  x = v128.load_splat<f32>(a);
  c00 = f32x4.mul(x, b0);
  if (wide) c01 = f32x4.mul(x, b1);
  a += rows << 2;
  b += bStride;
  while (a != end) {
    b0 = v128.load(b);
    if (wide) b1 = v128.load(b, 16);
    if (rows > 5) {
      x = v128.load_splat<f32>(a, 20);
      c50 = madd(x, b0, c50);
      if (wide) c51 = madd(x, b1, c51);
    }
    if (rows > 4) {
      x = v128.load_splat<f32>(a, 16);
      c40 = madd(x, b0, c40);
      if (wide) c41 = madd(x, b1, c41);
    }
    if (rows > 3) {
      x = v128.load_splat<f32>(a, 12);
      c30 = madd(x, b0, c30);
      if (wide) c31 = madd(x, b1, c31);
    }
    if (rows > 2) {
      x = v128.load_splat<f32>(a, 8);
      c20 = madd(x, b0, c20);
      if (wide) c21 = madd(x, b1, c21);
    }
    if (rows > 1) {
      x = v128.load_splat<f32>(a, 4);
      c10 = madd(x, b0, c10);
      if (wide) c11 = madd(x, b1, c11);
    }
    x = v128.load_splat<f32>(a);
    c00 = madd(x, b0, c00);
    if (wide) c01 = madd(x, b1, c01);
    a += rows << 2;
    b += bStride;
  }

  const s1 = c + cStride, s2 = s1 + cStride, s3 = s2 + cStride, s4 = s3 + cStride, s5 = s4 + cStride;
  if (accumulate) {
    c00 = f32x4.add(v128.load(c), c00);
    if (wide) c01 = f32x4.add(v128.load(c, 16), c01);
    if (rows > 1) {
      c10 = f32x4.add(v128.load(s1), c10);
      if (wide) c11 = f32x4.add(v128.load(s1, 16), c11);
    }
    if (rows > 2) {
      c20 = f32x4.add(v128.load(s2), c20);
      if (wide) c21 = f32x4.add(v128.load(s2, 16), c21);
    }
    if (rows > 3) {
      c30 = f32x4.add(v128.load(s3), c30);
      if (wide) c31 = f32x4.add(v128.load(s3, 16), c31);
    }
    if (rows > 4) {
      c40 = f32x4.add(v128.load(s4), c40);
      if (wide) c41 = f32x4.add(v128.load(s4, 16), c41);
    }
    if (rows > 5) {
      c50 = f32x4.add(v128.load(s5), c50);
      if (wide) c51 = f32x4.add(v128.load(s5, 16), c51);
    }
  }
  v128.store(c, c00);
  if (wide) v128.store(c, c01, 16);
  if (rows > 1) {
    v128.store(s1, c10);
    if (wide) v128.store(s1, c11, 16);
  }
  if (rows > 2) {
    v128.store(s2, c20);
    if (wide) v128.store(s2, c21, 16);
  }
  if (rows > 3) {
    v128.store(s3, c30);
    if (wide) v128.store(s3, c31, 16);
  }
  if (rows > 4) {
    v128.store(s4, c40);
    if (wide) v128.store(s4, c41, 16);
  }
  if (rows > 5) {
    v128.store(s5, c50);
    if (wide) v128.store(s5, c51, 16);
  }
}

// One function per size, each a loop of its own.
function tile1x8(k: i32, a: usize, b: usize, bs: usize, c: usize, cs: usize, acc: bool): void { tile(1, true, k, a, b, bs, c, cs, acc); }
function tile2x8(k: i32, a: usize, b: usize, bs: usize, c: usize, cs: usize, acc: bool): void { tile(2, true, k, a, b, bs, c, cs, acc); }
function tile3x8(k: i32, a: usize, b: usize, bs: usize, c: usize, cs: usize, acc: bool): void { tile(3, true, k, a, b, bs, c, cs, acc); }
function tile4x8(k: i32, a: usize, b: usize, bs: usize, c: usize, cs: usize, acc: bool): void { tile(4, true, k, a, b, bs, c, cs, acc); }
function tile5x8(k: i32, a: usize, b: usize, bs: usize, c: usize, cs: usize, acc: bool): void { tile(5, true, k, a, b, bs, c, cs, acc); }
function tile6x8(k: i32, a: usize, b: usize, bs: usize, c: usize, cs: usize, acc: bool): void { tile(6, true, k, a, b, bs, c, cs, acc); }
function tile1x4(k: i32, a: usize, b: usize, bs: usize, c: usize, cs: usize, acc: bool): void { tile(1, false, k, a, b, bs, c, cs, acc); }
function tile2x4(k: i32, a: usize, b: usize, bs: usize, c: usize, cs: usize, acc: bool): void { tile(2, false, k, a, b, bs, c, cs, acc); }
function tile3x4(k: i32, a: usize, b: usize, bs: usize, c: usize, cs: usize, acc: bool): void { tile(3, false, k, a, b, bs, c, cs, acc); }
function tile4x4(k: i32, a: usize, b: usize, bs: usize, c: usize, cs: usize, acc: bool): void { tile(4, false, k, a, b, bs, c, cs, acc); }
function tile5x4(k: i32, a: usize, b: usize, bs: usize, c: usize, cs: usize, acc: bool): void { tile(5, false, k, a, b, bs, c, cs, acc); }
function tile6x4(k: i32, a: usize, b: usize, bs: usize, c: usize, cs: usize, acc: bool): void { tile(6, false, k, a, b, bs, c, cs, acc); }

/** Rows of the largest tile. Bits do not depend on it: every element of C is summed in order of k, whatever its tile. */
export const TILE_ROWS: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;

/** Multiplies one tile of `rows` ≤ TILE_ROWS rows and 8 (`wide`) or 4 columns. */
@inline
export function multiplyTile(rows: i32, wide: bool, k: i32, a: usize, b: usize, bs: usize, c: usize, cs: usize, acc: bool): void {
  if (wide) {
    switch (rows) {
      case 1: return tile1x8(k, a, b, bs, c, cs, acc);
      case 2: return tile2x8(k, a, b, bs, c, cs, acc);
      case 3: return tile3x8(k, a, b, bs, c, cs, acc);
      case 4: return tile4x8(k, a, b, bs, c, cs, acc);
      case 5: return tile5x8(k, a, b, bs, c, cs, acc);
      default: if (TILE_ROWS == 6) tile6x8(k, a, b, bs, c, cs, acc);
    }
  } else {
    switch (rows) {
      case 1: return tile1x4(k, a, b, bs, c, cs, acc);
      case 2: return tile2x4(k, a, b, bs, c, cs, acc);
      case 3: return tile3x4(k, a, b, bs, c, cs, acc);
      case 4: return tile4x4(k, a, b, bs, c, cs, acc);
      case 5: return tile5x4(k, a, b, bs, c, cs, acc);
      default: if (TILE_ROWS == 6) tile6x4(k, a, b, bs, c, cs, acc);
    }
  }
}
