// The WGSL of every scalar primitive, and the library of functions that shaders call.
import type { Primitive } from "../../ir/primitive.ts";
import { poly } from "./polynomial.ts";

/**
 * WGSL of each primitive, where x, y and z stand for its operands, which are names. One that is missing does not
 * compile.
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
  // Whether a number is below the normal ones; then its bits, taken as a whole number, are x·2^149.
  "fn isTiny(x: f32) -> bool { return (u(x) & 0x7f800000u) == 0u; }",
  `fn log1(x: f32) -> f32 {
  if (u(x) << 1u == 0u) { return -inf(); }
  if (u(x) >= 0x7f800000u) { return select(nan(), x, u(x) <= 0x7f800000u || isNan(x)); }
  let scaled = select(x, f32(u(x)), isTiny(x));
  let e = exponent(scaled);
  return logOfParts(mantissa(scaled, e) - 1.0, f32(e) - select(0.0, 149.0, isTiny(x)), 0.0);
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

const nameOf = (text: string) => (/fn (\w+)/.exec(text) as RegExpExecArray)[1] as string;
const byName = /* @__PURE__ */ new Map([...library, ...folds].map((text) => [nameOf(text), text]));

/** Calls of functions-special.ts. */
const special = /\b(log1p|tanh1|erf|erfinv|sinTurned|pow1)\(/;

/** A text with all functions of the library that it calls, directly or not. */
export async function withLibrary(body: string): Promise<string> {
  if (special.test(body)) {
    for (const text of (await import("./functions-special.ts")).specialFunctions) byName.set(nameOf(text), text);
  }
  const used = new Set<string>();
  const visit = (text: string): void => {
    for (const [, name = ""] of text.matchAll(/(\w+)\(/g)) {
      const found = byName.get(name);
      if (found === undefined || used.has(found)) continue;
      used.add(found);
      visit(found);
    }
  };
  visit(body);
  return `${body}\n${[...used].join("\n")}`;
}
