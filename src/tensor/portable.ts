/**
 * Functions of float64 numbers that give equal bits on every engine, for host computations that training depends on
 * (schedules, decay rates, first weights): IEEE arithmetic and nothing else. `Math.exp` and similar functions differ
 * in their last bit from engine to engine and from version to version, and so does `**`. Relative error about 1e-15.
 * Kernels have their own versions.
 */

/** log x for x > 0: x = m·2^k and log m = 2·artanh((m − 1)/(m + 1)). */
export function log(x: number): number {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) return x === 0 ? Number.NEGATIVE_INFINITY : x > 0 ? x : Number.NaN;
  let [mantissa, exponent] = [x, 0];
  for (; mantissa < Math.SQRT1_2; exponent--) mantissa *= 2;
  for (; mantissa > Math.SQRT2; exponent++) mantissa /= 2;
  const z = (mantissa - 1) / (mantissa + 1);
  let sum = 0;
  for (let n = 25; n >= 1; n -= 2) sum = sum * z * z + 1 / n;
  return 2 * z * sum + exponent * Math.LN2;
}

/** x^y for x ≥ 0; whole y by products, which for small whole x are exact. */
export function pow(x: number, y: number): number {
  if (!Number.isInteger(y)) return x === 0 ? (y > 0 ? 0 : Number.POSITIVE_INFINITY) : exp(y * log(x));
  let product = 1;
  for (let [power, left] = [x, Math.abs(y)]; left >= 1; power *= power, left = Math.floor(left / 2))
    if (left % 2 === 1) product *= power;
  return y < 0 ? 1 / product : product;
}

/** ½(1 − cos πs) for s in [0, 1]: from 0 to 1 along half a cosine. */
export function cosineRise(s: number): number {
  if (s > 0.5) return 1 - cosineRise(1 - s);
  const square = -(Math.PI * s) * (Math.PI * s);
  let [term, sum] = [1, 0];
  for (let n = 2; n <= 32; n += 2) {
    term *= square / (n * (n - 1));
    sum -= term;
  }
  return 0.5 * sum;
}

/** sin πs for s ≥ 0, with an absolute error of about 1e-16. */
export function sinPi(s: number): number {
  const turns = Math.floor(s);
  const sine = 1 - 2 * cosineRise(Math.abs(s - turns - 0.5));
  return turns % 2 === 0 ? sine : -sine;
}

/** e^x by its series on |x − k·log 2| ≤ ½ log 2, times 2^k. */
function exp(x: number): number {
  const k = Math.round(x / Math.LN2);
  const rest = x - k * Math.LN2;
  let sum = 1;
  for (let n = 18; n >= 1; n--) sum = 1 + (rest / n) * sum;
  return sum * pow(2, k);
}
