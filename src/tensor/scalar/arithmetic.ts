// Elementwise arithmetic, comparisons (1 or 0) and choice.
import type { Algebra } from "../../ir/primitive.ts";
import { binary, none, primitive, unary } from "./function.ts";

export const add = /* @__PURE__ */ primitive("add", { derivative: (m) => [m.constant(1), m.constant(1)] });
export const sub = /* @__PURE__ */ primitive("sub", { derivative: (m) => [m.constant(1), m.constant(-1)] });
export const mul = /* @__PURE__ */ primitive("mul", { derivative: (_, [a, b]) => [b, a] });
export const div = /* @__PURE__ */ primitive("div", {
  derivative: (m, [, b], y) => [m.div(m.constant(1), b), m.neg(m.div(y, b))],
  domain: [
    [-3, 3],
    [0.5, 3],
  ],
});
export const pow = /* @__PURE__ */ primitive("pow", {
  // ∂/∂b = y·log a is 0 where a = 0 (as in JAX), and NaN for negative a, if it is used.
  derivative: (m, [a, b], y) => [
    m.select(m.equal(b, m.constant(0)), m.constant(0), m.mul(b, m.pow(a, m.sub(b, m.constant(1))))),
    m.mul(y, m.log(m.select(m.equal(a, m.constant(0)), m.constant(1), a))),
  ],
  domain: [
    [0.3, 3],
    [-2, 2],
  ],
});
export const minimum = /* @__PURE__ */ primitive("minimum", {
  of: "min",
  derivative: (m, [a, b]) => share(m, m.less(a, b), m.equal(a, b)),
});
export const maximum = /* @__PURE__ */ primitive("maximum", {
  of: "max",
  derivative: (m, [a, b]) => share(m, m.less(b, a), m.equal(a, b)),
});
/** The gradient of min and max: whole to the one taken, half to each at a tie (as in JAX). */
function share<T>(m: Algebra<T>, takesFirst: T, tie: T): readonly T[] {
  const toFirst = m.select(tie, m.constant(0.5), takesFirst);
  return [toFirst, m.sub(m.constant(1), toFirst)];
}

export const equal = /* @__PURE__ */ primitive("equal", { derivative: none });
export const notEqual = /* @__PURE__ */ primitive("notEqual", { derivative: none });
export const less = /* @__PURE__ */ primitive("less", { derivative: none });
export const lessEqual = /* @__PURE__ */ primitive("lessEqual", { derivative: none });
export const greater = /* @__PURE__ */ binary("greater", {
  value: (m, [a, b]) => m.less(b, a),
  derivative: none,
});
export const greaterEqual = /* @__PURE__ */ binary("greaterEqual", {
  value: (m, [a, b]) => m.lessEqual(b, a),
  derivative: none,
});
export const select = /* @__PURE__ */ primitive("select", {
  derivative: (m, [condition]) => [null, m.notEqual(condition, m.constant(0)), m.equal(condition, m.constant(0))],
});
export const logicalNot = /* @__PURE__ */ unary("logicalNot", {
  value: (m, [x]) => m.equal(x, m.constant(0)),
  derivative: none,
});
export const isNaN = /* @__PURE__ */ unary("isNaN", {
  value: (m, [x]) => m.notEqual(x, x),
  derivative: none,
});
export const isFinite = /* @__PURE__ */ unary("isFinite", {
  value: (m, [x]) => m.less(m.abs(x), m.constant(Number.POSITIVE_INFINITY)),
  derivative: none,
});
