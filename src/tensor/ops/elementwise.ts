// Elementwise ops: arithmetic, comparisons, logic, and functions of one argument.
import { valueError } from "../../errors.ts";
import type { DType } from "../../ir/dtype.ts";
import type { Algebra } from "../../ir/primitive.ts";
import { broadcastShapes } from "../../ir/shape.ts";
import { type ElementwiseOp, record } from "../op.ts";
import * as arithmetic from "../scalar/arithmetic.ts";
import type { Arguments, Params, ScalarFunction } from "../scalar/function.ts";
import * as functions from "../scalar/functions.ts";
import { mod as remainder } from "../scalar/remainder.ts";
import type { Tensor } from "../tensor.ts";
import { asTensor, scalar as constant, type Operand } from "./leaf.ts";

/** Attributes of a recorded elementwise function. */
export interface ElementwiseAttrs {
  readonly fn: ScalarFunction;
  readonly params: Params;
}

/**
 * Any function of `scalar.ts` on tensors that broadcast. Results are float32; int32 inputs count as numbers (exact up
 * to 2^24).
 */
export const elementwiseOp: ElementwiseOp<ElementwiseAttrs> = {
  name: "elementwise",
  infer: (inputs, { fn }) => ({ shape: broadcastShapes(fn.name, ...inputs.map((x) => x.shape)), dtype: "float32" }),
  vjp: (dy, inputs, y, { fn, params }) => {
    // The branch not taken must not turn a gradient into NaN (0 · ∞), so the choice is made on dy itself.
    if (fn === arithmetic.select) return [null, where(inputs[0] as Tensor, dy, 0), where(inputs[0] as Tensor, 0, dy)];
    return fn
      .derivative(recording, inputs as Arguments<Tensor>, y, params)
      .map((partial, index) => (partial === null || inputs[index]?.dtype === "int32" ? null : mul(dy, partial)));
  },
  expression: (m, inputs, { fn, params }) => fn.value(m, inputs as Arguments<(typeof inputs)[number]>, params),
};

/** Records an elementwise function of `scalar.ts`. */
export function elementwise(fn: ScalarFunction, inputs: readonly Operand[], params: Params = {}): Tensor {
  return record(elementwiseOp, inputs.map(asTensor), { fn, params });
}

/** The same numbers in another dtype. */
export const castOp: ElementwiseOp<{ dtype: DType }> = {
  name: "cast",
  infer: ([x], { dtype }) => ({ shape: (x as Tensor).shape, dtype }),
  vjp: (dy, [x], y) => [(x as Tensor).dtype === "float32" && y.dtype === "float32" ? dy : null],
  expression: (m, inputs, { dtype }) => {
    const [x] = inputs as [(typeof inputs)[number]];
    return dtype === "float32" ? x : m.select(m.less(x, m.constant(0)), m.ceil(x), m.floor(x));
  },
};

/** The same numbers in another dtype; float32 to int32 truncates towards zero. */
export function cast(x: Operand, dtype: DType): Tensor {
  const t = asTensor(x);
  if (dtype !== "float32" && dtype !== "int32")
    throw valueError("cast", { rule: "unknown dtype", expected: "float32 or int32", received: dtype });
  return t.dtype === dtype ? t : record(castOp, [t], { dtype });
}

const unary = (fn: ScalarFunction) => (x: Operand) => elementwise(fn, [x]);
const binary = (fn: ScalarFunction) => (a: Operand, b: Operand) => elementwise(fn, [a, b]);

/** a + b. */
export const add = /* @__PURE__ */ binary(arithmetic.add);
/** a − b. */
export const sub = /* @__PURE__ */ binary(arithmetic.sub);
/** a · b. */
export const mul = /* @__PURE__ */ binary(arithmetic.mul);
/** a / b. */
export const div = /* @__PURE__ */ binary(arithmetic.div);
/**
 * a to the power b; small whole exponents and ½ are done by multiplication and root. Where a = 0 the gradient is what
 * the formulas b·aᵇ⁻¹ and aᵇ·log a give, as in JAX: infinite in a for b < 1, and NaN in a chain in which it meets a 0.
 * See {@link where} for what to write.
 */
export function pow(a: Operand, b: Operand): Tensor {
  if (b === 2) return square(a);
  if (b === 1) return asTensor(a);
  if (b === 3) return mul(a, square(a));
  if (b === 0.5) return sqrt(a);
  if (b === -1) return reciprocal(a);
  return elementwise(arithmetic.pow, [a, b]);
}
/**
 * The remainder of a/b, with the sign of b: a − ⌊a/b⌋·b, as `%` of Python and `mod` of NumPy and Keras, unlike `%` of
 * JavaScript. Exact where |a/b| < 2^23; NaN where b is 0 or a infinite.
 */
export const mod = /* @__PURE__ */ binary(remainder);
/** (a − b)². */
export const squaredDifference = (a: Operand, b: Operand): Tensor => square(sub(a, b));
/** The smaller of two, NaN if either is. */
export const minimum = /* @__PURE__ */ binary(arithmetic.minimum);
/** The larger of two, NaN if either is. */
export const maximum = /* @__PURE__ */ binary(arithmetic.maximum);
/** 1 where a = b, else 0. */
export const equal = /* @__PURE__ */ binary(arithmetic.equal);
/** 1 where a ≠ b, else 0. */
export const notEqual = /* @__PURE__ */ binary(arithmetic.notEqual);
/** 1 where a < b, else 0. */
export const less = /* @__PURE__ */ binary(arithmetic.less);
/** 1 where a ≤ b, else 0. */
export const lessEqual = /* @__PURE__ */ binary(arithmetic.lessEqual);
/** 1 where a > b, else 0. */
export const greater = /* @__PURE__ */ binary(arithmetic.greater);
/** 1 where a ≥ b, else 0. */
export const greaterEqual = /* @__PURE__ */ binary(arithmetic.greaterEqual);
/** 1 where x = 0, else 0. */
export const logicalNot = /* @__PURE__ */ unary(arithmetic.logicalNot);
/** 1 where neither is 0, else 0. */
export const logicalAnd = (a: Operand, b: Operand): Tensor => mul(notEqual(a, 0), notEqual(b, 0));
/** 1 where one or both are not 0, else 0. */
export const logicalOr = (a: Operand, b: Operand): Tensor => maximum(notEqual(a, 0), notEqual(b, 0));
/** 1 where exactly one is not 0, else 0. */
export const logicalXor = (a: Operand, b: Operand): Tensor => notEqual(notEqual(a, 0), notEqual(b, 0));
/** 1 where x is NaN, else 0. */
export const isNaN = /* @__PURE__ */ unary(arithmetic.isNaN);
/** 1 where x is finite, else 0. */
export const isFinite = /* @__PURE__ */ unary(arithmetic.isFinite);
/**
 * a where the condition is not 0, else b. Gradients do not flow into the branch that was not taken: it gets 0. But a 0
 * times an infinite derivative further up is NaN, as in JAX: `where(greater(x, 0), sqrt(x), 0)` has the gradient 0 · ∞
 * = NaN at x = 0. Keep the branch itself away from such points, too:
 * @example const safe = where(greater(x, 0), x, 1); const y = where(greater(x, 0), sqrt(safe), 0);
 */
export const where = (condition: Operand, a: Operand, b: Operand): Tensor =>
  elementwise(arithmetic.select, [condition, a, b]);
/** x kept within [low, high]. */
export const clip = (x: Operand, low: number, high: number): Tensor => minimum(maximum(x, low), high);
/** −x. */
export const neg = /* @__PURE__ */ unary(functions.neg);
/** |x|. */
export const abs = /* @__PURE__ */ unary(functions.abs);
/** −1, 0 or 1. */
export const sign = /* @__PURE__ */ unary(functions.sign);
/** Largest whole number ≤ x. */
export const floor = /* @__PURE__ */ unary(functions.floor);
/** Smallest whole number ≥ x. */
export const ceil = /* @__PURE__ */ unary(functions.ceil);
/** Nearest whole number, ties to even. */
export const round = /* @__PURE__ */ unary(functions.round);
/** x². */
export const square = /* @__PURE__ */ unary(functions.square);
/** 1/x. */
export const reciprocal = /* @__PURE__ */ unary(functions.reciprocal);
/** √x. Its gradient at 0 is infinite, and NaN once it is multiplied by 0: see {@link where}. */
export const sqrt = /* @__PURE__ */ unary(functions.sqrt);
/** 1/√x. */
export const rsqrt = /* @__PURE__ */ unary(functions.rsqrt);
/** e^x. */
export const exp = /* @__PURE__ */ unary(functions.exp);
/** e^x − 1, accurate near 0. */
export const expm1 = /* @__PURE__ */ unary(functions.expm1);
/** Natural logarithm. */
export const log = /* @__PURE__ */ unary(functions.log);
/** log(1 + x), accurate near 0. */
export const log1p = /* @__PURE__ */ unary(functions.log1p);
/** Sine of radians. */
export const sin = /* @__PURE__ */ unary(functions.sin);
/** Cosine of radians. */
export const cos = /* @__PURE__ */ unary(functions.cos);
/** Error function. */
export const erf = /* @__PURE__ */ unary(functions.erf);
/** Inverse of the error function, on (−1, 1). */
export const erfinv = /* @__PURE__ */ unary(functions.erfinv);
/** Hyperbolic tangent. */
export const tanh = /* @__PURE__ */ unary(functions.tanh);
/** 1/(1 + e^−x). */
export const sigmoid = /* @__PURE__ */ unary(functions.sigmoid);

/** The primitives as recorded nodes: derivatives are written against this, which is why gradients have gradients. */
const recording: Algebra<Tensor> = {
  constant,
  neg,
  abs,
  sign,
  floor,
  ceil,
  round,
  sqrt,
  exp,
  expm1,
  log,
  log1p,
  tanh,
  erf,
  erfinv,
  sin,
  cos,
  add,
  sub,
  mul,
  div,
  min: minimum,
  max: maximum,
  pow,
  equal,
  notEqual,
  less,
  lessEqual,
  select: where,
};
