/**
 * The scalar primitives: what a backend must be able to do to one element. Every elementwise function is an expression
 * over these (`scalar.ts`), so a backend that has this table has all of them.
 *
 * Truth values are numbers: comparisons give 1 or 0, `select` takes its second operand where the first is not 0.
 */
export const arity = {
  neg: 1,
  abs: 1,
  sign: 1,
  floor: 1,
  ceil: 1,
  round: 1,
  sqrt: 1,
  exp: 1,
  expm1: 1,
  log: 1,
  log1p: 1,
  tanh: 1,
  erf: 1,
  erfinv: 1,
  sin: 1,
  cos: 1,
  add: 2,
  sub: 2,
  mul: 2,
  div: 2,
  min: 2,
  max: 2,
  pow: 2,
  equal: 2,
  notEqual: 2,
  less: 2,
  lessEqual: 2,
  select: 3,
} as const;

export type Primitive = keyof typeof arity;
type Arity<P extends Primitive> = (typeof arity)[P];

/**
 * The primitives over any carrier: numbers (reference values), tensors (recording), nodes of an expression (compiling).
 * One function written against this interface serves all three.
 */
export type Algebra<T> = { constant(value: number): T } & {
  [P in Primitive]: Arity<P> extends 1 ? (x: T) => T : Arity<P> extends 2 ? (x: T, y: T) => T : (x: T, y: T, z: T) => T;
};

/** The primitives on JavaScript numbers, in float64: the reference that every backend is held against. */
export const numeric: Algebra<number> = {
  constant: (value) => value,
  neg: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfEven,
  sqrt: Math.sqrt,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  tanh: Math.tanh,
  erf,
  erfinv,
  sin: Math.sin,
  cos: Math.cos,
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  min: Math.min,
  max: Math.max,
  // IEEE 754, NumPy and the kernels: 1^y and (−1)^±∞ are 1; JavaScript says NaN.
  pow: (x, y) => (x === 1 || (x === -1 && Math.abs(y) === Number.POSITIVE_INFINITY) ? 1 : x ** y),
  equal: (x, y) => (x === y ? 1 : 0),
  notEqual: (x, y) => (x !== y ? 1 : 0),
  less: (x, y) => (x < y ? 1 : 0),
  lessEqual: (x, y) => (x <= y ? 1 : 0),
  select: (condition, x, y) => (condition !== 0 ? x : y),
};

/** Whether every engine gives equal bits: IEEE arithmetic is exact or rounded once, and the rest of `Math` is not said how to round. */
export const isExact = (primitive: string): boolean => !/^(exp|log|tanh|erf|sin|cos|pow)/.test(primitive);

/** Ties go to the even neighbour, as in NumPy and in WASM's `nearest`. */
function roundHalfEven(x: number): number {
  const rounded = Math.round(x);
  return Math.abs(x % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** Error function to float64 accuracy: the Taylor series near 0, Lentz's continued fraction of erfc beyond 2. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2) {
    let term = a;
    let sum = a;
    for (let n = 1; n < 60 && Math.abs(term) > 1e-18 * sum; n++) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
    }
    return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * sum;
  }
  // erfc(a) = exp(−a²)/√π · 1/(a + (1/2)/(a + 1/(a + (3/2)/(a + …)))), evaluated from the tail.
  let fraction = a;
  for (let n = 60; n >= 1; n--) fraction = a + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * fraction));
}

/** Inverse error function: Giles' approximation (2012), then two Newton steps to float64 accuracy. */
export function erfinv(y: number): number {
  if (!(y >= -1 && y <= 1)) return Number.NaN;
  if (Math.abs(y) === 1) return y * Number.POSITIVE_INFINITY;
  if (y === 0) return y;
  const w = -Math.log((1 - y) * (1 + y));
  let x: number;
  if (w < 5)
    x =
      horner(w - 2.5, [2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 2.1858087e-4, -1.25372503e-3, -4.17768164e-3, 2.46640727e-1, 1.50140941]) *
      y;
  else
    x =
      horner(
        Math.sqrt(w) - 3,
        [-2.00214257e-4, 1.00950558e-4, 1.34934322e-3, -3.67342844e-3, 5.73950773e-3, -7.6224613e-3, 9.43887047e-3, 1.00167406, 2.83297682],
      ) * y;
  for (let step = 0; step < 2; step++) x -= (erf(x) - y) / ((2 / Math.sqrt(Math.PI)) * Math.exp(-x * x));
  return x;
}

function horner(x: number, coefficients: readonly number[]): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
