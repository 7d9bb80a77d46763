/**
 * The limit that kernels are measured against: multiply-adds on registers alone, on as many chains as hide their latency.
 *
 * Take its best time, not its median. Without relaxed madd a chain's step takes 6 cycles and 12 chains fill them exactly: any hiccup costs
 * a seventh, and a median then reads 44 GFLOP/s where the machine can do 51.7 (in native code too). V8 has no registers for more
 * slack: 13 chains reach 49.8, and loops that keep the products off the chains 41.
 */

@inline
function madd(acc: v128, x: v128, y: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(acc, x, y) : f32x4.add(f32x4.mul(acc, x), y);
}

/**
 * `rounds` × 12 chains × 4 lanes of c ← c·scale + shift. Each round depends on the one before, so nothing can be hoisted. Scale and
 * shift are read from memory, two vectors, because V8 makes constants anew in each round; 0.5 and 0.25 keep c from subnormals and infinities.
 */
export function roofline(rounds: i32, constants: usize): f32 {
  const x = v128.load(constants);
  const y = v128.load(constants, 16);
  let c0 = f32x4.splat(0), c1 = f32x4.splat(1), c2 = f32x4.splat(2), c3 = f32x4.splat(3);
  let c4 = f32x4.splat(4), c5 = f32x4.splat(5), c6 = f32x4.splat(6), c7 = f32x4.splat(7);
  let c8 = f32x4.splat(8), c9 = f32x4.splat(9), c10 = f32x4.splat(10), c11 = f32x4.splat(11);
  for (; rounds > 0; --rounds) {
    c0 = madd(c0, x, y);
    c1 = madd(c1, x, y);
    c2 = madd(c2, x, y);
    c3 = madd(c3, x, y);
    c4 = madd(c4, x, y);
    c5 = madd(c5, x, y);
    c6 = madd(c6, x, y);
    c7 = madd(c7, x, y);
    c8 = madd(c8, x, y);
    c9 = madd(c9, x, y);
    c10 = madd(c10, x, y);
    c11 = madd(c11, x, y);
  }
  const s0 = f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3));
  const s1 = f32x4.add(f32x4.add(c4, c5), f32x4.add(c6, c7));
  const s2 = f32x4.add(f32x4.add(c8, c9), f32x4.add(c10, c11));
  return f32x4.extract_lane(f32x4.add(f32x4.add(s0, s1), s2), 0);
}
