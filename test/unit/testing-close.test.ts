import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { broadcastShapes, sizeOf } from "../../src/ir/shape.ts";
import { type AllCloseMatchers, compareClose, toBeAllClose } from "../../src/testing/allClose.ts";
import { arbitraries } from "../../src/testing/arbitraries.ts";

declare module "vitest" {
  // biome-ignore lint/suspicious/noExplicitAny: vitest's own signature
  interface Matchers<T = any> extends AllCloseMatchers<T> {}
}
expect.extend({ toBeAllClose });

describe("compareClose", () => {
  it("allows atol + rtol·|expected|, both ends of it", () => {
    const tolerance = { rtol: 0.125, atol: 0.25 };
    expect(compareClose([2.5], [2], tolerance).close).toBe(true);
    expect(compareClose([1.5], [2], tolerance).close).toBe(true);
    expect(compareClose([2.5001], [2], tolerance).close).toBe(false);
    expect(compareClose([1.4999], [2], tolerance).close).toBe(false);
    expect(compareClose([0.5], [0.5], { rtol: 0, atol: 0 }).close).toBe(true);
  });

  it("names the worst element", () => {
    const { close, report } = compareClose([1, 2.5, 3, 4.25], [1, 2, 3, 4], { rtol: 0, atol: 0.125, shape: [2, 2] });
    expect(close).toBe(false);
    expect(report).toBe(
      "allClose: values must be close. Expected 2 ± 0.125, received 2.5 (2 of 4 elements differ, worst at [0, 1], rtol 0, atol 0.125).",
    );
    expect(compareClose([1, 2.5], [1, 2]).report).toMatch(/worst at \[1\], rtol 0.00001/);
    expect(
      compareClose(
        [1, 2, 3.5, 4],
        [
          [1, 2],
          [3, 4],
        ],
      ).report,
    ).toMatch(/Expected 3 ± .*, received 3.5 .*worst at \[1, 0\]/);
    expect(compareClose(2, 1).report).toMatch(/worst at \[\]/);
  });

  it("takes NaN and infinities as equal to themselves only", () => {
    const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
    expect(compareClose([nan, inf, -inf, 0], [nan, inf, -inf, -0]).close).toBe(true);
    for (const [a, e] of [
      [nan, 1],
      [1, nan],
      [inf, -inf],
      [inf, 1e300],
      [1, inf],
    ] as const) {
      expect(compareClose([0, a], [0, e]).report).toMatch(`Expected ${e} ± `);
      expect(compareClose([0, a], [0, e]).close).toBe(false);
    }
  });

  it("compares numbers, nested arrays and typed arrays, and complains about lengths", () => {
    expect(compareClose(1, Float32Array.of(1)).close).toBe(true);
    expect(
      compareClose(
        [
          [1, 2],
          [3, 4],
        ],
        Int32Array.of(1, 2, 3, 4),
      ).close,
    ).toBe(true);
    expect(compareClose([], []).close).toBe(true);
    expect(compareClose([1], [1, 2]).report).toBe(
      "allClose: as many values as expected. Expected 2 values, received 1.",
    );
    expect(compareClose([1], [1], { shape: [2] }).report).toBe(
      "allClose: the shape must hold the values. Expected 2 values for [2], received 1.",
    );
  });
});

describe("toBeAllClose", () => {
  it("matches, and reports when it does not", () => {
    expect([1, 2]).toBeAllClose([1, 2.0000001]);
    expect([1, 2]).not.toBeAllClose([1, 2.1]);
    expect(() => expect([1, 2]).toBeAllClose([1, 3])).toThrow("allClose: values must be close. Expected 3 ± ");
    expect(() => expect([1, 2]).not.toBeAllClose([1, 2])).toThrow("allClose: values must differ somewhere.");
  });
});

describe("arbitraries", () => {
  const arb = arbitraries(fc);

  it("make shapes within their limits", () => {
    fc.assert(
      fc.property(arb.shape({ minRank: 1, maxRank: 3, minExtent: 0, maxExtent: 2 }), (shape) => {
        expect(shape.length).toBeGreaterThanOrEqual(1);
        expect(shape.length).toBeLessThanOrEqual(3);
        expect(shape.every((extent) => extent >= 0 && extent <= 2)).toBe(true);
      }),
    );
  });

  it("make pairs that broadcast to the result they give", () => {
    const ranks = new Set<string>();
    fc.assert(
      fc.property(arb.broadcastable(), ({ a, b, result }) => {
        ranks.add(`${Math.sign(a.length - b.length)}`);
        expect(broadcastShapes("test", a, b)).toEqual(result);
      }),
      { numRuns: 500 },
    );
    expect([...ranks].sort()).toEqual(["-1", "0", "1"]);
  });

  it("make values within limits and off the points to avoid, exact in float32", () => {
    fc.assert(
      fc.property(arb.tensor({ min: -1, max: 0.5, avoid: [0], clearance: 0.1 }), ({ values, shape }) => {
        expect(values.length).toBe(sizeOf(shape));
        expect(values.every((x) => x >= -1 && x <= 0.5 && Math.abs(x) >= 0.1 && Number.isInteger(x * 1024))).toBe(true);
      }),
    );
  });
});
