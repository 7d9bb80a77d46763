import type { Algebra } from "../ir/primitive.ts";

/**
 * Elementwise functions and their derivatives: the only truth. Each row is written once against {@link Algebra};
 * recorded graphs, compiled kernels, the reference backend and the property tests all derive from it.
 *
 * To add a function: one row here, its export with docs in `ops/elementwise.ts` (or `nn/activations.ts`).
 */
export interface ScalarFunction {
  readonly name: string;
  readonly arity: 1 | 2 | 3;
  /** f(x…) as an expression over the primitives. */
  readonly value: <T>(m: Algebra<T>, x: readonly T[], p: Params) => T;
  /** ∂f/∂x_i per argument, which may use y = f(x…); null where the derivative is 0 almost everywhere. */
  readonly derivative: <T>(m: Algebra<T>, x: readonly T[], y: T, p: Params) => readonly (T | null)[];
  /** Points at which the derivative jumps: kept out of the samples of property tests. */
  readonly kinks?: (p: Params) => readonly number[];
  /** Where property tests sample each argument; default −3 to 3. */
  readonly domain?: readonly (readonly [number, number])[];
  /** Parameters at which property tests run; default none. */
  readonly samples?: readonly Params[];
}

/** Numbers that are fixed when the function is recorded, such as elu's alpha. */
export type Params = Readonly<Record<string, number>>;

type Row = Omit<ScalarFunction, "name" | "arity">;
const unary = (name: string, row: Row): ScalarFunction => ({ name, arity: 1, ...row });
const binary = (name: string, row: Row): ScalarFunction => ({ name, arity: 2, ...row });

const first = <T>(x: readonly T[]): T => x[0] as T;
const second = <T>(x: readonly T[]): T => x[1] as T;
const third = <T>(x: readonly T[]): T => x[2] as T;
const param = (p: Params, name: string): number => p[name] as number;
const none = <T>(): readonly (T | null)[] => [null, null];
const atZero = () => [0];

// ── Arithmetic
// ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export const add = /* @__PURE__ */ binary("add", {
  value: (m, x) => m.add(first(x), second(x)),
  derivative: (m) => [m.constant(1), m.constant(1)],
});
export const sub = /* @__PURE__ */ binary("sub", {
  value: (m, x) => m.sub(first(x), second(x)),
  derivative: (m) => [m.constant(1), m.constant(-1)],
});
export const mul = /* @__PURE__ */ binary("mul", {
  value: (m, x) => m.mul(first(x), second(x)),
  derivative: (_, x) => [second(x), first(x)],
});
export const div = /* @__PURE__ */ binary("div", {
  value: (m, x) => m.div(first(x), second(x)),
  derivative: (m, x, y) => [m.div(m.constant(1), second(x)), m.neg(m.div(y, second(x)))],
  domain: [
    [-3, 3],
    [0.5, 3],
  ],
});
export const pow = /* @__PURE__ */ binary("pow", {
  value: (m, x) => m.pow(first(x), second(x)),
  // ∂/∂b = y·log a is 0 where a = 0 (as in JAX), and NaN for negative a unless nobody asks.
  derivative: (m, x, y) => [
    m.select(
      m.equal(second(x), m.constant(0)),
      m.constant(0),
      m.mul(second(x), m.pow(first(x), m.sub(second(x), m.constant(1)))),
    ),
    m.mul(y, m.log(m.select(m.equal(first(x), m.constant(0)), m.constant(1), first(x)))),
  ],
  domain: [
    [0.3, 3],
    [-2, 2],
  ],
});
export const minimum = /* @__PURE__ */ binary("minimum", {
  value: (m, x) => m.min(first(x), second(x)),
  derivative: (m, x) => share(m, m.less(first(x), second(x)), m.equal(first(x), second(x))),
});
export const maximum = /* @__PURE__ */ binary("maximum", {
  value: (m, x) => m.max(first(x), second(x)),
  derivative: (m, x) => share(m, m.less(second(x), first(x)), m.equal(first(x), second(x))),
});
/** The gradient of min and max: whole to the one taken, half to each at a tie (as in JAX). */
function share<T>(m: Algebra<T>, takesFirst: T, tie: T): readonly T[] {
  const toFirst = m.select(tie, m.constant(0.5), takesFirst);
  return [toFirst, m.sub(m.constant(1), toFirst)];
}

// ── Comparisons (1 or 0) and choice
// ────────────────────────────────────────────────────────────────────────────────────

export const equal = /* @__PURE__ */ binary("equal", {
  value: (m, x) => m.equal(first(x), second(x)),
  derivative: none,
});
export const notEqual = /* @__PURE__ */ binary("notEqual", {
  value: (m, x) => m.notEqual(first(x), second(x)),
  derivative: none,
});
export const less = /* @__PURE__ */ binary("less", { value: (m, x) => m.less(first(x), second(x)), derivative: none });
export const lessEqual = /* @__PURE__ */ binary("lessEqual", {
  value: (m, x) => m.lessEqual(first(x), second(x)),
  derivative: none,
});
export const greater = /* @__PURE__ */ binary("greater", {
  value: (m, x) => m.less(second(x), first(x)),
  derivative: none,
});
export const greaterEqual = /* @__PURE__ */ binary("greaterEqual", {
  value: (m, x) => m.lessEqual(second(x), first(x)),
  derivative: none,
});
export const select: ScalarFunction = {
  name: "select",
  arity: 3,
  value: (m, x) => m.select(first(x), second(x), third(x)),
  derivative: (m, x) => [null, m.notEqual(first(x), m.constant(0)), m.equal(first(x), m.constant(0))],
};
export const logicalNot = /* @__PURE__ */ unary("logicalNot", {
  value: (m, x) => m.equal(first(x), m.constant(0)),
  derivative: none,
});
export const isNaN = /* @__PURE__ */ unary("isNaN", {
  value: (m, x) => m.notEqual(first(x), first(x)),
  derivative: none,
});
export const isFinite = /* @__PURE__ */ unary("isFinite", {
  value: (m, x) => m.less(m.abs(first(x)), m.constant(Number.POSITIVE_INFINITY)),
  derivative: none,
});

// ── Functions of one argument
// ──────────────────────────────────────────────────────────────────────────────────────────

export const neg = /* @__PURE__ */ unary("neg", {
  value: (m, x) => m.neg(first(x)),
  derivative: (m) => [m.constant(-1)],
});
export const abs = /* @__PURE__ */ unary("abs", {
  value: (m, x) => m.abs(first(x)),
  derivative: (m, x) => [m.sign(first(x))],
  kinks: atZero,
});
export const sign = /* @__PURE__ */ unary("sign", {
  value: (m, x) => m.sign(first(x)),
  derivative: none,
  kinks: atZero,
});
const wholes = () => Array.from({ length: 41 }, (_, i) => (i - 20) / 2);
export const floor = /* @__PURE__ */ unary("floor", {
  value: (m, x) => m.floor(first(x)),
  derivative: none,
  kinks: wholes,
});
export const ceil = /* @__PURE__ */ unary("ceil", {
  value: (m, x) => m.ceil(first(x)),
  derivative: none,
  kinks: wholes,
});
export const round = /* @__PURE__ */ unary("round", {
  value: (m, x) => m.round(first(x)),
  derivative: none,
  kinks: wholes,
});
export const square = /* @__PURE__ */ unary("square", {
  value: (m, x) => m.mul(first(x), first(x)),
  derivative: (m, x) => [m.mul(m.constant(2), first(x))],
});
export const reciprocal = /* @__PURE__ */ unary("reciprocal", {
  value: (m, x) => m.div(m.constant(1), first(x)),
  derivative: (m, _, y) => [m.neg(m.mul(y, y))],
  domain: [[0.5, 3]],
});
export const sqrt = /* @__PURE__ */ unary("sqrt", {
  value: (m, x) => m.sqrt(first(x)),
  derivative: (m, _, y) => [m.div(m.constant(0.5), y)],
  domain: [[0.1, 4]],
});
export const rsqrt = /* @__PURE__ */ unary("rsqrt", {
  value: (m, x) => m.div(m.constant(1), m.sqrt(first(x))),
  derivative: (m, x, y) => [m.mul(m.constant(-0.5), m.div(y, first(x)))],
  domain: [[0.3, 4]],
});
export const exp = /* @__PURE__ */ unary("exp", { value: (m, x) => m.exp(first(x)), derivative: (_, __, y) => [y] });
export const expm1 = /* @__PURE__ */ unary("expm1", {
  value: (m, x) => m.expm1(first(x)),
  derivative: (m, x) => [m.exp(first(x))],
});
export const log = /* @__PURE__ */ unary("log", {
  value: (m, x) => m.log(first(x)),
  derivative: (m, x) => [m.div(m.constant(1), first(x))],
  domain: [[0.2, 4]],
});
export const log1p = /* @__PURE__ */ unary("log1p", {
  value: (m, x) => m.log1p(first(x)),
  derivative: (m, x) => [m.div(m.constant(1), m.add(m.constant(1), first(x)))],
  domain: [[-0.7, 4]],
});
export const sin = /* @__PURE__ */ unary("sin", {
  value: (m, x) => m.sin(first(x)),
  derivative: (m, x) => [m.cos(first(x))],
});
export const cos = /* @__PURE__ */ unary("cos", {
  value: (m, x) => m.cos(first(x)),
  derivative: (m, x) => [m.neg(m.sin(first(x)))],
});
const twoOverRootPi = 2 / Math.sqrt(Math.PI);
export const erf = /* @__PURE__ */ unary("erf", {
  value: (m, x) => m.erf(first(x)),
  derivative: (m, x) => [m.mul(m.constant(twoOverRootPi), m.exp(m.neg(m.mul(first(x), first(x)))))],
});
export const erfinv = /* @__PURE__ */ unary("erfinv", {
  value: (m, x) => m.erfinv(first(x)),
  derivative: (m, _, y) => [m.mul(m.constant(1 / twoOverRootPi), m.exp(m.mul(y, y)))],
  domain: [[-0.9, 0.9]],
});
export const tanh = /* @__PURE__ */ unary("tanh", {
  value: (m, x) => m.tanh(first(x)),
  derivative: (m, _, y) => [m.sub(m.constant(1), m.mul(y, y))],
});
export const sigmoid = /* @__PURE__ */ unary("sigmoid", {
  value: (m, x) => logistic(m, first(x)),
  derivative: (m, _, y) => [m.mul(y, m.sub(m.constant(1), y))],
});
/** 1/(1 + e^−x); e^−x overflows to ∞ for very negative x, which gives the right 0. */
function logistic<T>(m: Algebra<T>, x: T): T {
  return m.div(m.constant(1), m.add(m.constant(1), m.exp(m.neg(x))));
}

// ── Activations (Keras 3)
// ──────────────────────────────────────────────────────────────────────────────────────────────

/** negativeSlope·(x − threshold) below the threshold, x above it, at most maxValue (Keras's order of cases). */
export const relu = /* @__PURE__ */ unary("relu", {
  value: (m, [x], p) => {
    const slope = param(p, "negativeSlope");
    const threshold = param(p, "threshold");
    const maxValue = param(p, "maxValue");
    if (slope === 0 && threshold === 0) {
      const positive = m.max(x as never, m.constant(0));
      return maxValue === Number.POSITIVE_INFINITY ? positive : m.min(positive, m.constant(maxValue));
    }
    const below = slope === 0 ? m.constant(0) : m.mul(m.constant(slope), m.sub(x as never, m.constant(threshold)));
    const y = m.select(m.less(m.constant(threshold), x as never), x as never, below);
    return maxValue === Number.POSITIVE_INFINITY ? y : m.min(y, m.constant(maxValue));
  },
  derivative: (m, [x], y, p) => {
    const slope = param(p, "negativeSlope");
    const maxValue = param(p, "maxValue");
    // y tells the case as well as x does where the threshold is 0, and y is what the next layer keeps anyway.
    const known = (param(p, "threshold") === 0 && slope >= 0 ? y : x) as typeof y;
    const above = m.less(m.constant(param(p, "threshold")), known);
    const rising = slope === 0 ? above : m.select(above, m.constant(1), m.constant(slope));
    return [maxValue === Number.POSITIVE_INFINITY ? rising : m.mul(rising, m.less(known, m.constant(maxValue)))];
  },
  kinks: (p) => [param(p, "threshold"), param(p, "maxValue")],
  samples: [
    { negativeSlope: 0, maxValue: Number.POSITIVE_INFINITY, threshold: 0 },
    { negativeSlope: 0.2, maxValue: Number.POSITIVE_INFINITY, threshold: 0 },
    { negativeSlope: 0.1, maxValue: 2, threshold: 0.5 },
    { negativeSlope: 0, maxValue: 6, threshold: 0 },
  ],
});
/** x where x ≥ 0 and alpha·(e^x − 1) below; the derivative below is y + alpha, so that e^x is not computed again. */
export const elu = /* @__PURE__ */ unary("elu", {
  value: (m, x, p) =>
    m.select(
      m.less(first(x), m.constant(0)),
      m.mul(m.constant(param(p, "alpha")), m.expm1(m.min(first(x), m.constant(0)))),
      first(x),
    ),
  // For alpha > 0 the sign of y tells the case; y is what the next layer keeps anyway.
  derivative: (m, x, y, p) => [
    m.select(
      m.less(param(p, "alpha") > 0 ? y : first(x), m.constant(0)),
      m.add(y, m.constant(param(p, "alpha"))),
      m.constant(1),
    ),
  ],
  kinks: atZero,
  samples: [{ alpha: 1 }, { alpha: 0.5 }],
});
/** max(0, x) + min(0, alpha·(e^(x/alpha) − 1)). */
export const celu = /* @__PURE__ */ unary("celu", {
  value: (m, x, p) => {
    const alpha = m.constant(param(p, "alpha"));
    return m.add(m.max(first(x), m.constant(0)), m.mul(alpha, m.expm1(m.div(m.min(first(x), m.constant(0)), alpha))));
  },
  derivative: (m, x, _, p) => [m.exp(m.div(m.min(first(x), m.constant(0)), m.constant(param(p, "alpha"))))],
  kinks: atZero,
  samples: [{ alpha: 1 }, { alpha: 0.5 }],
});
const seluScale = 1.0507009873554805;
const seluAlpha = 1.6732632423543772;
export const selu = /* @__PURE__ */ unary("selu", {
  value: (m, x) =>
    m.mul(
      m.constant(seluScale),
      m.select(
        m.less(first(x), m.constant(0)),
        m.mul(m.constant(seluAlpha), m.expm1(m.min(first(x), m.constant(0)))),
        first(x),
      ),
    ),
  derivative: (m, _, y) => [
    m.select(m.less(y, m.constant(0)), m.add(y, m.constant(seluScale * seluAlpha)), m.constant(seluScale)),
  ],
  kinks: atZero,
});
export const softplus = /* @__PURE__ */ unary("softplus", {
  value: (m, x) => smoothRamp(m, first(x)),
  derivative: (m, x) => [logistic(m, first(x))],
});
/** log(1 + e^x) without overflow: max(x, 0) + log1p(e^−|x|). */
function smoothRamp<T>(m: Algebra<T>, x: T): T {
  return m.add(m.max(x, m.constant(0)), m.log1p(m.exp(m.neg(m.abs(x)))));
}
export const logSigmoid = /* @__PURE__ */ unary("logSigmoid", {
  value: (m, x) => m.neg(smoothRamp(m, m.neg(first(x)))),
  derivative: (m, x) => [logistic(m, m.neg(first(x)))],
});
export const softsign = /* @__PURE__ */ unary("softsign", {
  value: (m, x) => m.div(first(x), m.add(m.constant(1), m.abs(first(x)))),
  derivative: (m, x) => {
    const d = m.add(m.constant(1), m.abs(first(x)));
    return [m.div(m.constant(1), m.mul(d, d))];
  },
});
export const silu = /* @__PURE__ */ unary("silu", {
  value: (m, x) => m.mul(first(x), logistic(m, first(x))),
  derivative: (m, x, y) => {
    const s = logistic(m, first(x));
    return [m.add(s, m.mul(y, m.sub(m.constant(1), s)))];
  },
});
export const mish = /* @__PURE__ */ unary("mish", {
  value: (m, x) => m.mul(first(x), m.tanh(smoothRamp(m, first(x)))),
  derivative: (m, x) => {
    const t = m.tanh(smoothRamp(m, first(x)));
    return [m.add(t, m.mul(m.mul(first(x), logistic(m, first(x))), m.sub(m.constant(1), m.mul(t, t))))];
  },
});
/** x·Φ(x) with the exact normal distribution function. */
export const gelu = /* @__PURE__ */ unary("gelu", {
  value: (m, x) => m.mul(first(x), normalCdf(m, first(x))),
  derivative: (m, x) => {
    const density = m.mul(
      m.constant(1 / Math.sqrt(2 * Math.PI)),
      m.exp(m.mul(m.constant(-0.5), m.mul(first(x), first(x)))),
    );
    return [m.add(normalCdf(m, first(x)), m.mul(first(x), density))];
  },
});
function normalCdf<T>(m: Algebra<T>, x: T): T {
  return m.mul(m.constant(0.5), m.add(m.constant(1), m.erf(m.mul(x, m.constant(Math.SQRT1_2)))));
}
/** ½x(1 + tanh(√(2/π)(x + 0.044715x³))). */
export const geluTanh = /* @__PURE__ */ unary("geluTanh", {
  value: (m, x) => m.mul(m.mul(m.constant(0.5), first(x)), m.add(m.constant(1), m.tanh(geluInner(m, first(x))))),
  derivative: (m, x) => {
    const t = m.tanh(geluInner(m, first(x)));
    const square = m.mul(first(x), first(x));
    const slope = m.mul(
      m.constant(Math.sqrt(2 / Math.PI)),
      m.add(m.constant(1), m.mul(m.constant(3 * 0.044715), square)),
    );
    const half = m.constant(0.5);
    return [
      m.add(
        m.mul(half, m.add(m.constant(1), t)),
        m.mul(m.mul(m.mul(half, first(x)), m.sub(m.constant(1), m.mul(t, t))), slope),
      ),
    ];
  },
});
function geluInner<T>(m: Algebra<T>, x: T): T {
  return m.mul(m.constant(Math.sqrt(2 / Math.PI)), m.add(x, m.mul(m.constant(0.044715), m.mul(x, m.mul(x, x)))));
}
/** clip(x/6 + ½, 0, 1): Keras 3's slope, not Keras 2's 0.2. */
export const hardSigmoid = /* @__PURE__ */ unary("hardSigmoid", {
  value: (m, x) => hardGate(m, first(x)),
  derivative: (m, x) => [m.mul(m.less(m.abs(first(x)), m.constant(3)), m.constant(1 / 6))],
  kinks: () => [-3, 3],
  domain: [[-5, 5]],
});
function hardGate<T>(m: Algebra<T>, x: T): T {
  return m.min(m.max(m.add(m.div(x, m.constant(6)), m.constant(0.5)), m.constant(0)), m.constant(1));
}
export const hardSilu = /* @__PURE__ */ unary("hardSilu", {
  value: (m, x) => m.mul(first(x), hardGate(m, first(x))),
  derivative: (m, x) => [
    m.add(
      hardGate(m, first(x)),
      m.select(m.less(m.abs(first(x)), m.constant(3)), m.div(first(x), m.constant(6)), m.constant(0)),
    ),
  ],
  kinks: () => [-3, 3],
  domain: [[-5, 5]],
});
export const hardTanh = /* @__PURE__ */ unary("hardTanh", {
  value: (m, x) => m.min(m.max(first(x), m.constant(-1)), m.constant(1)),
  derivative: (m, x) => [m.less(m.abs(first(x)), m.constant(1))],
  kinks: () => [-1, 1],
});
export const tanhShrink = /* @__PURE__ */ unary("tanhShrink", {
  value: (m, x) => m.sub(first(x), m.tanh(first(x))),
  derivative: (m, x) => {
    const t = m.tanh(first(x));
    return [m.mul(t, t)];
  },
});
export const hardShrink = /* @__PURE__ */ unary("hardShrink", {
  value: (m, x, p) => m.select(m.less(m.constant(param(p, "threshold")), m.abs(first(x))), first(x), m.constant(0)),
  derivative: (m, x, _, p) => [m.less(m.constant(param(p, "threshold")), m.abs(first(x)))],
  kinks: (p) => [-param(p, "threshold"), param(p, "threshold")],
  samples: [{ threshold: 0.5 }],
});
export const softShrink = /* @__PURE__ */ unary("softShrink", {
  value: (m, x, p) =>
    m.mul(m.sign(first(x)), m.max(m.sub(m.abs(first(x)), m.constant(param(p, "threshold"))), m.constant(0))),
  derivative: (m, x, _, p) => [m.less(m.constant(param(p, "threshold")), m.abs(first(x)))],
  kinks: (p) => [-param(p, "threshold"), param(p, "threshold")],
  samples: [{ threshold: 0.5 }],
});
export const threshold = /* @__PURE__ */ unary("threshold", {
  value: (m, x, p) =>
    m.select(m.less(m.constant(param(p, "threshold")), first(x)), first(x), m.constant(param(p, "defaultValue"))),
  derivative: (m, x, _, p) => [m.less(m.constant(param(p, "threshold")), first(x))],
  kinks: (p) => [param(p, "threshold")],
  samples: [{ threshold: 0.5, defaultValue: -1 }],
});
/** (x + √(x² + b))/2. */
export const squareplus = /* @__PURE__ */ unary("squareplus", {
  value: (m, x, p) => m.mul(m.constant(0.5), m.add(first(x), hypotenuse(m, first(x), param(p, "b")))),
  derivative: (m, x, _, p) => [
    m.mul(m.constant(0.5), m.add(m.constant(1), m.div(first(x), hypotenuse(m, first(x), param(p, "b"))))),
  ],
  samples: [{ b: 4 }],
});
function hypotenuse<T>(m: Algebra<T>, x: T, b: number): T {
  return m.sqrt(m.add(m.mul(x, x), m.constant(b)));
}
/** 0 below −1, (x + 1)²/4 between, x above 1. */
export const sparsePlus = /* @__PURE__ */ unary("sparsePlus", {
  value: (m, x) => {
    const up = m.add(first(x), m.constant(1));
    const inside = m.mul(m.constant(0.25), m.mul(up, up));
    return m.select(
      m.lessEqual(first(x), m.constant(-1)),
      m.constant(0),
      m.select(m.less(first(x), m.constant(1)), inside, first(x)),
    );
  },
  derivative: (m, x) => [
    m.min(m.max(m.mul(m.constant(0.5), m.add(first(x), m.constant(1))), m.constant(0)), m.constant(1)),
  ],
});
export const sparseSigmoid = /* @__PURE__ */ unary("sparseSigmoid", {
  value: (m, x) => m.min(m.max(m.mul(m.constant(0.5), m.add(first(x), m.constant(1))), m.constant(0)), m.constant(1)),
  derivative: (m, x) => [m.mul(m.constant(0.5), m.less(m.abs(first(x)), m.constant(1)))],
  kinks: () => [-1, 1],
});
