/**
 * Four lanes at once: exponentials and logarithms, and the small helpers that all kernels share.
 *
 * The polynomials are those of Cephes (S. Moshier), in plain multiplies and adds, so that every build and every CPU gives
 * the same bits. `pmin(x, c)` and `pmax(x, c)` keep a NaN in x and cost one instruction where `min` and `max` cost six.
 * Constants stand in memory because V8 needs one instruction to spread a number from there over the lanes, and four to make a
 * vector from nothing.
 */

const INFINITY: f32 = <f32>Infinity;
const LOG2E: f32 = 1.44269504088896341;
/** ln 2 in two parts; the first has few enough bits that n·LN2_HIGH is exact. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;
/** Adding 1.5·2²³ rounds to a whole number, half to even, and leaves it in the low bits. */
const ROUNDER: f32 = 12582912;
const ROUNDER_BITS: i32 = 0x4b400000;

@inline
export function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/** The constant x in all lanes, from memory. */
@inline
export function c(x: f32): v128 {
  return v128.load_splat<f32>(memory.data<f32>([x], 4));
}

/** x·y + z, rounded twice. */
@inline
export function madd(x: v128, y: v128, z: v128): v128 {
  return f32x4.add(f32x4.mul(x, y), z);
}

/** x where the mask is set, else y. */
@inline
export function choose(mask: v128, x: v128, y: v128): v128 {
  return v128.bitselect(x, y, mask);
}

/** |x| with the sign of y. */
@inline
export function copySign(x: v128, y: v128): v128 {
  return v128.bitselect(y, x, i32x4.splat(0x80000000));
}

/** n whole numbers, 1 to 3, as the first lanes; the others are `rest`. Reads nothing beyond them. */
export function loadPartial(address: usize, n: i32, rest: v128): v128 {
  if (n >= 2) {
    const two = v128.load64_lane(address, rest, 0);
    return n == 2 ? two : v128.load32_lane(address, two, 2, 8);
  }
  return v128.load32_lane(address, rest, 0);
}

/** Writes the first n lanes, 1 to 3. */
export function storePartial(address: usize, n: i32, x: v128): void {
  if (n >= 2) {
    v128.store64_lane(address, x, 0);
    if (n == 3) v128.store32_lane(address, x, 2, 8);
  } else {
    v128.store32_lane(address, x, 0);
  }
}

/** (x0 + x2) + (x1 + x3). */
@inline
export function sumLanes(x: v128): f32 {
  const pair = f32x4.add(x, v128.shuffle<i32>(x, x, 2, 3, 2, 3));
  return f32x4.extract_lane(pair, 0) + f32x4.extract_lane(pair, 1);
}

/** The largest lane; NaN if any is. */
@inline
export function maxLanes(x: v128): f32 {
  const pair = f32x4.max(x, v128.shuffle<i32>(x, x, 2, 3, 2, 3));
  return max<f32>(f32x4.extract_lane(pair, 0), f32x4.extract_lane(pair, 1));
}

/** e^r − 1 for the remainder |r| ≤ ½ ln 2. Terms are added in pairs (Estrin): half the latency of Horner's scheme. */
@inline
function expm1OfRemainder(r: v128): v128 {
  const square = f32x4.mul(r, r);
  const p0 = madd(r, c(1.6666665459e-1), c(5.0000001201e-1));
  const p2 = madd(r, c(8.3334519073e-3), c(4.1665795894e-2));
  const p4 = madd(r, c(1.9875691500e-4), c(1.3981999507e-3));
  return madd(madd(madd(p4, square, p2), square, p0), square, r);
}

/** 2^n of whole numbers −127 < n < 128. */
@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** e^x within 1 ulp, subnormal results included. */
export function exp(x: v128): v128 {
  // Beyond these bounds the result is 0 or infinite anyway; within, n fits the two factors.
  const z = f32x4.pmax(f32x4.pmin(x, c(89)), c(-104));
  const shifted = madd(z, c(LOG2E), c(ROUNDER));
  const n = f32x4.sub(shifted, c(ROUNDER));
  const r = f32x4.sub(f32x4.sub(z, f32x4.mul(n, c(LN2_HIGH))), f32x4.mul(n, c(LN2_LOW)));
  const y = f32x4.add(expm1OfRemainder(r), c(1));
  // 2^n may be beyond the range of normal numbers though y·2^n is not: two factors.
  const whole = i32x4.sub(shifted, i32x4.splat(ROUNDER_BITS));
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(y, powerOfTwo(half)), powerOfTwo(i32x4.sub(whole, half)));
}

/** e^x − 1 within 2 ulp, also near 0. */
export function expm1(x: v128): v128 {
  const z = f32x4.pmax(f32x4.pmin(x, c(89)), c(-18));
  const shifted = madd(z, c(LOG2E), c(ROUNDER));
  const n = f32x4.sub(shifted, c(ROUNDER));
  const high = f32x4.sub(z, f32x4.mul(n, c(LN2_HIGH)));
  const low = f32x4.mul(n, c(LN2_LOW));
  const r = f32x4.sub(high, low);
  // What rounding took from r: without it the result near −0.3 and 0.4 is off by more than 2 ulp.
  const lost = f32x4.sub(f32x4.sub(high, r), low);
  const q = f32x4.add(expm1OfRemainder(r), lost);
  // 2^n·(q + 1) − 1, with half the power so that n = 128 does not overflow before its time.
  const half = powerOfTwo(i32x4.sub(shifted, i32x4.splat(ROUNDER_BITS + 1)));
  const y = f32x4.add(f32x4.mul(q, half), f32x4.sub(half, c(0.5)));
  return choose(f32x4.eq(x, c(0)), x, f32x4.add(y, y));
}

/** log(1 + f) + e·ln 2 + small, for √½ − 1 ≤ f < √2 − 1. */
@inline
function logOfParts(f: v128, e: v128, small: v128): v128 {
  const square = f32x4.mul(f, f);
  const fourth = f32x4.mul(square, square);
  const p0 = madd(f, c(-2.4999993993e-1), c(3.3333331174e-1));
  const p2 = madd(f, c(-1.6668057665e-1), c(2.0000714765e-1));
  const p4 = madd(f, c(-1.2420140846e-1), c(1.4249322787e-1));
  const p6 = madd(f, c(-1.1514610310e-1), c(1.1676998740e-1));
  const upper = madd(madd(c(7.0376836292e-2), square, p6), square, p4);
  const p = madd(upper, fourth, madd(p2, square, p0));
  let y = f32x4.mul(f32x4.mul(p, f), square);
  y = f32x4.add(y, madd(e, c(LN2_LOW), small));
  y = f32x4.sub(y, f32x4.mul(square, c(0.5)));
  return f32x4.add(f32x4.add(f, y), f32x4.mul(e, c(LN2_HIGH)));
}

/** The exponent that leaves x / 2^exponent between √½ and √2, for normal positive x. */
@inline
function exponent(x: v128): v128 {
  return i32x4.shr_s(i32x4.sub(x, i32x4.splat(0x3f3504f3)), 23);
}

/** x / 2^e. */
@inline
function mantissa(x: v128, e: v128): v128 {
  return i32x4.sub(x, i32x4.shl(e, 23));
}

/** y, but log's values where its argument is 0, infinite, negative or NaN. `x` is what is handed on for ∞ and NaN. */
@inline
function logSpecials(argument: v128, x: v128, y: v128): v128 {
  const finite = choose(f32x4.lt(argument, c(INFINITY)), y, x);
  const atZero = choose(f32x4.eq(argument, c(0)), c(-INFINITY), finite);
  return choose(f32x4.lt(argument, c(0)), c(NaN), atZero);
}

/** Natural logarithm within 1 ulp, of subnormal numbers too. */
export function log(x: v128): v128 {
  const tiny = f32x4.lt(x, c(1.17549435e-38));
  const scaled = choose(tiny, f32x4.mul(x, c(8388608)), x);
  const e = exponent(scaled);
  const f = f32x4.sub(mantissa(scaled, e), c(1));
  const whole = f32x4.sub(f32x4.convert_i32x4_s(e), v128.and(tiny, c(23)));
  return logSpecials(x, x, logOfParts(f, whole, c(0)));
}

/** log(1 + x) within 2 ulp, also near 0. */
export function log1p(x: v128): v128 {
  const u = f32x4.add(x, c(1));
  const e = exponent(u);
  const near = i32x4.eq(e, i32x4.splat(0));
  // Near 0 there is nothing to scale and f is x itself; elsewhere the rounding of 1 + x is put right to first order.
  const f = choose(near, x, f32x4.sub(mantissa(u, e), c(1)));
  const larger = f32x4.gt(x, c(1));
  const lost = choose(larger, f32x4.sub(c(1), f32x4.sub(u, x)), f32x4.sub(x, f32x4.sub(u, c(1))));
  const y = logOfParts(f, f32x4.convert_i32x4_s(e), v128.andnot(f32x4.div(lost, u), near));
  return choose(f32x4.eq(x, c(0)), x, logSpecials(u, x, y));
}

/** Hyperbolic tangent within 2 ulp. */
export function tanh(x: v128): v128 {
  const a = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = c(-5.70498872745e-3);
  p = madd(p, z, c(2.06390887954e-2));
  p = madd(p, z, c(-5.37397155531e-2));
  p = madd(p, z, c(1.33314422036e-1));
  p = madd(p, z, c(-3.33332819422e-1));
  const small = madd(f32x4.mul(p, z), a, a);
  const large = f32x4.sub(c(1), f32x4.div(c(2), f32x4.add(exp(f32x4.add(a, a)), c(1))));
  return copySign(choose(f32x4.lt(a, c(0.625)), small, large), x);
}
