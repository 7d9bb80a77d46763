import { type Algebra, exact } from "../ir/primitive.ts";

/** The primitives on JavaScript numbers, in float64: the reference that every backend is held against. */
export const numeric: Algebra<number> = {
  ...exact,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  tanh: Math.tanh,
  erf,
  erfinv,
  sin: Math.sin,
  cos: Math.cos,
  // IEEE 754, NumPy and the kernels: 1^y and (−1)^±∞ are 1; JavaScript says NaN.
  pow: (x, y) => (x === 1 || (x === -1 && Math.abs(y) === Number.POSITIVE_INFINITY) ? 1 : x ** y),
};

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
      horner(
        w - 2.5,
        [
          2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 2.1858087e-4, -1.25372503e-3, -4.17768164e-3,
          2.46640727e-1, 1.50140941,
        ],
      ) * y;
  else
    x =
      horner(
        Math.sqrt(w) - 3,
        [
          -2.00214257e-4, 1.00950558e-4, 1.34934322e-3, -3.67342844e-3, 5.73950773e-3, -7.6224613e-3, 9.43887047e-3,
          1.00167406, 2.83297682,
        ],
      ) * y;
  for (let step = 0; step < 2; step++) x -= (erf(x) - y) / ((2 / Math.sqrt(Math.PI)) * Math.exp(-x * x));
  return x;
}

function horner(x: number, coefficients: readonly number[]): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
