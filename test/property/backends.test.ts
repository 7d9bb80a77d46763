import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import type { TypedArray } from "../../src/ir/dtype.ts";
import { compositions, opCases, scalarCase, scalarFunctions } from "./op-cases.ts";
import { runCase } from "./run-case.ts";

const reference = js({ precision: "float64" });
const backends: Record<string, Backend> = { wasm: await wasm(), "js float32": js({ precision: "float32" }) };

/** float32 against float64: an error that grows with the largest value in the result, since sums cancel. */
function worst(actual: TypedArray, expected: TypedArray): number {
  const scale = Math.max(1, ...Array.from(expected, Math.abs).filter(Number.isFinite));
  const errors = Array.from(actual, (value, index) =>
    sameSpecial(value, expected[index] as number) ? 0 : Math.abs(value - (expected[index] as number)) / scale,
  );
  return Math.max(0, ...errors);
}

/**
 * What adds up many rounded numbers: derivatives of pow reach 74 here, and a gradient of a broadcast operand adds 25 of
 * them of both signs; the gradient of a recurrence's gradient goes through its steps there and back twice.
 */
const chains = ["composition", "function pow", "scanOutputGrad"];

const sameSpecial = (a: number, b: number) => Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b));

const suites = [
  ...Object.entries(opCases),
  ...scalarFunctions.map((fn) => [`function ${fn.name}`, scalarCase(fn)] as const),
  ["composition", compositions] as const,
];

for (const [backendName, backend] of Object.entries(backends)) {
  describe(`tfjs mistake 12: ${backendName} agrees with js in float64, forward and backward`, () => {
    for (const [name, cases] of suites) {
      it(name, async () => {
        await fc.assert(
          fc.asyncProperty(cases, async (theCase) => {
            const [actual, expected] = [await runCase(theCase, backend), await runCase(theCase, reference)];
            for (const [output, values] of Object.entries(expected)) {
              expect(worst(actual[output] as TypedArray, values), `${theCase.label}, ${output}`).toBeLessThan(
                chains.includes(name) ? 1e-4 : 1e-5,
              );
            }
          }),
          { numRuns: 20 },
        );
      });
    }
  });
}
