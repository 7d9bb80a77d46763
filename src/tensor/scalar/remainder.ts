// The remainder of a division, as an expression over the primitives.
import type { Algebra } from "../../ir/primitive.ts";
import { binary } from "./function.ts";

/** x − ⌊x/y⌋·y with the sign of y: exact in float32 where |x/y| < 2^23. */
export const mod = /* @__PURE__ */ binary("mod", {
  value: (m, [x, y]) => {
    const zero = m.constant(0);
    const quotient = m.floor(m.div(x, y));
    const product = m.mul(quotient, y);
    const exact = m.sub(m.sub(x, product), roundingOf(m, quotient, y, product));
    // A quotient of 0 leaves x, also where y is infinite.
    const rest = m.select(m.equal(quotient, zero), x, exact);
    // The quotient may have been rounded up to the next whole number.
    const isBeyond = m.less(m.mul(m.sign(rest), m.sign(y)), zero);
    return m.select(isBeyond, m.add(rest, y), rest);
  },
  derivative: (m, [x, y], r) => [m.constant(1), m.round(m.div(m.sub(r, x), y))],
  domain: [
    [2.2, 2.7],
    [0.95, 1.05],
  ],
});

/** What rounding took from the product of a and b (Dekker 1971): the halves' products are exact in float32. */
function roundingOf<T>(m: Algebra<T>, a: T, b: T, product: T): T {
  const [a1, b1] = [upperHalf(m, a), upperHalf(m, b)];
  const [a2, b2] = [m.sub(a, a1), m.sub(b, b1)];
  const cross = m.add(m.add(m.sub(m.mul(a1, b1), product), m.mul(a1, b2)), m.mul(a2, b1));
  return m.add(cross, m.mul(a2, b2));
}
function upperHalf<T>(m: Algebra<T>, x: T): T {
  const wide = m.mul(m.constant(4097), x);
  return m.sub(wide, m.sub(wide, x));
}
