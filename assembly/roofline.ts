/**
 * The limit that kernels are measured against: multiply-adds on registers alone, on as many chains as hide their
 * latency.
 *
 * Without relaxed madd a chain's step takes 6 cycles and 12 chains fill them exactly, so it matters that both
 * floating-point schedulers get equal work: two multiplies, two adds. Written "multiply, add, multiply, add" the best
 * time is the same, but the median a fifth slower.
 */
import { after } from "./simd";

/**
 * `rounds` × 12 chains × 4 lanes of c ← c·scale + shift. Each round depends on the one before, so nothing can be
 * hoisted. Scale and shift are read from memory, two vectors, because V8 makes constants anew in each round; 0.5 and
 * 0.25 keep c from subnormals and infinities.
 */
export function roofline(rounds: i32, constants: usize): f32 {
  const x = v128.load(constants);
  const y = v128.load(constants, 16);
  let c0 = f32x4.splat(0), c1 = f32x4.splat(1), c2 = f32x4.splat(2), c3 = f32x4.splat(3);
  let c4 = f32x4.splat(4), c5 = f32x4.splat(5), c6 = f32x4.splat(6), c7 = f32x4.splat(7);
  let c8 = f32x4.splat(8), c9 = f32x4.splat(9), c10 = f32x4.splat(10), c11 = f32x4.splat(11);
  let p = x, q = x;
  for (; rounds > 0; --rounds) {
    if (ASC_FEATURE_RELAXED_SIMD) {
      c0 = f32x4.relaxed_madd(c0, x, y);
      c1 = f32x4.relaxed_madd(c1, x, y);
      c2 = f32x4.relaxed_madd(c2, x, y);
      c3 = f32x4.relaxed_madd(c3, x, y);
      c4 = f32x4.relaxed_madd(c4, x, y);
      c5 = f32x4.relaxed_madd(c5, x, y);
      c6 = f32x4.relaxed_madd(c6, x, y);
      c7 = f32x4.relaxed_madd(c7, x, y);
      c8 = f32x4.relaxed_madd(c8, x, y);
      c9 = f32x4.relaxed_madd(c9, x, y);
      c10 = f32x4.relaxed_madd(c10, x, y);
      c11 = f32x4.relaxed_madd(c11, x, y);
    } else {
      p = f32x4.mul(c0, x);
      q = after(p, f32x4.mul(c1, x));
      c1 = f32x4.add(q, y);
      c0 = f32x4.add(p, y);
      p = f32x4.mul(c2, x);
      q = after(p, f32x4.mul(c3, x));
      c3 = f32x4.add(q, y);
      c2 = f32x4.add(p, y);
      p = f32x4.mul(c4, x);
      q = after(p, f32x4.mul(c5, x));
      c5 = f32x4.add(q, y);
      c4 = f32x4.add(p, y);
      p = f32x4.mul(c6, x);
      q = after(p, f32x4.mul(c7, x));
      c7 = f32x4.add(q, y);
      c6 = f32x4.add(p, y);
      p = f32x4.mul(c8, x);
      q = after(p, f32x4.mul(c9, x));
      c9 = f32x4.add(q, y);
      c8 = f32x4.add(p, y);
      p = f32x4.mul(c10, x);
      q = after(p, f32x4.mul(c11, x));
      c11 = f32x4.add(q, y);
      c10 = f32x4.add(p, y);
    }
  }
  const s0 = f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3));
  const s1 = f32x4.add(f32x4.add(c4, c5), f32x4.add(c6, c7));
  const s2 = f32x4.add(f32x4.add(c8, c9), f32x4.add(c10, c11));
  return f32x4.extract_lane(f32x4.add(f32x4.add(s0, s1), s2), 0);
}
