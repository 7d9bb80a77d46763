/**
 * Four lanes at once: error function and its inverse, sine and cosine, power. Plain multiplies and adds, as in simd.ts.
 */
import { after, at, choose, copySign, exp, logOfNormal, madd, ONE, pair, quad, splat } from "./simd";

/** erf(x) / x − 1 as a polynomial of x², below ERF_SMALL. */
const ERF: usize = memory.data<f32>(
  [1.28379166e-1, -3.76125336e-1, 1.12819925e-1, -2.67681349e-2, 4.99119423e-3, -5.96761703e-4], 4
);
const ERF_SMALL: usize = memory.data<f32>([0.927734375], 4);
/** log(1 − erf x) / x + 1 from there on, up to 4, beyond which erf is 1 in float32. */
const ERFC: usize = memory.data<f32>([
  -1.28717512e-1, -6.34846687e-1, -1.06777877e-1, 2.42546219e-2, -3.88396438e-3, 3.83197126e-4, -1.72853470e-5,
], 4);

/** Error function within 4 ulp. Polynomials by N. Juffa. */
export function erf(x: v128): v128 {
  const a = f32x4.abs(x);
  const s = f32x4.mul(x, x);
  const s2 = f32x4.mul(s, s);
  const p = madd(madd(pair(s, ERF + 16), s2, pair(s, ERF + 8)), s2, pair(s, ERF));
  const small = madd(p, a, a);
  const t = f32x4.pmin(a, splat(4));
  const t2 = f32x4.mul(t, t);
  const q = madd(madd(at(ERFC + 24), t2, pair(t, ERFC + 16)), f32x4.mul(t2, t2), quad(t, t2, ERFC));
  const large = f32x4.sub(at(ONE), exp(f32x4.sub(f32x4.mul(q, t), t)));
  return copySign(choose(f32x4.gt(a, at(ERF_SMALL)), large, small), x);
}

/** erfinv(x) / x as polynomials of w − 2.5 and √w − 3, where w = −log(1 − x²). */
const ERFINV_NEAR: usize = memory.data<f32>([
  1.50140941, 2.46640727e-1, -4.17768164e-3, -1.25372503e-3, 2.1858087e-4, -4.39150654e-6, -3.5233877e-6,
  3.43273939e-7, 2.81022636e-8,
], 4);
const ERFINV_FAR: usize = memory.data<f32>([
  2.83297682, 1.00167406, 9.43887047e-3, -7.6224613e-3, 5.73950773e-3, -3.67342844e-3, 1.34934322e-3,
  1.00950558e-4, -2.00214257e-4,
], 4);

/** c₀ + c₁x + … + c₈x⁸. */
@inline
function nine(x: v128, coefficients: usize): v128 {
  const square = f32x4.mul(x, x);
  const fourth = f32x4.mul(square, square);
  return madd(
    madd(at(coefficients + 32), fourth, quad(x, square, coefficients + 16)), fourth, quad(x, square, coefficients)
  );
}

/** −log(1 − x²) for |x| < 1. */
@inline
function erfinvArgument(x: v128): v128 {
  return f32x4.neg(logOfNormal(f32x4.mul(f32x4.sub(at(ONE), x), f32x4.add(at(ONE), x))));
}

@inline
function erfinvNear(w: v128): v128 {
  return nine(f32x4.sub(w, splat(2.5)), ERFINV_NEAR);
}

/** From |x| = 0.9966 on. */
@inline
function isFar(w: v128): v128 {
  return f32x4.ge(w, splat(5));
}

function erfinvFar(w: v128, near: v128): v128 {
  return choose(isFar(w), nine(f32x4.sub(f32x4.sqrt(w), splat(3)), ERFINV_FAR), near);
}

/** p·x; ±∞ at ±1, NaN beyond. */
@inline
function erfinvOf(p: v128, x: v128): v128 {
  const a = f32x4.abs(x);
  const outside = choose(f32x4.eq(a, at(ONE)), f32x4.mul(x, splat(<f32>Infinity)), splat(NaN));
  return choose(f32x4.lt(a, at(ONE)), f32x4.mul(p, x), outside);
}

/** Inverse error function, relative error about 1e-6. M. Giles, "Approximating the erfinv function", 2012. */
export function erfinv(x: v128): v128 {
  const w = erfinvArgument(x);
  const p = erfinvNear(w);
  return erfinvOf(v128.any_true(isFar(w)) ? erfinvFar(w, p) : p, x);
}

/** As the functions at the end of this file. */
export function erfinvAll(target: usize, end: usize, a: usize, step: usize, b: usize, bStep: usize): void {
  for (; target + 16 < end; target += 32) {
    const w0 = erfinvArgument(v128.load(a)), w1 = erfinvArgument(v128.load(a + step));
    let p0 = erfinvNear(w0), p1 = erfinvNear(w1);
    if (v128.any_true(v128.or(isFar(w0), isFar(w1)))) {
      p0 = erfinvFar(w0, p0);
      p1 = erfinvFar(w1, p1);
    }
    // x is read again: there are no registers to keep it in.
    p0 = after(p1, p0);
    const y1 = erfinvOf(p1, v128.load(a + step));
    v128.store(target, erfinvOf(p0, v128.load(a)));
    v128.store(target, y1, 16);
    a += 2 * step;
  }
  if (target < end) v128.store(target, erfinv(v128.load(a)));
}

/** (sin r − r) / r³ and (cos r − 1 + r²/2) / r⁴ as polynomials of r², |r| ≤ π/4. */
const SIN: usize = memory.data<f32>([-1.6666654611e-1, 8.3321608736e-3, -1.9515295891e-4], 4);
const COS: usize = memory.data<f32>([4.166664568298827e-2, -1.388731625493765e-3, 2.443315711809948e-5], 4);
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
  const r = f32x4.pmax(f32x4.pmin(rest, splat(0.7854)), splat(-0.7854));
  const z = f32x4.mul(r, r);
  const sine = madd(f32x4.mul(madd(madd(at(SIN + 8), z, at(SIN + 4)), z, at(SIN)), z), r, r);
  const cosine = madd(madd(madd(madd(at(COS + 8), z, at(COS + 4)), z, at(COS)), z, splat(-0.5)), z, at(ONE));
  const n = i32x4.add(wholeOf(nLow, nHigh), i32x4.splat(quarter));
  const odd = i32x4.eq(v128.and(n, i32x4.splat(1)), i32x4.splat(1));
  const sign = i32x4.shl(v128.and(n, i32x4.splat(2)), 30);
  return v128.xor(choose(odd, cosine, sine), sign);
}

/** Sine within 2 ulp for |x| up to 10⁵. */
export function sin(x: v128): v128 {
  return choose(f32x4.eq(x, splat(0)), x, sinOfTurned(x, 0));
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

/** x^y with the special cases of IEEE 754. */
export function pow(x: v128, y: v128): v128 {
  const one = at(ONE);
  const zero = splat(0);
  const a = f32x4.abs(x);
  const upper = powOfPositive(v128.shuffle<i32>(a, a, 2, 3, 2, 3), v128.shuffle<i32>(y, y, 2, 3, 2, 3));
  let result = v128.shuffle<i32>(powOfPositive(a, y), upper, 0, 1, 4, 5);
  // 0 and ∞ as bases, ∞ as power: the result is 0 or ∞ (1 for |x| = 1), whichever way the power grows.
  const grows = v128.xor(f32x4.gt(a, one), f32x4.lt(y, zero));
  const extreme = v128.or(
    v128.or(f32x4.eq(a, zero), f32x4.eq(a, splat(<f32>Infinity))), f32x4.eq(f32x4.abs(y), splat(<f32>Infinity))
  );
  result = choose(extreme, v128.and(grows, splat(<f32>Infinity)), result);
  result = choose(v128.and(f32x4.eq(a, one), f32x4.eq(y, y)), one, result);
  // A negative base: the sign of odd powers, NaN for powers that are not whole. From 2²⁴ on all powers are even.
  const whole = f32x4.eq(f32x4.trunc(y), y);
  const half = f32x4.mul(y, splat(0.5));
  const odd = v128.and(whole, f32x4.ne(f32x4.trunc(half), half));
  result = v128.xor(result, v128.and(v128.and(odd, x), i32x4.splat(0x80000000)));
  const undefinedRoot = v128.andnot(v128.and(f32x4.lt(x, zero), f32x4.lt(a, splat(<f32>Infinity))), whole);
  result = choose(undefinedRoot, splat(NaN), result);
  result = choose(v128.or(f32x4.ne(x, x), f32x4.ne(y, y)), splat(NaN), result);
  return choose(v128.or(f32x4.eq(x, one), f32x4.eq(y, zero)), one, result);
}

// The functions of vectors from `a` (and `b`) on, a step in bytes apart, to those from `target` to `end`: what the
// interpreter in the core module calls through the table.

export function erfAll(target: usize, end: usize, a: usize, aStep: usize, b: usize, bStep: usize): void {
  for (; target < end; target += 16, a += aStep) v128.store(target, erf(v128.load(a)));
}

export function sinAll(target: usize, end: usize, a: usize, aStep: usize, b: usize, bStep: usize): void {
  for (; target < end; target += 16, a += aStep) v128.store(target, sin(v128.load(a)));
}

export function cosAll(target: usize, end: usize, a: usize, aStep: usize, b: usize, bStep: usize): void {
  for (; target < end; target += 16, a += aStep) v128.store(target, cos(v128.load(a)));
}

export function powAll(target: usize, end: usize, a: usize, aStep: usize, b: usize, bStep: usize): void {
  for (; target < end; target += 16, a += aStep, b += bStep) v128.store(target, pow(v128.load(a), v128.load(b)));
}
