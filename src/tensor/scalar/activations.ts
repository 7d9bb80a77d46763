// The activations of Keras 3 that are functions of one element.
import type { Algebra } from "../../ir/primitive.ts";
import { atZero, param, unary } from "./function.ts";
import { logistic } from "./functions.ts";

/** negativeSlope·(x − threshold) below the threshold, x above it, at most maxValue (Keras's order of cases). */
export const relu = /* @__PURE__ */ unary("relu", {
  value: (m, [x], p) => {
    const slope = param(p, "negativeSlope");
    const threshold = param(p, "threshold");
    const maxValue = param(p, "maxValue");
    if (slope === 0 && threshold === 0) {
      const positive = m.max(x, m.constant(0));
      return maxValue === Number.POSITIVE_INFINITY ? positive : m.min(positive, m.constant(maxValue));
    }
    const below = slope === 0 ? m.constant(0) : m.mul(m.constant(slope), m.sub(x, m.constant(threshold)));
    const y = m.select(m.less(m.constant(threshold), x), x, below);
    return maxValue === Number.POSITIVE_INFINITY ? y : m.min(y, m.constant(maxValue));
  },
  derivative: (m, [x], y, p) => {
    const slope = param(p, "negativeSlope");
    const maxValue = param(p, "maxValue");
    // y shows the case as well as x does where the threshold is 0, and y is what the next layer keeps anyway.
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
  value: (m, [x], p) =>
    m.select(m.less(x, m.constant(0)), m.mul(m.constant(param(p, "alpha")), m.expm1(m.min(x, m.constant(0)))), x),
  // For alpha > 0 the sign of y shows the case; y is what the next layer keeps anyway.
  derivative: (m, [x], y, p) => [
    m.select(
      m.less(param(p, "alpha") > 0 ? y : x, m.constant(0)),
      m.add(y, m.constant(param(p, "alpha"))),
      m.constant(1),
    ),
  ],
  kinks: atZero,
  samples: [{ alpha: 1 }, { alpha: 0.5 }],
});
/** max(0, x) + min(0, alpha·(e^(x/alpha) − 1)). */
export const celu = /* @__PURE__ */ unary("celu", {
  value: (m, [x], p) => {
    const alpha = m.constant(param(p, "alpha"));
    return m.add(m.max(x, m.constant(0)), m.mul(alpha, m.expm1(m.div(m.min(x, m.constant(0)), alpha))));
  },
  derivative: (m, [x], _, p) => [m.exp(m.div(m.min(x, m.constant(0)), m.constant(param(p, "alpha"))))],
  kinks: atZero,
  samples: [{ alpha: 1 }, { alpha: 0.5 }],
});
const seluScale = 1.0507009873554805;
const seluAlpha = 1.6732632423543772;
export const selu = /* @__PURE__ */ unary("selu", {
  value: (m, [x]) =>
    m.mul(
      m.constant(seluScale),
      m.select(m.less(x, m.constant(0)), m.mul(m.constant(seluAlpha), m.expm1(m.min(x, m.constant(0)))), x),
    ),
  derivative: (m, _, y) => [
    m.select(m.less(y, m.constant(0)), m.add(y, m.constant(seluScale * seluAlpha)), m.constant(seluScale)),
  ],
  kinks: atZero,
});
export const softplus = /* @__PURE__ */ unary("softplus", {
  value: (m, [x]) => smoothRamp(m, x),
  derivative: (m, [x]) => [logistic(m, x)],
});
/** log(1 + e^x) without overflow: max(x, 0) + log1p(e^−|x|). */
function smoothRamp<T>(m: Algebra<T>, x: T): T {
  return m.add(m.max(x, m.constant(0)), m.log1p(m.exp(m.neg(m.abs(x)))));
}
export const logSigmoid = /* @__PURE__ */ unary("logSigmoid", {
  value: (m, [x]) => m.neg(smoothRamp(m, m.neg(x))),
  derivative: (m, [x]) => [logistic(m, m.neg(x))],
});
export const softsign = /* @__PURE__ */ unary("softsign", {
  value: (m, [x]) => m.div(x, m.add(m.constant(1), m.abs(x))),
  derivative: (m, [x]) => {
    const d = m.add(m.constant(1), m.abs(x));
    return [m.div(m.constant(1), m.mul(d, d))];
  },
});
export const silu = /* @__PURE__ */ unary("silu", {
  value: (m, [x]) => m.mul(x, logistic(m, x)),
  derivative: (m, [x], y) => {
    const s = logistic(m, x);
    return [m.add(s, m.mul(y, m.sub(m.constant(1), s)))];
  },
});
export const mish = /* @__PURE__ */ unary("mish", {
  value: (m, [x]) => m.mul(x, m.tanh(smoothRamp(m, x))),
  derivative: (m, [x]) => {
    const t = m.tanh(smoothRamp(m, x));
    return [m.add(t, m.mul(m.mul(x, logistic(m, x)), m.sub(m.constant(1), m.mul(t, t))))];
  },
});
/** x·Φ(x) with the exact normal distribution function. */
export const gelu = /* @__PURE__ */ unary("gelu", {
  value: (m, [x]) => m.mul(x, normalCdf(m, x)),
  derivative: (m, [x]) => {
    const density = m.mul(m.constant(1 / Math.sqrt(2 * Math.PI)), m.exp(m.mul(m.constant(-0.5), m.mul(x, x))));
    return [m.add(normalCdf(m, x), m.mul(x, density))];
  },
});
function normalCdf<T>(m: Algebra<T>, x: T): T {
  return m.mul(m.constant(0.5), m.add(m.constant(1), m.erf(m.mul(x, m.constant(Math.SQRT1_2)))));
}
/** ½x(1 + tanh(√(2/π)(x + 0.044715x³))). */
export const geluTanh = /* @__PURE__ */ unary("geluTanh", {
  value: (m, [x]) => m.mul(m.mul(m.constant(0.5), x), m.add(m.constant(1), m.tanh(geluInner(m, x)))),
  derivative: (m, [x]) => {
    const t = m.tanh(geluInner(m, x));
    const square = m.mul(x, x);
    const slope = m.mul(
      m.constant(Math.sqrt(2 / Math.PI)),
      m.add(m.constant(1), m.mul(m.constant(3 * 0.044715), square)),
    );
    const half = m.constant(0.5);
    return [
      m.add(
        m.mul(half, m.add(m.constant(1), t)),
        m.mul(m.mul(m.mul(half, x), m.sub(m.constant(1), m.mul(t, t))), slope),
      ),
    ];
  },
});
function geluInner<T>(m: Algebra<T>, x: T): T {
  return m.mul(m.constant(Math.sqrt(2 / Math.PI)), m.add(x, m.mul(m.constant(0.044715), m.mul(x, m.mul(x, x)))));
}
/** clip(x/6 + ½, 0, 1): Keras 3's slope, not Keras 2's 0.2. */
export const hardSigmoid = /* @__PURE__ */ unary("hardSigmoid", {
  value: (m, [x]) => hardGate(m, x),
  derivative: (m, [x]) => [m.mul(m.less(m.abs(x), m.constant(3)), m.constant(1 / 6))],
  kinks: () => [-3, 3],
  domain: [[-5, 5]],
});
function hardGate<T>(m: Algebra<T>, x: T): T {
  return m.min(m.max(m.add(m.div(x, m.constant(6)), m.constant(0.5)), m.constant(0)), m.constant(1));
}
export const hardSilu = /* @__PURE__ */ unary("hardSilu", {
  value: (m, [x]) => m.mul(x, hardGate(m, x)),
  derivative: (m, [x]) => [
    m.add(hardGate(m, x), m.select(m.less(m.abs(x), m.constant(3)), m.div(x, m.constant(6)), m.constant(0))),
  ],
  kinks: () => [-3, 3],
  domain: [[-5, 5]],
});
export const hardTanh = /* @__PURE__ */ unary("hardTanh", {
  value: (m, [x]) => m.min(m.max(x, m.constant(-1)), m.constant(1)),
  derivative: (m, [x]) => [m.less(m.abs(x), m.constant(1))],
  kinks: () => [-1, 1],
});
export const tanhShrink = /* @__PURE__ */ unary("tanhShrink", {
  value: (m, [x]) => m.sub(x, m.tanh(x)),
  derivative: (m, [x]) => {
    const t = m.tanh(x);
    return [m.mul(t, t)];
  },
});
export const hardShrink = /* @__PURE__ */ unary("hardShrink", {
  value: (m, [x], p) => m.select(m.less(m.constant(param(p, "threshold")), m.abs(x)), x, m.constant(0)),
  derivative: (m, [x], _, p) => [m.less(m.constant(param(p, "threshold")), m.abs(x))],
  kinks: (p) => [-param(p, "threshold"), param(p, "threshold")],
  samples: [{ threshold: 0.5 }],
});
export const softShrink = /* @__PURE__ */ unary("softShrink", {
  value: (m, [x], p) => m.mul(m.sign(x), m.max(m.sub(m.abs(x), m.constant(param(p, "threshold"))), m.constant(0))),
  derivative: (m, [x], _, p) => [m.less(m.constant(param(p, "threshold")), m.abs(x))],
  kinks: (p) => [-param(p, "threshold"), param(p, "threshold")],
  samples: [{ threshold: 0.5 }],
});
export const threshold = /* @__PURE__ */ unary("threshold", {
  value: (m, [x], p) => m.select(m.less(m.constant(param(p, "threshold")), x), x, m.constant(param(p, "defaultValue"))),
  derivative: (m, [x], _, p) => [m.less(m.constant(param(p, "threshold")), x)],
  kinks: (p) => [param(p, "threshold")],
  samples: [{ threshold: 0.5, defaultValue: -1 }],
});
/** (x + √(x² + b))/2. */
export const squareplus = /* @__PURE__ */ unary("squareplus", {
  value: (m, [x], p) => m.mul(m.constant(0.5), m.add(x, hypotenuse(m, x, param(p, "b")))),
  derivative: (m, [x], _, p) => [
    m.mul(m.constant(0.5), m.add(m.constant(1), m.div(x, hypotenuse(m, x, param(p, "b"))))),
  ],
  samples: [{ b: 4 }],
});
function hypotenuse<T>(m: Algebra<T>, x: T, b: number): T {
  return m.sqrt(m.add(m.mul(x, x), m.constant(b)));
}
/** 0 below −1, (x + 1)²/4 between, x above 1. */
export const sparsePlus = /* @__PURE__ */ unary("sparsePlus", {
  value: (m, [x]) => {
    const up = m.add(x, m.constant(1));
    const inside = m.mul(m.constant(0.25), m.mul(up, up));
    return m.select(m.lessEqual(x, m.constant(-1)), m.constant(0), m.select(m.less(x, m.constant(1)), inside, x));
  },
  derivative: (m, [x]) => [m.min(m.max(m.mul(m.constant(0.5), m.add(x, m.constant(1))), m.constant(0)), m.constant(1))],
});
export const sparseSigmoid = /* @__PURE__ */ unary("sparseSigmoid", {
  value: (m, [x]) => m.min(m.max(m.mul(m.constant(0.5), m.add(x, m.constant(1))), m.constant(0)), m.constant(1)),
  derivative: (m, [x]) => [m.mul(m.constant(0.5), m.less(m.abs(x), m.constant(1)))],
  kinks: () => [-1, 1],
});
