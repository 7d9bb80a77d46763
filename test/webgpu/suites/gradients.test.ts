import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { js } from "../../../src/backends/js/index.ts";
import { compositions, opCases, scalarCase, scalarFunctions } from "../../property/op-cases.ts";
import { runCase } from "../../property/run-case.ts";
import { backend } from "./support.ts";

const reference = js({ precision: "float64" });

/**
 * How far values and gradients may be from float64, relative to the largest number of an array (1 at least): rounding
 * of inputs and of a few operations to float32.
 */
const usual = 1e-5;
/** Ops that round more, each within 1e-3. */
const rounding: Readonly<Record<string, number>> = {
  composition: 1e-3,
};

const suites = [
  ...Object.entries(opCases),
  ...scalarFunctions.map((fn) => [`function ${fn.name}`, scalarCase(fn)] as const),
  ["composition", compositions] as const,
];
const found: [name: string, worst: number][] = [];

/** NaN and infinities must be the same. */
function error(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  const wanted = Array.from(expected);
  const scale = Math.max(1, ...wanted.map(Math.abs).filter(Number.isFinite));
  return wanted.reduce((worst, want, index) => {
    const got = actual[index] as number;
    if (Object.is(got, want) || got === want) return worst;
    const apart = Math.abs(got - want) / scale;
    return Number.isNaN(apart) ? Number.POSITIVE_INFINITY : Math.max(worst, apart);
  }, 0);
}

describe("values and gradients of every op are those of js in float64", () => {
  for (const [name, cases] of suites) {
    it(name, async () => {
      let worst = 0;
      await fc.assert(
        fc.asyncProperty(cases, async (theCase) => {
          const [actual, expected] = [await runCase(theCase, backend), await runCase(theCase, reference)];
          for (const [output, values] of Object.entries(expected)) {
            const apart = error(actual[output] as ArrayLike<number>, values);
            expect(apart, `${theCase.label}, ${output}`).toBeLessThan(rounding[name] ?? usual);
            worst = Math.max(worst, apart);
          }
        }),
        { numRuns: 8 },
      );
      found.push([name, worst]);
    });
  }

  afterAll(() => {
    const worst = found.sort(([, a], [, b]) => b - a).slice(0, 10);
    console.log(`largest errors: ${worst.map(([name, value]) => `${name} ${value.toExponential(1)}`).join(", ")}`);
  });
});
