// WGSL of elementary functions that few networks use: loaded when a shader first calls one.
import { poly } from "./polynomial.ts";

/** As the library of functions.ts, whose functions these call. */
export const specialFunctions: readonly string[] = [
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
  "fn logOfNormal(x: f32) -> f32 { let e = exponent(x); return logOfParts(mantissa(x, e) - 1.0, f32(e), 0.0); }",
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
  // Payne and Hanek: the mantissa times those 96 bits of 2/π that matter, in whole numbers; right for every float. Then
  // quarter turns to the nearest, and what is left of one, in units of 2^-62.
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
  // log2 a in two floats, then y·log2 a with the rounding error of the product. log m = 2·artanh s; upper halves have
  // 12 bits, so that their products are exact; 2 / ln 2 = 2.8847656 + 6.24460179e-4.
  `fn powOfPositive(a: f32, y: f32) -> f32 {
  let scaledA = select(a, f32(u(a)), isTiny(a));
  let e = exponent(scaledA);
  let m = mantissa(scaledA, e);
  let d = m + 1.0;
  let g = m - 1.0;
  let s = g / d;
  let sh = upper(s);
  let dh = upper(d);
  let dl = m - fix(dh - 1.0);
  let sl = (fix(g - sh * dh) - sh * dl) / d;
  let z = s * s;
  let p = ${poly("z", "0.076923077", "0.090909091", "0.11111111", "0.14285714", "0.2", "0.33333333")};
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
