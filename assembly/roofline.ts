/**
 * The limit that kernels are measured against: multiply-adds on registers alone. It must be bound by the multipliers and adders and by
 * nothing else, or it flatters what is compared with it.
 *
 * Chains of c ← c·x + y are enough for fused multiply-adds (latency 4, two a cycle: 8 chains; here 12). Separate ones have a latency of 6, and
 * 12 chains leave no slack: any hiccup costs a seventh cycle (measured: 10, 11, 12, 13 chains reach 39, 41, 44 to 51 and 50 GFLOP/s of
 * 51.7). There the products are kept off the chains.
 */

/**
 * Does `madds` vector multiply-adds, a multiple of 60. `constants` are two vectors, all ones and all zeros: from memory, so that
 * nothing is known about them, nothing can be hoisted, and V8 does not make them anew in each round.
 */
export function roofline(madds: i32, constants: usize): f32 {
  const one = v128.load(constants);
  const zero = v128.load(constants, 16);
  return f32x4.extract_lane(ASC_FEATURE_RELAXED_SIMD ? chains(madds / 12, one, zero) : products(madds / 10, one, zero), 0);
}

function chains(rounds: i32, one: v128, zero: v128): v128 {
  let c0 = one, c1 = one, c2 = one, c3 = one, c4 = one, c5 = one;
  let c6 = one, c7 = one, c8 = one, c9 = one, c10 = one, c11 = one;
  for (; rounds > 0; --rounds) {
    c0 = f32x4.relaxed_madd(c0, one, zero);
    c1 = f32x4.relaxed_madd(c1, one, zero);
    c2 = f32x4.relaxed_madd(c2, one, zero);
    c3 = f32x4.relaxed_madd(c3, one, zero);
    c4 = f32x4.relaxed_madd(c4, one, zero);
    c5 = f32x4.relaxed_madd(c5, one, zero);
    c6 = f32x4.relaxed_madd(c6, one, zero);
    c7 = f32x4.relaxed_madd(c7, one, zero);
    c8 = f32x4.relaxed_madd(c8, one, zero);
    c9 = f32x4.relaxed_madd(c9, one, zero);
    c10 = f32x4.relaxed_madd(c10, one, zero);
    c11 = f32x4.relaxed_madd(c11, one, zero);
  }
  return sum8(c0, c1, c2, c3, f32x4.add(c4, c5), f32x4.add(c6, c7), f32x4.add(c8, c9), f32x4.add(c10, c11));
}

/** Eight sums of products of four values that change in each round, by two products and two sums: ten of each. */
function products(rounds: i32, one: v128, zero: v128): v128 {
  let p = one, q = one, r = zero, s = zero;
  let c0 = zero, c1 = zero, c2 = zero, c3 = zero, c4 = zero, c5 = zero, c6 = zero, c7 = zero;
  for (; rounds > 0; --rounds) {
    c0 = f32x4.add(c0, f32x4.mul(p, p));
    c1 = f32x4.add(c1, f32x4.mul(p, q));
    c2 = f32x4.add(c2, f32x4.mul(p, r));
    c3 = f32x4.add(c3, f32x4.mul(p, s));
    c4 = f32x4.add(c4, f32x4.mul(q, q));
    c5 = f32x4.add(c5, f32x4.mul(q, r));
    c6 = f32x4.add(c6, f32x4.mul(q, s));
    c7 = f32x4.add(c7, f32x4.mul(r, s));
    p = f32x4.mul(p, one);
    q = f32x4.mul(q, one);
    r = f32x4.add(r, zero);
    s = f32x4.add(s, zero);
  }
  return sum8(c0, c1, c2, c3, c4, c5, c6, c7);
}

@inline
function sum8(a: v128, b: v128, c: v128, d: v128, e: v128, f: v128, g: v128, h: v128): v128 {
  return f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(f32x4.add(e, f), f32x4.add(g, h)));
}
