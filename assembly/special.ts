/** Four lanes at once: error function and its inverse, sine and cosine, power. Plain multiplies and adds, as in simd.ts. */
import { c, choose, copySign, exp, log, madd } from "./simd";

const INFINITY: f32 = <f32>Infinity;

/** Error function within 4 ulp. Polynomials after N. Juffa: x·P(x²) below 0.9277, 1 − e^P(x) above. */
export function erf(x: v128): v128 {
  const a = f32x4.abs(x);
  const s = f32x4.mul(x, x);
  let p = c(-5.96761703e-4);
  p = madd(p, s, c(4.99119423e-3));
  p = madd(p, s, c(-2.67681349e-2));
  p = madd(p, s, c(1.12819925e-1));
  p = madd(p, s, c(-3.76125336e-1));
  p = madd(p, s, c(1.28379166e-1));
  const small = madd(p, a, a);
  // erf is 1 to float32 beyond 4; the bound keeps the polynomial where it was fitted.
  const t = f32x4.pmin(a, c(4));
  let q = c(-1.72853470e-5);
  q = madd(q, t, c(3.83197126e-4));
  q = madd(q, t, c(-3.88396438e-3));
  q = madd(q, t, c(2.42546219e-2));
  q = madd(q, t, c(-1.06777877e-1));
  q = madd(q, t, c(-6.34846687e-1));
  q = madd(q, t, c(-1.28717512e-1));
  const large = f32x4.sub(c(1), exp(f32x4.sub(f32x4.mul(q, t), t)));
  return copySign(choose(f32x4.gt(a, c(0.927734375)), large, small), x);
}

/** Inverse error function, relative error about 1e-6. M. Giles, "Approximating the erfinv function", 2012. */
export function erfinv(x: v128): v128 {
  const w = f32x4.neg(log(f32x4.mul(f32x4.sub(c(1), x), f32x4.add(c(1), x))));
  const u = f32x4.sub(w, c(2.5));
  let p = c(2.81022636e-8);
  p = madd(p, u, c(3.43273939e-7));
  p = madd(p, u, c(-3.5233877e-6));
  p = madd(p, u, c(-4.39150654e-6));
  p = madd(p, u, c(2.1858087e-4));
  p = madd(p, u, c(-1.25372503e-3));
  p = madd(p, u, c(-4.17768164e-3));
  p = madd(p, u, c(2.46640727e-1));
  p = madd(p, u, c(1.50140941));
  const v = f32x4.sub(f32x4.sqrt(w), c(3));
  let q = c(-2.00214257e-4);
  q = madd(q, v, c(1.00950558e-4));
  q = madd(q, v, c(1.34934322e-3));
  q = madd(q, v, c(-3.67342844e-3));
  q = madd(q, v, c(5.73950773e-3));
  q = madd(q, v, c(-7.6224613e-3));
  q = madd(q, v, c(9.43887047e-3));
  q = madd(q, v, c(1.00167406));
  q = madd(q, v, c(2.83297682));
  const y = f32x4.mul(choose(f32x4.lt(w, c(5)), p, q), x);
  return choose(f32x4.eq(f32x4.abs(x), c(1)), f32x4.mul(x, c(INFINITY)), y);
}

const TWO_OVER_PI: f64 = 0.63661977236758134308;
/** π/2 in two parts; the first has 33 bits, so that its product with n < 2²⁰ is exact. */
const HALF_PI_HIGH: f64 = 1.57079632673412561417;
const HALF_PI_LOW: f64 = 6.07710050650619224932e-11;

/** How many times π/2 goes into two float64 numbers, to the nearest. */
@inline
function turnsOf(x: v128): v128 {
  return f64x2.nearest(f64x2.mul(x, f64x2.splat(TWO_OVER_PI)));
}

/** x − n·π/2 of two float64 numbers, as float32 in the lower lanes. */
@inline
function restOf(x: v128, n: v128): v128 {
  const high = f64x2.sub(x, f64x2.mul(n, f64x2.splat(HALF_PI_HIGH)));
  return f32x4.demote_f64x2_zero(f64x2.sub(high, f64x2.mul(n, f64x2.splat(HALF_PI_LOW))));
}

/** The low 32 bits of whole numbers below 2³¹ in float64 (larger ones: some number). */
@inline
function wholeOf(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(i32x4.trunc_sat_f64x2_s_zero(low), i32x4.trunc_sat_f64x2_s_zero(high), 0, 1, 4, 5);
}

/** sin(x + quarter·π/2). The reduction in float64 holds to |x| of 10⁶; far beyond, results only stay within [−1, 1]. */
function sinOfTurned(x: v128, quarter: i32): v128 {
  const low = f64x2.promote_low_f32x4(x);
  const high = f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3));
  const nLow = turnsOf(low);
  const nHigh = turnsOf(high);
  const rest = v128.shuffle<i32>(restOf(low, nLow), restOf(high, nHigh), 0, 1, 4, 5);
  const r = f32x4.pmax(f32x4.pmin(rest, c(0.7854)), c(-0.7854));
  const z = f32x4.mul(r, r);
  let s = c(-1.9515295891e-4);
  s = madd(s, z, c(8.3321608736e-3));
  s = madd(s, z, c(-1.6666654611e-1));
  const sine = madd(f32x4.mul(s, z), r, r);
  let q = c(2.443315711809948e-5);
  q = madd(q, z, c(-1.388731625493765e-3));
  q = madd(q, z, c(4.166664568298827e-2));
  const cosine = f32x4.add(madd(f32x4.mul(q, z), z, f32x4.mul(z, c(-0.5))), c(1));
  const n = i32x4.add(wholeOf(nLow, nHigh), i32x4.splat(quarter));
  const odd = i32x4.eq(v128.and(n, i32x4.splat(1)), i32x4.splat(1));
  const sign = i32x4.shl(v128.and(n, i32x4.splat(2)), 30);
  return v128.xor(choose(odd, cosine, sine), sign);
}

/** Sine within 2 ulp for |x| up to 10⁵. */
export function sin(x: v128): v128 {
  return choose(f32x4.eq(x, c(0)), x, sinOfTurned(x, 0));
}

/** Cosine, as sine. */
export function cos(x: v128): v128 {
  return sinOfTurned(x, 1);
}

/** 2^(y·log₂ a) for the two lower lanes, a > 0, in float64 so that nothing is lost in the product. */
@inline
function powOfPositive(a: v128, y: v128): v128 {
  const x = f64x2.promote_low_f32x4(a);
  const e = i64x2.shr_s(i64x2.sub(x, i64x2.splat(0x3fe6a09e667f3bcd)), 52);
  const m = i64x2.sub(x, i64x2.shl(e, 52));
  // log m = 2·artanh s with |s| < 0.172.
  const s = f64x2.div(f64x2.sub(m, f64x2.splat(1)), f64x2.add(m, f64x2.splat(1)));
  const z = f64x2.mul(s, s);
  let p = f64x2.splat(1.0 / 15);
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(1.0 / 13));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(1.0 / 11));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(1.0 / 9));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(1.0 / 7));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(1.0 / 5));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(1.0 / 3));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(1));
  const whole = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(e, e, 0, 2, 0, 2));
  const log2 = f64x2.add(whole, f64x2.mul(f64x2.mul(s, p), f64x2.splat(2.8853900817779268147)));
  // Powers beyond ±200 overflow or vanish in float32 as well; NaN passes.
  const t = f64x2.pmax(f64x2.pmin(f64x2.mul(f64x2.promote_low_f32x4(y), log2), f64x2.splat(200)), f64x2.splat(-200));
  const n = f64x2.nearest(t);
  const r = f64x2.mul(f64x2.sub(t, n), f64x2.splat(0.69314718055994530942));
  let q = f64x2.splat(1.0 / 40320);
  q = f64x2.add(f64x2.mul(q, r), f64x2.splat(1.0 / 5040));
  q = f64x2.add(f64x2.mul(q, r), f64x2.splat(1.0 / 720));
  q = f64x2.add(f64x2.mul(q, r), f64x2.splat(1.0 / 120));
  q = f64x2.add(f64x2.mul(q, r), f64x2.splat(1.0 / 24));
  q = f64x2.add(f64x2.mul(q, r), f64x2.splat(1.0 / 6));
  q = f64x2.add(f64x2.mul(q, r), f64x2.splat(0.5));
  q = f64x2.add(f64x2.mul(q, r), f64x2.splat(1));
  q = f64x2.add(f64x2.mul(q, r), f64x2.splat(1));
  const scale = i64x2.shl(i64x2.add(i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(n)), i64x2.splat(1023)), 52);
  return f32x4.demote_f64x2_zero(f64x2.mul(q, scale));
}

/** x^y with IEEE 754's special cases, except that NaN bases and powers always give NaN unless x = 1 or y = 0. */
export function pow(x: v128, y: v128): v128 {
  const one = c(1);
  const zero = c(0);
  const a = f32x4.abs(x);
  const upper = powOfPositive(v128.shuffle<i32>(a, a, 2, 3, 2, 3), v128.shuffle<i32>(y, y, 2, 3, 2, 3));
  let result = v128.shuffle<i32>(powOfPositive(a, y), upper, 0, 1, 4, 5);
  // 0 and ∞ as bases, ∞ as power: the result is 0 or ∞ (1 for |x| = 1), whichever way the power grows.
  const grows = v128.xor(f32x4.gt(a, one), f32x4.lt(y, zero));
  const extreme = v128.or(v128.or(f32x4.eq(a, zero), f32x4.eq(a, c(INFINITY))), f32x4.eq(f32x4.abs(y), c(INFINITY)));
  result = choose(extreme, v128.and(grows, c(INFINITY)), result);
  result = choose(v128.and(f32x4.eq(a, one), f32x4.eq(y, y)), one, result);
  // A negative base: the sign of odd powers, NaN for powers that are not whole. From 2²⁴ on all powers are even.
  const whole = f32x4.eq(f32x4.trunc(y), y);
  const half = f32x4.mul(y, c(0.5));
  const odd = v128.and(whole, f32x4.ne(f32x4.trunc(half), half));
  result = v128.xor(result, v128.and(v128.and(odd, x), i32x4.splat(0x80000000)));
  const undefinedRoot = v128.andnot(v128.and(f32x4.lt(x, zero), f32x4.lt(a, c(INFINITY))), whole);
  result = choose(undefinedRoot, c(NaN), result);
  result = choose(v128.or(f32x4.ne(x, x), f32x4.ne(y, y)), c(NaN), result);
  return choose(v128.or(f32x4.eq(x, one), f32x4.eq(y, zero)), one, result);
}
