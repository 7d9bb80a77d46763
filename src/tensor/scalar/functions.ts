// Elementwise functions of one argument: rounding, powers and roots, exponentials, sine, tanh.
import type { Algebra } from "../../ir/primitive.ts";
import { atZero, none, primitive, unary } from "./function.ts";

export const neg = /* @__PURE__ */ primitive("neg", { derivative: (m) => [m.constant(-1)] });
export const abs = /* @__PURE__ */ primitive("abs", { derivative: (m, [x]) => [m.sign(x)], kinks: atZero });
export const sign = /* @__PURE__ */ primitive("sign", { derivative: none, kinks: atZero });
const wholes = () => Array.from({ length: 41 }, (_, i) => (i - 20) / 2);
export const floor = /* @__PURE__ */ primitive("floor", { derivative: none, kinks: wholes });
export const ceil = /* @__PURE__ */ primitive("ceil", { derivative: none, kinks: wholes });
export const round = /* @__PURE__ */ primitive("round", { derivative: none, kinks: wholes });
export const square = /* @__PURE__ */ unary("square", {
  value: (m, [x]) => m.mul(x, x),
  derivative: (m, [x]) => [m.mul(m.constant(2), x)],
});
export const reciprocal = /* @__PURE__ */ unary("reciprocal", {
  value: (m, [x]) => m.div(m.constant(1), x),
  derivative: (m, _, y) => [m.neg(m.mul(y, y))],
  domain: [[0.5, 3]],
});
export const sqrt = /* @__PURE__ */ primitive("sqrt", {
  derivative: (m, _, y) => [m.div(m.constant(0.5), y)],
  domain: [[0.1, 4]],
});
export const rsqrt = /* @__PURE__ */ unary("rsqrt", {
  value: (m, [x]) => m.div(m.constant(1), m.sqrt(x)),
  derivative: (m, [x], y) => [m.mul(m.constant(-0.5), m.div(y, x))],
  domain: [[0.3, 4]],
});
export const exp = /* @__PURE__ */ primitive("exp", { derivative: (_, __, y) => [y] });
export const expm1 = /* @__PURE__ */ primitive("expm1", { derivative: (m, [x]) => [m.exp(x)] });
export const log = /* @__PURE__ */ primitive("log", {
  derivative: (m, [x]) => [m.div(m.constant(1), x)],
  domain: [[0.2, 4]],
});
export const log1p = /* @__PURE__ */ primitive("log1p", {
  derivative: (m, [x]) => [m.div(m.constant(1), m.add(m.constant(1), x))],
  domain: [[-0.7, 4]],
});
export const sin = /* @__PURE__ */ primitive("sin", { derivative: (m, [x]) => [m.cos(x)] });
export const cos = /* @__PURE__ */ primitive("cos", { derivative: (m, [x]) => [m.neg(m.sin(x))] });
const twoOverRootPi = 1.1283791670955126;
export const erf = /* @__PURE__ */ primitive("erf", {
  derivative: (m, [x]) => [m.mul(m.constant(twoOverRootPi), m.exp(m.neg(m.mul(x, x))))],
});
export const erfinv = /* @__PURE__ */ primitive("erfinv", {
  derivative: (m, _, y) => [m.mul(m.constant(1 / twoOverRootPi), m.exp(m.mul(y, y)))],
  domain: [[-0.9, 0.9]],
});
export const tanh = /* @__PURE__ */ primitive("tanh", { derivative: (m, _, y) => [m.sub(m.constant(1), m.mul(y, y))] });
export const sigmoid = /* @__PURE__ */ unary("sigmoid", {
  value: (m, [x]) => logistic(m, x),
  derivative: (m, _, y) => [m.mul(y, m.sub(m.constant(1), y))],
});
/** 1/(1 + e^−x); e^−x overflows to ∞ for very negative x, which gives the right 0. */
export function logistic<T>(m: Algebra<T>, x: T): T {
  return m.div(m.constant(1), m.add(m.constant(1), m.exp(m.neg(x))));
}
