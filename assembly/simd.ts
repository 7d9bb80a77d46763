/**
 * Four lanes at once: exponentials and logarithms, and the small helpers that all kernels share.
 *
 * The polynomials are those of Cephes (S. Moshier), in plain multiplies and adds, so that every build and every CPU
 * gives the same bits. `pmin(x, c)` and `pmax(x, c)` keep a NaN in x and cost one instruction where `min` and `max`
 * cost six.
 *
 * Constants are in memory: V8 spreads a number from there over the lanes in one instruction, and needs three to make
 * it from nothing. Polynomials are summed in pairs of terms (Estrin), which halves the latency of Horner's scheme.
 */

const INFINITY: usize = memory.data<f32>([Infinity], 4);
const NOT_A_NUMBER: usize = memory.data<f32>([NaN], 4);
export const ONE: usize = memory.data<f32>([1], 4);
const HALF: usize = memory.data<f32>([0.5], 4);
const LOG2E: usize = memory.data<f32>([1.44269504088896341], 4);
/** ln 2 in two parts; the first has few enough bits that its product with a whole number is exact. */
const LN2_HIGH: usize = memory.data<f32>([0.693359375], 4);
const LN2_LOW: usize = memory.data<f32>([-2.12194440e-4], 4);
/** Adding 1.5·2²³ rounds to a whole number, half to even, and leaves it in the low bits. */
const ROUNDER: usize = memory.data<f32>([12582912], 4);
const ROUNDER_BITS: i32 = 0x4b400000;

/**
 * y, but scheduled after x: a shuffle that moves nothing, which engines drop. TurboFan orders a block's instructions
 * backwards from what uses them; two results that depend on each other are computed side by side, and each hides the
 * other's latency.
 */
@inline
export function after(x: v128, y: v128): v128 {
  return v128.shuffle<i32>(x, y, 4, 5, 6, 7);
}

@inline
export function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/** The constant at an address, in all lanes. */
@inline
export function at(address: usize): v128 {
  return v128.load_splat<f32>(address);
}

/** x·y + z, rounded twice. */
@inline
export function madd(x: v128, y: v128, z: v128): v128 {
  return f32x4.add(f32x4.mul(x, y), z);
}

/** c₀ + c₁x with coefficients from an address on. */
@inline
export function pair(x: v128, coefficients: usize): v128 {
  return madd(x, at(coefficients + 4), at(coefficients));
}

/** c₀ + c₁x + c₂x² + c₃x³. */
@inline
export function quad(x: v128, square: v128, coefficients: usize): v128 {
  return madd(pair(x, coefficients + 8), square, pair(x, coefficients));
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

/** (e^r − 1 − r) / r² for |r| ≤ ½ ln 2. */
const EXP: usize = memory.data<f32>(
  [5.0000001201e-1, 1.6666665459e-1, 4.1665795894e-2, 8.3334519073e-3, 1.3981999507e-3, 1.9875691500e-4], 4
);
const EXP_MOST: usize = memory.data<f32>([89], 4);
const EXP_LEAST: usize = memory.data<f32>([-104], 4);
const EXPM1_LEAST: usize = memory.data<f32>([-18], 4);

/** e^r − 1 for the remainder |r| ≤ ½ ln 2. */
@inline
function expm1OfRemainder(r: v128): v128 {
  const square = f32x4.mul(r, r);
  const p = madd(madd(pair(r, EXP + 16), square, pair(r, EXP + 8)), square, pair(r, EXP));
  return madd(p, square, r);
}

/** 2^n of whole numbers −127 < n < 128. */
@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

@inline
function expOf(x: v128): v128 {
  // Beyond these bounds the result is 0 or infinite anyway; within, n fits the two factors.
  const z = f32x4.pmax(f32x4.pmin(x, at(EXP_MOST)), at(EXP_LEAST));
  const shifted = madd(z, at(LOG2E), at(ROUNDER));
  const n = f32x4.sub(shifted, at(ROUNDER));
  const r = f32x4.sub(f32x4.sub(z, f32x4.mul(n, at(LN2_HIGH))), f32x4.mul(n, at(LN2_LOW)));
  const y = f32x4.add(expm1OfRemainder(r), at(ONE));
  // 2^n may be beyond the range of normal numbers though y·2^n is not: two factors.
  const whole = i32x4.sub(shifted, i32x4.splat(ROUNDER_BITS));
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(y, powerOfTwo(half)), powerOfTwo(i32x4.sub(whole, half)));
}

/** e^x within 1 ulp, subnormal results included. */
export function exp(x: v128): v128 {
  return expOf(x);
}

/** `exp` of the vectors from `a` on, `step` bytes apart, to those from `target` to `end`. */
export function expAll(target: usize, end: usize, a: usize, step: usize): void {
  for (; target + 16 < end; target += 32) {
    const y0 = expOf(v128.load(a)), y1 = expOf(v128.load(a + step));
    v128.store(target, after(y1, y0));
    v128.store(target, y1, 16);
    a += 2 * step;
  }
  if (target < end) v128.store(target, exp(v128.load(a)));
}

/** e^x − 1 within 2 ulp, also near 0. */
export function expm1(x: v128): v128 {
  const z = f32x4.pmax(f32x4.pmin(x, at(EXP_MOST)), at(EXPM1_LEAST));
  const shifted = madd(z, at(LOG2E), at(ROUNDER));
  const n = f32x4.sub(shifted, at(ROUNDER));
  const high = f32x4.sub(z, f32x4.mul(n, at(LN2_HIGH)));
  const low = f32x4.mul(n, at(LN2_LOW));
  const r = f32x4.sub(high, low);
  // What rounding took from r: without it the result near −0.3 and 0.4 is off by more than 2 ulp.
  const lost = f32x4.sub(f32x4.sub(high, r), low);
  const q = f32x4.add(expm1OfRemainder(r), lost);
  // 2^n·(q + 1) − 1, with half the power so that n = 128 does not overflow before its time.
  const half = powerOfTwo(i32x4.sub(shifted, i32x4.splat(ROUNDER_BITS + 1)));
  const y = f32x4.add(f32x4.mul(q, half), f32x4.sub(half, at(HALF)));
  return choose(f32x4.eq(x, splat(0)), x, f32x4.add(y, y));
}

/** (log(1 + f) − f + f²/2) / f³ for √½ − 1 ≤ f < √2 − 1. */
const LOG: usize = memory.data<f32>([
  3.3333331174e-1, -2.4999993993e-1, 2.0000714765e-1, -1.6668057665e-1, 1.4249322787e-1, -1.2420140846e-1,
  1.1676998740e-1, -1.1514610310e-1,
  7.0376836292e-2,
], 4);

/** log(1 + f) + e·ln 2 + small, for √½ − 1 ≤ f < √2 − 1. */
@inline
function logOfParts(f: v128, e: v128, small: v128): v128 {
  const square = f32x4.mul(f, f);
  const fourth = f32x4.mul(square, square);
  const upper = madd(at(LOG + 32), fourth, quad(f, square, LOG + 16));
  const p = madd(upper, fourth, quad(f, square, LOG));
  let y = f32x4.mul(f32x4.mul(p, f), square);
  y = f32x4.add(y, madd(e, at(LN2_LOW), small));
  y = f32x4.sub(y, f32x4.mul(square, at(HALF)));
  return f32x4.add(f32x4.add(f, y), f32x4.mul(e, at(LN2_HIGH)));
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
  const finite = choose(f32x4.lt(argument, at(INFINITY)), y, x);
  const atZero = choose(f32x4.eq(argument, splat(0)), f32x4.neg(at(INFINITY)), finite);
  return choose(f32x4.lt(argument, splat(0)), at(NOT_A_NUMBER), atZero);
}

const LEAST_NORMAL: usize = memory.data<f32>([1.17549435e-38], 4);
const POWER_23: usize = memory.data<f32>([8388608], 4);

/** Natural logarithm of normal positive numbers; of others nothing of use. */
@inline
export function logOfNormal(x: v128): v128 {
  const e = exponent(x);
  return logOfParts(f32x4.sub(mantissa(x, e), at(ONE)), f32x4.convert_i32x4_s(e), splat(0));
}

/** Natural logarithm within 1 ulp, of subnormal numbers too. */
export function log(x: v128): v128 {
  const tiny = f32x4.lt(x, at(LEAST_NORMAL));
  const scaled = choose(tiny, f32x4.mul(x, at(POWER_23)), x);
  const e = exponent(scaled);
  const f = f32x4.sub(mantissa(scaled, e), at(ONE));
  const whole = f32x4.sub(f32x4.convert_i32x4_s(e), v128.and(tiny, splat(23)));
  return logSpecials(x, x, logOfParts(f, whole, splat(0)));
}

/** log(1 + x) within 2 ulp, also near 0. */
export function log1p(x: v128): v128 {
  const u = f32x4.add(x, at(ONE));
  const e = exponent(u);
  const near = i32x4.eq(e, i32x4.splat(0));
  // Near 0 there is nothing to scale and f is x itself; elsewhere the rounding of 1 + x is put right to first order.
  const f = choose(near, x, f32x4.sub(mantissa(u, e), at(ONE)));
  const larger = f32x4.gt(x, at(ONE));
  const lost = choose(larger, f32x4.sub(at(ONE), f32x4.sub(u, x)), f32x4.sub(x, f32x4.sub(u, at(ONE))));
  const y = logOfParts(f, f32x4.convert_i32x4_s(e), v128.andnot(f32x4.div(lost, u), near));
  return choose(f32x4.eq(x, splat(0)), x, logSpecials(u, x, y));
}

/** (tanh x − x) / x³ as a polynomial of x², below TANH_SMALL. */
const TANH: usize = memory.data<f32>(
  [-3.33332819422e-1, 1.33314422036e-1, -5.37397155531e-2, 2.06390887954e-2, -5.70498872745e-3], 4
);
const TANH_SMALL: usize = memory.data<f32>([0.625], 4);

/** Hyperbolic tangent within 2 ulp. */
export function tanh(x: v128): v128 {
  const a = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  const square = f32x4.mul(z, z);
  const p = madd(madd(at(TANH + 16), square, pair(z, TANH + 8)), square, pair(z, TANH));
  const small = madd(f32x4.mul(p, z), a, a);
  const e = f32x4.add(expOf(f32x4.add(a, a)), at(ONE));
  const large = f32x4.sub(at(ONE), f32x4.div(splat(2), e));
  return copySign(choose(f32x4.lt(a, at(TANH_SMALL)), small, large), x);
}
