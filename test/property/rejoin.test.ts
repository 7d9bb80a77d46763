import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { sizeOf } from "../../src/ir/shape.ts";
import { add, matmul, mul, pad, sum, transpose } from "../../src/tensor/ops/index.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

/** Small whole numbers: sums are exact in any order. */
const numbers = (...shape: number[]) =>
  tensor(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 5 + shape.length) % 7) - 3),
    shape,
  );

/** What rules of `rejoin` look for, and what only looks like it: terms of one shape. */
const makers: ((shape: readonly number[], a: number, b: number) => Tensor)[] = [
  (shape) => numbers(...shape),
  (shape, a, b) => sum(numbers(a + b, ...shape), 0),
  (shape, a) => sum(numbers(shape[0] as number, a, ...shape.slice(1)), 1),
  ...[0, 1].map((value) => (shape: readonly number[], a: number, b: number) => {
    const axis = b % shape.length;
    const before = Math.min(a, shape[axis] as number);
    const after = Math.min(b, (shape[axis] as number) - before);
    const inner = shape.map((extent, i) => (i === axis ? extent - before - after : extent));
    return pad(
      numbers(...inner),
      shape.map((_, i) => (i === axis ? [before, after] : [0, 0])),
      value,
    );
  }),
  (shape, a) => {
    if (shape.length === 1) return matmul(transpose(numbers(a, shape[0] as number)), numbers(a));
    // The second operand is a list of matrices where the sum has three axes.
    const [rows, columns] = shape.slice(-2) as [number, number];
    return matmul(transpose(numbers(a, rows)), numbers(...shape.slice(0, -2), a, columns));
  },
];

describe("a sum of many terms", () => {
  it("is the sum of its terms, whatever they are made of", async () => {
    const backend = js();
    const extent = fc.integer({ min: 1, max: 4 });
    const term = fc.record({
      make: fc.constantFrom(...makers),
      a: fc.integer({ min: 0, max: 3 }),
      b: fc.integer({ min: 0, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(extent, { minLength: 1, maxLength: 3 }),
        fc.array(term, { minLength: 2, maxLength: 7 }),
        fc.nat({ max: 6 }),
        async (shape, given, again) => {
          const terms = given.map(({ make, a, b }) => make(shape, a, b));
          terms.push(terms[again % terms.length] as Tensor);
          const total = terms.reduce((a, b) => add(a, b));
          const expected = new Array<number>(sizeOf(shape)).fill(0);
          for (const one of terms) {
            const [values] = await evaluate([mul(one, 1)], backend);
            values?.forEach((value, i) => {
              expected[i] = (expected[i] as number) + value;
            });
          }
          const [found] = await evaluate([total], backend);
          expect(Array.from(found as Float32Array, (value) => value + 0)).toEqual(expected);
        },
      ),
      { numRuns: 100 },
    );
  });
});
