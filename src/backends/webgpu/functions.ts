// The WGSL of every scalar primitive, and the library of functions that shaders call.
import type { Primitive } from "../../ir/primitive.ts";

/**
 * WGSL of each primitive, where x, y and z stand for its operands, which are names. One that is missing does not compile.
 *
 * WGSL promises little of its own: it may assume that no number is NaN or infinite, its exponentials are off by up to
 * 60 ulp, and it may reorder sums and contract products. So NaN is recognized by its bits, elementary functions are the
 * polynomials of the WASM kernels (assembly/simd.ts and special.ts), and differences that exist to find rounding errors
 * are hidden from the compiler by `fix`. docs/decisions/0029-webgpu-numbers.md has the errors that were measured.
 */
export const primitives: { readonly [P in Primitive]: string } = {
  neg: "f(u(x) ^ 0x80000000u)",
  abs: "f(u(x) & 0x7fffffffu)",
  sign: "select(x, copySign(1.0, x), u(x) << 1u != 0u && !isNan(x))",
  floor: "floor(x)",
  ceil: "ceil(x)",
  round: "round(x)",
  sqrt: "sqrt(x)",
  exp: "exp1(x)",
  expm1: "expm1(x)",
  log: "log1(x)",
  log1p: "log1p(x)",
  tanh: "tanh1(x)",
  erf: "erf(x)",
  erfinv: "erfinv(x)",
  sin: "sinTurned(x, 0u)",
  cos: "sinTurned(x, 1u)",
  add: "x + y",
  sub: "x - y",
  mul: "x * y",
  div: "x / y",
  min: "nmin(x, y)",
  max: "nmax(x, y)",
  pow: "pow1(x, y)",
  equal: "f32(x == y && ordered(x, y))",
  notEqual: "f32(x != y || !ordered(x, y))",
  less: "f32(x < y && ordered(x, y))",
  lessEqual: "f32(x <= y && ordered(x, y))",
  // NaN counts as true, as everything does that is not 0.
  select: "select(z, y, u(x) << 1u != 0u)",
};

/** WGSL of a polynomial by Horner's rule, coefficients from the highest power on. */
const poly = (x: string, first: string, ...rest: string[]): string =>
  rest.reduce((sum, coefficient) => `(${sum} * ${x} + ${coefficient})`, first);

/** Every function, under the name that it declares. Shaders get those that they call: see {@link withLibrary}. */
const library: readonly string[] = [
  "fn f(x: u32) -> f32 { return bitcast<f32>(x); }",
  "fn u(x: f32) -> u32 { return bitcast<u32>(x); }",
  // WGSL has no constants for these; 0 and 1 of the uniform record are their bits.
  "fn inf() -> f32 { return f(prm[0].x); }",
  "fn nan() -> f32 { return f(prm[0].y); }",
  "fn isNan(x: f32) -> bool { return (u(x) & 0x7fffffffu) > 0x7f800000u; }",
  "fn ordered(x: f32, y: f32) -> bool { return max(u(x) & 0x7fffffffu, u(y) & 0x7fffffffu) <= 0x7f800000u; }",
  // x, but the compiler does not know it: the last bit of infinity is 0.
  "fn fix(x: f32) -> f32 { return f(u(x) ^ (prm[0].x & 1u)); }",
  "fn copySign(x: f32, y: f32) -> f32 { return f((u(x) & 0x7fffffffu) | (u(y) & 0x80000000u)); }",
  // Of equal numbers the bits are equal but for zeros, of which min takes −0 and max 0.
  `fn nmax(x: f32, y: f32) -> f32 {
  if (isNan(x)) { return x; }
  if (isNan(y)) { return y; }
  return select(select(y, x, x > y), f(u(x) & u(y)), x == y);
}`,
  `fn nmin(x: f32, y: f32) -> f32 {
  if (isNan(x)) { return x; }
  if (isNan(y)) { return y; }
  return select(select(y, x, x < y), f(u(x) | u(y)), x == y);
}`,
  // Towards 0; the nearest integer that fits where none does, 0 for NaN.
  `fn toInt(x: f32) -> i32 {
  if (isNan(x)) { return 0; }
  if (x >= 2147483648.0) { return 2147483647; }
  return i32(max(x, -2147483648.0));
}`,
  // e^r − 1 for |r| ≤ ½ ln 2.
  `fn expm1OfRest(r: f32) -> f32 {
  return ${poly("r", "1.9875691500e-4", "1.3981999507e-3", "8.3334519073e-3", "4.1665795894e-2", "1.6666665459e-1", "5.0000001201e-1")} * (r * r) + r;
}`,
  "fn power2(n: i32) -> f32 { return bitcast<f32>((n + 127) << 23u); }",
  // y·2^n in two steps, because 2^n may be out of range where the result is not.
  "fn scaled(y: f32, n: i32) -> f32 { let half = n >> 1u; return (y * power2(half)) * power2(n - half); }",
  // Beyond the bounds the result is 0 or infinite anyway. ln 2 is in two parts; products with the first are exact.
  `fn exp1(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  let z = clamp(x, -104.0, 89.0);
  let n = round(z * 1.44269504);
  let r = fix(z - n * 0.693359375) - n * -2.12194440e-4;
  return scaled(expm1OfRest(r) + 1.0, i32(n));
}`,
  // 2^n·(q + 1) − 1 with half the power, so that n = 128 does not overflow before its time.
  `fn expm1(x: f32) -> f32 {
  if (isNan(x) || u(x) << 1u == 0u) { return x; }
  let z = clamp(x, -18.0, 89.0);
  let n = round(z * 1.44269504);
  let high = fix(z - n * 0.693359375);
  let low = fix(n * -2.12194440e-4);
  let r = fix(high - low);
  let q = expm1OfRest(r) + (fix(high - r) - low);
  let half = power2(i32(n) - 1);
  let y = q * half + (half - 0.5);
  return select(y + y, x, abs(x) < 1e-8);
}`,
  // log(1 + g) + e·ln 2 + small for √½ − 1 ≤ g < √2 − 1.
  `fn logOfParts(g: f32, e: f32, small: f32) -> f32 {
  let s = g * g;
  let p = ${poly("g", "7.0376836292e-2", "-1.1514610310e-1", "1.1676998740e-1", "-1.2420140846e-1", "1.4249322787e-1", "-1.6668057665e-1", "2.0000714765e-1", "-2.4999993993e-1", "3.3333331174e-1")};
  return (g + (((p * g) * s + (e * -2.12194440e-4 + small)) - s * 0.5)) + e * 0.693359375;
}`,
  // The exponent that leaves x / 2^exponent between √½ and √2, for normal positive x, and that quotient.
  "fn exponent(x: f32) -> i32 { return (bitcast<i32>(x) - 0x3f3504f3) >> 23u; }",
  "fn mantissa(x: f32, e: i32) -> f32 { return bitcast<f32>(bitcast<i32>(x) - (e << 23u)); }",
  "fn logOfNormal(x: f32) -> f32 { let e = exponent(x); return logOfParts(mantissa(x, e) - 1.0, f32(e), 0.0); }",
  // Whether a number is below the normal ones; then its bits, taken as a whole number, are x·2^149.
  "fn isTiny(x: f32) -> bool { return (u(x) & 0x7f800000u) == 0u; }",
  `fn log1(x: f32) -> f32 {
  if (u(x) << 1u == 0u) { return -inf(); }
  if (u(x) >= 0x7f800000u) { return select(nan(), x, u(x) <= 0x7f800000u || isNan(x)); }
  let scaled = select(x, f32(u(x)), isTiny(x));
  let e = exponent(scaled);
  return logOfParts(mantissa(scaled, e) - 1.0, f32(e) - select(0.0, 149.0, isTiny(x)), 0.0);
}`,
  // Near 0 there is nothing to scale; elsewhere the rounding of 1 + x is put right to first order.
  `fn log1p(x: f32) -> f32 {
  if (isNan(x) || u(x) == 0x7f800000u || abs(x) < 1e-8) { return x; }
  let w = fix(x + 1.0);
  if (w <= 0.0) { return select(nan(), -inf(), w == 0.0); }
  let e = exponent(w);
  if (e == 0) { return logOfParts(x, 0.0, 0.0); }
  let lost = select(x - fix(w - 1.0), 1.0 - fix(w - x), x > 1.0);
  return logOfParts(mantissa(w, e) - 1.0, f32(e), lost / w);
}`,
  `fn tanh1(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  let a = abs(x);
  let z = a * a;
  if (a < 0.625) {
    return copySign(${poly("z", "-5.70498872745e-3", "2.06390887954e-2", "-5.37397155531e-2", "1.33314422036e-1", "-3.33332819422e-1")} * z * a + a, x);
  }
  return copySign(1.0 - 2.0 / (exp1(min(a + a, 88.0)) + 1.0), x);
}`,
  // Polynomials by N. Juffa; from 4 on erf is 1. Near 0 it is 2x/√π, whose parts may be too small to be added up.
  `fn erf(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  let a = abs(x);
  if (a < 1e-10) { return x * 1.12837917; }
  let s = a * a;
  if (a <= 0.927734375) {
    return copySign(${poly("s", "-5.96761703e-4", "4.99119423e-3", "-2.67681349e-2", "1.12819925e-1", "-3.76125336e-1", "1.28379166e-1")} * a + a, x);
  }
  let t = min(a, 4.0);
  return copySign(1.0 - exp1(${poly("t", "-1.72853470e-5", "3.83197126e-4", "-3.88396438e-3", "2.42546219e-2", "-1.06777877e-1", "-6.34846687e-1", "-1.28717512e-1")} * t - t), x);
}`,
  // M. Giles, "Approximating the erfinv function", 2012.
  `fn erfinv(x: f32) -> f32 {
  let a = abs(x);
  if (isNan(x) || a > 1.0) { return nan(); }
  if (a == 1.0) { return copySign(inf(), x); }
  let w = -logOfNormal((1.0 - x) * (1.0 + x));
  if (w < 5.0) {
    let v = w - 2.5;
    return ${poly("v", "2.81022636e-8", "3.43273939e-7", "-3.5233877e-6", "-4.39150654e-6", "2.1858087e-4", "-1.25372503e-3", "-4.17768164e-3", "2.46640727e-1", "1.50140941")} * x;
  }
  let v = sqrt(w) - 3.0;
  return ${poly("v", "-2.00214257e-4", "1.00950558e-4", "1.34934322e-3", "-3.67342844e-3", "5.73950773e-3", "-7.6224613e-3", "9.43887047e-3", "1.00167406", "2.83297682")} * x;
}`,
  // The 64 bits of a·b: low, high.
  `fn wide(a: u32, b: u32) -> vec2<u32> {
  let al = a & 0xffffu; let ah = a >> 16u; let bl = b & 0xffffu; let bh = b >> 16u;
  let mid = ah * bl + ((al * bl) >> 16u);
  return vec2<u32>(a * b, ah * bh + (mid >> 16u) + ((al * bh + (mid & 0xffffu)) >> 16u));
}`,
  // Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
  `fn philox(counter: vec4<u32>, key: vec2<u32>) -> vec4<u32> {
  var x = counter;
  var k = key;
  for (var round = 0; round < 10; round++) {
    let a = wide(0xcd9e8d57u, x.z);
    let b = wide(0xd2511f53u, x.x);
    x = vec4<u32>(a.y ^ x.y ^ k.x, a.x, b.y ^ x.w ^ k.y, b.x);
    k += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return x;
}`,
  // Payne and Hanek: the mantissa times those 96 bits of 2/π that matter, in whole numbers; right for every float.
  `fn sinTurned(x: f32, quarter: u32) -> f32 {
  if ((u(x) & 0x7f800000u) == 0x7f800000u) { return nan(); }
  var r = abs(x);
  var q = 0u;
  if (r > 0.7853981) {
    var bits = array<u32, 7>(0u, 0x28be60dbu, 0x9391054au, 0x7f09d5f4u, 0x7d4d3770u, 0x36d8a566u, 0x4f10e410u);
    let e = (u(r) >> 23u) - 126u;
    let m = (u(r) << 8u) | 0x80000000u;
    let i = e >> 5u; let s = e & 31u; let t = 31u - s;
    let low = wide(m, (bits[i + 2u] << s) | ((bits[i + 3u] >> 1u) >> t));
    let mid = wide(m, (bits[i + 1u] << s) | ((bits[i + 2u] >> 1u) >> t));
    let pl = mid.x + low.y;
    let ph = mid.y + m * ((bits[i] << s) | ((bits[i + 1u] >> 1u) >> t)) + select(0u, 1u, pl < mid.x);
    // Quarter turns to the nearest, and what is left of one, in units of 2^-62.
    q = (ph + 0x20000000u) >> 30u;
    let rest = ph - (q << 30u);
    let flip = bitcast<u32>(bitcast<i32>(rest) >> 31u);
    let high = rest ^ flip;
    let h = f32(high >> 14u) * 1.52587890625e-5;
    let l = (f32(high & 0x3fffu) + f32(pl ^ flip) * 2.3283064365386963e-10) * 9.313225746154785e-10;
    r = h * 1.5703125 + (h * 4.83826794e-4 + l * 1.57079633);
    r = select(r, -r, flip != 0u);
  }
  let z = r * r;
  q += quarter;
  let n = select(q, q + 2u, (u(x) >> 31u) == 1u && quarter == 0u);
  if ((q & 1u) == 1u) {
    return f(u(${poly("z", "2.443315711809948e-5", "-1.388731625493765e-3", "4.166664568298827e-2", "-0.5", "1.0")}) ^ ((n & 2u) << 30u));
  }
  return f(u(${poly("z", "-1.9515295891e-4", "8.3321608736e-3", "-1.6666654611e-1")} * z * r + r) ^ ((n & 2u) << 30u));
}`,
  // log2 a in two floats, then y·log2 a with the rounding error of the product.
  `fn powOfPositive(a: f32, y: f32) -> f32 {
  let scaledA = select(a, f32(u(a)), isTiny(a));
  let e = exponent(scaledA);
  let m = mantissa(scaledA, e);
  // log m = 2·artanh s; upper halves have 12 bits, so that their products are exact.
  let d = m + 1.0;
  let g = m - 1.0;
  let s = g / d;
  let sh = upper(s);
  let dh = upper(d);
  let dl = m - fix(dh - 1.0);
  let sl = (fix(g - sh * dh) - sh * dl) / d;
  let z = s * s;
  let p = ${poly("z", "0.076923077", "0.090909091", "0.11111111", "0.14285714", "0.2", "0.33333333")};
  // 2 / ln 2 = 2.8847656 + 6.24460179e-4
  let lead = sh * 2.884765625;
  let rest = s * 6.24460179e-4 + (sl * 2.884765625 + 2.88539008 * (s * z * p));
  let whole = f32(e) - select(0.0, 149.0, isTiny(a));
  let sum = fix(whole + lead);
  let low0 = (lead - fix(sum - whole)) + rest;
  let high = fix(sum + low0);
  let low = low0 - fix(high - sum);
  let t = y * high;
  if (t > 200.0) { return inf(); }
  if (t < -200.0) { return 0.0; }
  let hh = upper(high);
  let yh = upper(y);
  let big = fix(yh * hh);
  let small = yh * ((high - hh) + low) + (y - yh) * high;
  let n = round(big + small);
  return scaled(expm1OfRest((fix(big - n) + small) * 0.69314718) + 1.0, i32(n));
}`,
  "fn upper(x: f32) -> f32 { return f(u(x) & 0xfffff000u); }",
  // The special cases of IEEE 754. From 2^24 on all powers are even.
  `fn pow1(x: f32, y: f32) -> f32 {
  if (x == 1.0 || u(y) << 1u == 0u) { return 1.0; }
  if (!ordered(x, y)) { return nan(); }
  let a = abs(x);
  let infiniteY = abs(y) >= inf();
  var r = 1.0;
  if (u(a) == 0u || a >= inf() || infiniteY) {
    if (a != 1.0) { r = select(0.0, inf(), (a > 1.0) != (u(y) >> 31u == 1u)); }
  } else if (a != 1.0) { r = powOfPositive(a, y); }
  let isWhole = floor(y) == y;
  if (u(x) > 0x80000000u && a < inf() && !isWhole) { return nan(); }
  let isOdd = !infiniteY && isWhole && floor(y * 0.5) != y * 0.5;
  return select(r, f(u(r) ^ (u(x) & 0x80000000u)), isOdd);
}`,
];

/** WGSL of a function `name(l, x)` that combines the values a and b of all threads of a workgroup, in a fixed order. */
const fold = (name: string, type: string, combine: string): string => `fn ${name}(l: u32, x: ${type}) -> ${type} {
  workgroupBarrier();
  memory_${name}[l] = x;
  workgroupBarrier();
  for (var s = threads >> 1u; s > 0u; s >>= 1u) {
    if (l < s) { let a = memory_${name}[l]; let b = memory_${name}[l + s]; memory_${name}[l] = ${combine}; }
    workgroupBarrier();
  }
  return memory_${name}[0];
}
var<workgroup> memory_${name}: array<${type}, threads>;`;

const folds: readonly string[] = [
  fold("sumF", "f32", "a + b"),
  fold("maxF", "f32", "nmax(a, b)"),
  fold("minF", "f32", "nmin(a, b)"),
  fold("prodF", "f32", "a * b"),
  fold("sumI", "i32", "a + b"),
  fold("maxI", "i32", "max(a, b)"),
  fold("minI", "i32", "min(a, b)"),
  fold("prodI", "i32", "a * b"),
];

let byName: ReadonlyMap<string, string> | undefined;

/** A text with all functions of the library that it calls, directly or not, before it. */
export function withLibrary(body: string): string {
  byName ??= new Map(
    [...library, ...folds].map((text) => [(/fn (\w+)/.exec(text) as RegExpExecArray)[1] as string, text]),
  );
  const used = new Set<string>();
  const visit = (text: string): void => {
    for (const [, name = ""] of text.matchAll(/(\w+)\(/g)) {
      const found = byName?.get(name);
      if (found === undefined || used.has(found)) continue;
      used.add(found);
      visit(found);
    }
  };
  visit(body);
  return `${[...used].join("\n")}\n${body}`;
}
