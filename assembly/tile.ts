/**
 * The micro-kernel of matrix multiplication: one tile of C, up to 6 rows by 8 (or 4) columns, held in registers while the
 * packed panels of A and B stream by.
 *
 * `rows` and `wide` are constants at every call, so each exported function is a branch-free loop: for 5×8, five splats of A
 * times two vectors of B into ten accumulators. V8 leaves 15 vector registers: 5×8 with separate multiply and add needs 14;
 * 6×8 needs 15, which only works out when a relaxed madd spares the register of the product. Unrolling over k spills.
 */

/** acc + x·y: fused where the build allows it. */
@inline
export function madd(x: v128, y: v128, acc: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(x, y, acc) : f32x4.add(acc, f32x4.mul(x, y));
}

@inline
function put(target: usize, value: v128, accumulate: bool): void {
  v128.store(target, accumulate ? f32x4.add(v128.load(target), value) : value);
}

/**
 * C = A·B, or C += A·B, for a panel of A ([depth][rows], contiguous) and a panel of B ([depth][8 or 4], rows `bStride` bytes
 * apart, so that a row-major B can be read in place). Depth is at least 1; C's rows are `cStride` bytes apart.
 */
@inline
function tile(rows: i32, wide: bool, depth: i32, a: usize, b: usize, bStride: usize, c: usize, cStride: usize, accumulate: bool): void {
  let c00 = f32x4.splat(0), c01 = c00;
  let c10 = c00, c11 = c00;
  let c20 = c00, c21 = c00;
  let c30 = c00, c31 = c00;
  let c40 = c00, c41 = c00;
  let c50 = c00, c51 = c00;
  const end = a + (<usize>depth * <usize>rows << 2);
  do {
    const b0 = v128.load(b);
    const b1 = wide ? v128.load(b, 16) : b0;
    const a0 = v128.load_splat<f32>(a);
    c00 = madd(a0, b0, c00);
    if (wide) c01 = madd(a0, b1, c01);
    if (rows > 1) {
      const a1 = v128.load_splat<f32>(a, 4);
      c10 = madd(a1, b0, c10);
      if (wide) c11 = madd(a1, b1, c11);
    }
    if (rows > 2) {
      const a2 = v128.load_splat<f32>(a, 8);
      c20 = madd(a2, b0, c20);
      if (wide) c21 = madd(a2, b1, c21);
    }
    if (rows > 3) {
      const a3 = v128.load_splat<f32>(a, 12);
      c30 = madd(a3, b0, c30);
      if (wide) c31 = madd(a3, b1, c31);
    }
    if (rows > 4) {
      const a4 = v128.load_splat<f32>(a, 16);
      c40 = madd(a4, b0, c40);
      if (wide) c41 = madd(a4, b1, c41);
    }
    if (rows > 5) {
      const a5 = v128.load_splat<f32>(a, 20);
      c50 = madd(a5, b0, c50);
      if (wide) c51 = madd(a5, b1, c51);
    }
    a += rows << 2;
    b += bStride;
  } while (a != end);

  put(c, c00, accumulate);
  if (wide) put(c + 16, c01, accumulate);
  if (rows > 1) {
    put((c += cStride), c10, accumulate);
    if (wide) put(c + 16, c11, accumulate);
  }
  if (rows > 2) {
    put((c += cStride), c20, accumulate);
    if (wide) put(c + 16, c21, accumulate);
  }
  if (rows > 3) {
    put((c += cStride), c30, accumulate);
    if (wide) put(c + 16, c31, accumulate);
  }
  if (rows > 4) {
    put((c += cStride), c40, accumulate);
    if (wide) put(c + 16, c41, accumulate);
  }
  if (rows > 5) {
    put((c += cStride), c50, accumulate);
    if (wide) put(c + 16, c51, accumulate);
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
