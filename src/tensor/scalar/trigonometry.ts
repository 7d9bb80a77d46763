// Tangent, inverse trigonometric and hyperbolic functions, as expressions over the primitives. Errors are at most 4 ulp
// in float32 (2 for atan), and about 1e-14 in float64: coefficients are those of a double-precision library.
import type { Algebra } from "../../ir/primitive.ts";
import { binary, unary } from "./function.ts";

export const tan = /* @__PURE__ */ unary("tan", {
  value: (m, [x]) => m.div(m.sin(x), m.cos(x)),
  derivative: (m, _, y) => [m.add(m.constant(1), m.mul(y, y))],
  domain: [[-1.2, 1.2]],
});
export const asin = /* @__PURE__ */ unary("asin", {
  value: (m, [x]) => arctangent(m, m.div(x, cofactor(m, x))),
  derivative: (m, [x]) => [m.div(m.constant(1), cofactor(m, x))],
  domain: [[-0.9, 0.9]],
});
export const acos = /* @__PURE__ */ unary("acos", {
  value: (m, [x]) => {
    const one = m.constant(1);
    return m.mul(m.constant(2), arctangent(m, m.sqrt(m.div(m.sub(one, x), m.add(one, x)))));
  },
  derivative: (m, [x]) => [m.div(m.constant(-1), cofactor(m, x))],
  domain: [[-0.9, 0.9]],
});
/** √(1 − x²), accurate near ±1. */
function cofactor<T>(m: Algebra<T>, x: T): T {
  return m.sqrt(m.mul(m.sub(m.constant(1), x), m.add(m.constant(1), x)));
}
export const atan = /* @__PURE__ */ unary("atan", {
  value: (m, [x]) => arctangent(m, x),
  derivative: (m, [x]) => [m.div(m.constant(1), m.add(m.constant(1), m.mul(x, x)))],
});
export const atan2 = /* @__PURE__ */ binary("atan2", {
  value: (m, [y, x]) => {
    const isDiagonal = m.equal(m.abs(y), m.abs(x));
    // At 0/0 and ∞/∞ the signs say enough.
    const ratio = m.select(isDiagonal, m.mul(m.sign(y), m.sign(x)), m.div(y, x));
    const half = m.select(hasMinus(m, y), m.constant(-Math.PI), m.constant(Math.PI));
    return m.add(arctangent(m, ratio), m.select(hasMinus(m, x), half, m.constant(0)));
  },
  derivative: (m, [y, x]) => {
    const squares = m.add(m.mul(x, x), m.mul(y, y));
    return [m.div(x, squares), m.neg(m.div(y, squares))];
  },
  domain: [
    [0.3, 3],
    [-3, 3],
  ],
});
/** Whether the sign bit is set: x + 1/x has the sign of x at −0 and at infinity, too. */
function hasMinus<T>(m: Algebra<T>, x: T): T {
  return m.less(m.add(x, m.div(m.constant(1), x)), m.constant(0));
}

const tanOf67 = 2.414213562373095;
// A float32 number and the rest: π/2 in one number would add its rounding to every result.
const halfPi = 1.5707963705062866;
const halfPiRest = -4.371139000186243e-8;
const numerator = [
  -0.8750608600031904, -16.157537187333652, -75.00855792314705, -122.88666844901361, -64.85021904942025,
];
const denominator = [
  1, 24.858464901423062, 165.02700983169885, 432.88106049129027, 485.3903996359137, 194.5506571482614,
];

/** arctan: brought to |t| ≤ 0.66 by the angles of 45° and 90°, then a rational function (Cephes `atan`, Moshier 1992). */
function arctangent<T>(m: Algebra<T>, x: T): T {
  const [zero, one] = [m.constant(0), m.constant(1)];
  const a = m.abs(x);
  const isSteep = m.less(m.constant(tanOf67), a);
  const isMiddle = m.less(m.constant(0.66), a);
  const t = m.select(isSteep, m.div(m.constant(-1), a), m.select(isMiddle, m.div(m.sub(a, one), m.add(a, one)), a));
  const z = m.mul(t, t);
  const inner = m.add(t, m.mul(t, m.div(m.mul(z, polynomial(m, z, numerator)), polynomial(m, z, denominator))));
  const angle = m.select(isSteep, one, m.select(isMiddle, m.constant(0.5), zero));
  const result = m.add(m.mul(angle, m.constant(halfPi)), m.add(inner, m.mul(angle, m.constant(halfPiRest))));
  return m.select(m.less(x, zero), m.neg(result), m.select(m.equal(x, zero), x, result));
}

/** Horner's rule. */
function polynomial<T>(m: Algebra<T>, x: T, [first = 0, ...rest]: readonly number[]): T {
  return rest.reduce((sum, coefficient) => m.add(m.mul(sum, x), m.constant(coefficient)), m.constant(first));
}

export const sinh = /* @__PURE__ */ unary("sinh", {
  value: (m, [x]) => {
    const e = m.expm1(m.abs(x));
    // (e^|x| − e^−|x|)/2 from e^|x| − 1, without cancellation.
    const near = m.mul(m.constant(0.5), m.add(e, m.div(e, m.add(e, m.constant(1)))));
    return m.mul(m.sign(x), m.select(m.less(m.abs(x), m.constant(40)), near, halfExp(m, x)));
  },
  derivative: (m, [x]) => [hyperbolicCosine(m, x)],
});
export const cosh = /* @__PURE__ */ unary("cosh", {
  value: (m, [x]) => hyperbolicCosine(m, x),
  derivative: (m, [x]) => {
    const e = m.exp(x);
    return [m.mul(m.constant(0.5), m.sub(e, m.div(m.constant(1), e)))];
  },
});
function hyperbolicCosine<T>(m: Algebra<T>, x: T): T {
  const e = m.exp(m.abs(x));
  const near = m.mul(m.constant(0.5), m.add(e, m.div(m.constant(1), e)));
  return m.select(m.less(m.abs(x), m.constant(40)), near, halfExp(m, x));
}
/** e^|x|/2, which overflows later than e^|x|. */
function halfExp<T>(m: Algebra<T>, x: T): T {
  const root = m.exp(m.mul(m.constant(0.5), m.abs(x)));
  return m.mul(m.mul(m.constant(0.5), root), root);
}
export const atanh = /* @__PURE__ */ unary("atanh", {
  value: (m, [x]) => {
    const a = m.abs(x);
    // log((1 + a)/(1 − a))/2 = log1p(2a/(1 − a))/2.
    const half = m.mul(m.constant(0.5), m.log1p(m.div(m.add(a, a), m.sub(m.constant(1), a))));
    return m.select(m.equal(x, m.constant(0)), x, m.mul(m.sign(x), half));
  },
  derivative: (m, [x]) => [m.div(m.constant(1), m.mul(m.sub(m.constant(1), x), m.add(m.constant(1), x)))],
  domain: [[-0.9, 0.9]],
});
