import { describe, it } from "vitest";
import { type Constraint, maxNorm, minMaxNorm, nonNeg, unitNorm } from "../../src/regularize/constraints.ts";
import { expectClose, type GoldenTensor, golden, load, titleOf, values } from "./nn-support.ts";

interface ConstraintCase {
  constraint: "maxNorm" | "unitNorm" | "nonNeg" | "minMaxNorm";
  config: { maxValue?: number; minValue?: number; rate?: number; axis?: number | number[] };
  w: GoldenTensor;
  value: GoldenTensor;
}

const table: Record<ConstraintCase["constraint"], (config: ConstraintCase["config"]) => Constraint> = {
  maxNorm: ({ maxValue, ...options }) => maxNorm(maxValue, options),
  unitNorm,
  nonNeg,
  minMaxNorm,
};

describe("constraints agree with Keras 3", () => {
  for (const { constraint, config, w, value } of golden<ConstraintCase>("constraints")) {
    it(titleOf(constraint, config, `w [${w.shape}]`), async () => {
      const [got] = await values(table[constraint](config)(load(w)));
      expectClose(got as number[], value, 2e-6);
    });
  }
});
