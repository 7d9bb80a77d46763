// The WGSL library of scalar functions, with the accuracy of the WASM kernels: WGSL promises too little of its own.

/** WGSL of each part, with what it is made of before it. */
const library = {
  exp: `
fn expm1r(r: f32) -> f32 { return ((((((1.9875691500e-4 * r + 1.3981999507e-3) * r + 8.3334519073e-3) * r + 4.1665795894e-2) * r + 1.6666665459e-1) * r + 5.0000001201e-1) * r) * r + r; }
fn pow2i(n: i32) -> f32 { return bitcast<f32>((n + 127) << 23u); }
fn p_exp(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  let z = clamp(x, -104.0, 89.0);
  let n = round(z * 1.44269504);
  let r = (z - n * 0.693359375) - n * -2.12194440e-4;
  let whole = i32(n);
  let half = whole >> 1u;
  return ((expm1r(r) + 1.0) * pow2i(half)) * pow2i(whole - half);
}`,
  expm1: `
fn p_expm1(x: f32) -> f32 {
  if (isNan(x) || x == 0.0) { return x; }
  let z = clamp(x, -18.0, 89.0);
  let n = round(z * 1.44269504);
  let high = z - n * 0.693359375;
  let low = n * -2.12194440e-4;
  let r = high - low;
  let q = expm1r(r) + ((high - r) - low);
  let half = pow2i(i32(n) - 1);
  let y = q * half + (half - 0.5);
  return y + y;
}`,
  log: `
fn logParts(g: f32, e: f32, small: f32) -> f32 {
  let s = g * g;
  let p = (((((((7.0376836292e-2 * g - 1.1514610310e-1) * g + 1.1676998740e-1) * g - 1.2420140846e-1) * g + 1.4249322787e-1) * g - 1.6668057665e-1) * g + 2.0000714765e-1) * g - 2.4999993993e-1) * g + 3.3333331174e-1;
  var y = (p * g) * s;
  y = y + (e * -2.12194440e-4 + small);
  y = y - s * 0.5;
  return (g + y) + e * 0.693359375;
}
fn expo(x: f32) -> i32 { return (bitcast<i32>(x) - 0x3f3504f3) >> 23u; }
fn mant(x: f32, e: i32) -> f32 { return bitcast<f32>(bitcast<i32>(x) - (e << 23u)); }
fn logOfNormal(x: f32) -> f32 { let e = expo(x); return logParts(mant(x, e) - 1.0, f32(e), 0.0); }
fn logSpecial(arg: f32, x: f32, y: f32) -> f32 {
  if (isNan(arg)) { return arg; }
  if (arg < 0.0) { return nan(); }
  if (arg == 0.0) { return -inf(); }
  return select(x, y, arg < inf());
}
fn p_log(x: f32) -> f32 { return logSpecial(x, x, logOfNormal(x)); }`,
  log1p: `
fn p_log1p(x: f32) -> f32 {
  if (x == 0.0 || isNan(x)) { return x; }
  let w = x + 1.0;
  let e = expo(w);
  if (e == 0) { return logSpecial(w, x, logParts(x, 0.0, 0.0)); }
  let lost = select(x - (w - 1.0), 1.0 - (w - x), x > 1.0);
  return logSpecial(w, x, logParts(mant(w, e) - 1.0, f32(e), lost / w));
}`,
  tanh: `
fn p_tanh(x: f32) -> f32 {
  let a = abs(x); let z = x * x;
  if (isNan(x)) { return x; }
  if (a < 0.625) { return (((((-5.70498872745e-3 * z + 2.06390887954e-2) * z - 5.37397155531e-2) * z + 1.33314422036e-1) * z - 3.33332819422e-1) * z) * x + x; }
  let y = 1.0 - 2.0 / (p_exp(min(a + a, 88.0)) + 1.0);
  return select(y, -y, x < 0.0);
}`,
  erf: `
fn p_erf(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  let a = abs(x); let s = x * x;
  if (a <= 0.927734375) { return (((((-5.96761703e-4 * s + 4.99119423e-3) * s - 2.67681349e-2) * s + 1.12819925e-1) * s - 3.76125336e-1) * s + 1.28379166e-1) * x + x; }
  let t = min(a, 4.0);
  let q = (((((-1.72853470e-5 * t + 3.83197126e-4) * t - 3.88396438e-3) * t + 2.42546219e-2) * t - 1.06777877e-1) * t - 6.34846687e-1) * t - 1.28717512e-1;
  let y = 1.0 - p_exp(q * t - t);
  return select(y, -y, x < 0.0);
}`,
  erfinv: `
fn p_erfinv(x: f32) -> f32 {
  let a = abs(x);
  if (isNan(x) || a > 1.0) { return nan(); }
  if (a == 1.0) { return x * inf(); }
  let w = -logOfNormal((1.0 - x) * (1.0 + x));
  if (w < 5.0) {
    let v = w - 2.5;
    return x * ((((((((2.81022636e-8 * v + 3.43273939e-7) * v - 3.5233877e-6) * v - 4.39150654e-6) * v + 2.1858087e-4) * v - 1.25372503e-3) * v - 4.17768164e-3) * v + 2.46640727e-1) * v + 1.50140941);
  }
  let v = sqrt(w) - 3.0;
  return x * ((((((((-2.00214257e-4 * v + 1.00950558e-4) * v + 1.34934322e-3) * v - 3.67342844e-3) * v + 5.73950773e-3) * v - 7.6224613e-3) * v + 9.43887047e-3) * v + 1.00167406) * v + 2.83297682);
}`,
  sin: `
fn sinTurned(x: f32, quarter: i32) -> f32 {
  if (isNan(x) || abs(x) >= inf()) { return nan(); }
  let n = round(x * 0.636619772);
  var r = x - n * 1.5703125;
  r = r - n * 4.837512969970703125e-4;
  r = r - n * 7.54978995489188216e-8;
  let z = r * r;
  let q = i32(n) + quarter;
  let s = ((-1.9515295891e-4 * z + 8.3321608736e-3) * z - 1.6666654611e-1) * z * r + r;
  let c = (((2.443315711809948e-5 * z - 1.388731625493765e-3) * z + 4.166664568298827e-2) * z - 0.5) * z + 1.0;
  let y = select(s, c, (q & 1) == 1);
  return select(y, -y, (q & 2) == 2);
}
fn p_sin(x: f32) -> f32 { if (x == 0.0) { return x; } return sinTurned(x, 0); }
fn p_cos(x: f32) -> f32 { return sinTurned(x, 1); }`,
  pow: `
// log2 a in two floats, then y·log2 a with the rounding error of the product.
fn powPositive(a: f32, y: f32) -> f32 {
  let e = expo(a); let m = mant(a, e);
  let d = m + 1.0; let g = m - 1.0;
  let s = g / d;
  // s in two parts: sh has 12 bits.
  let sh = f(u(s) & 0xfffff000u); let dh = f(u(d) & 0xfffff000u); let dl = m - (dh - 1.0);
  let sl = ((g - sh * dh) - sh * dl) / d;
  let z = s * s;
  let p = ((((1.0 / 13.0 * z + 1.0 / 11.0) * z + 1.0 / 9.0) * z + 1.0 / 7.0) * z + 0.2) * z + 1.0 / 3.0;
  // log m = 2s + 2s³p ; log2 m = that · 1/ln 2, 2/ln2 = 2.88539008 = 2.8847656 + 6.2446702e-4
  let c0 = 2.8847656; let c1 = 6.24460179e-4;
  let lead = sh * c0;
  let rest = s * c1 + sl * c0 + 2.88539008 * (s * z * p);
  let ef = f32(e);
  let hi0 = ef + lead; let lo0 = (lead - (hi0 - ef)) + rest;
  let hi = hi0 + lo0; let lo = lo0 - (hi - hi0);
  let hh = f(u(hi) & 0xfffff000u); let hl = (hi - hh) + lo;
  let yh = f(u(y) & 0xfffff000u); let yl = y - yh;
  let t = yh * hh; let tl = yh * hl + yl * hi;
  if (y * hi > 200.0) { return inf(); }
  if (y * hi < -200.0) { return 0.0; }
  let n = round(t + tl);
  let r = ((t - n) + tl) * 0.69314718;
  let w = i32(n); let half = w >> 1u;
  return ((expm1r(r) + 1.0) * pow2i(half)) * pow2i(w - half);
}
fn p_pow(x: f32, y: f32) -> f32 {
  let a = abs(x);
  if (x == 1.0 || y == 0.0) { return 1.0; }
  if (isNan(x) || isNan(y)) { return nan(); }
  if (a == 1.0 && abs(y) >= inf()) { return 1.0; }
  let odd = floor(y) == y && floor(y * 0.5) != y * 0.5;
  var r: f32;
  if (a == 0.0 || a >= inf() || abs(y) >= inf()) { r = select(0.0, inf(), (a > 1.0) != (y < 0.0)); if (a == 1.0) { r = 1.0; } }
  else if (x < 0.0 && floor(y) != y) { return nan(); }
  else if (a == 1.0) { r = 1.0; }
  else { r = powPositive(a, y); }
  return select(r, -r, odd && (u(x) >> 31u) == 1u);
}`,
} as const;

/** A part of the library: what {@link libraryText} can give. */
export type FunctionName = keyof typeof library;

/** What a part calls. Parts come in the order of the library. */
const needs: Partial<Record<FunctionName, readonly FunctionName[]>> = {
  expm1: ["exp"],
  log1p: ["log"],
  tanh: ["exp"],
  erf: ["exp"],
  erfinv: ["log"],
  pow: ["exp", "log"],
};

/** Whether the library has a function `p_name` for a primitive or, as for cos, a part that defines it. */
export function partOf(primitive: string): FunctionName | undefined {
  const name = primitive === "cos" ? "sin" : primitive;
  return Object.hasOwn(library, name) ? (name as FunctionName) : undefined;
}

/** The text of these parts and of all that they call. */
export function libraryText(used: ReadonlySet<FunctionName>): string {
  const all = new Set([...used].flatMap((name) => [name, ...(needs[name] ?? [])]));
  return (Object.keys(library) as FunctionName[])
    .filter((name) => all.has(name))
    .map((name) => library[name])
    .join("\n");
}
