import { describe, it } from "vitest";
import { l1, l1l2, l2, orthogonalPenalty, type Penalty } from "../../src/regularize/penalties.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { expectClose, type GoldenTensor, golden, load, titleOf, values } from "./nn-support.ts";

interface RegularizerCase {
  regularizer: string;
  config: { l1?: number; l2?: number; factor?: number; mode?: "rows" | "columns" };
  w: GoldenTensor;
  value: number;
  gradient: GoldenTensor;
}

const table: Record<string, (config: RegularizerCase["config"]) => Penalty> = {
  l1: (config) => l1(config.l1),
  l2: (config) => l2(config.l2),
  l1l2: (config) => l1l2(config),
  orthogonal: (config) => orthogonalPenalty(config),
};

describe("penalties agree with Keras 3", () => {
  for (const { regularizer, config, w, value, gradient } of golden<RegularizerCase>("regularizers")) {
    it(titleOf(regularizer, config, `w [${w.shape}]`), async () => {
      const weight = load(w);
      const penalty = table[regularizer]?.(config)(weight);
      if (!penalty) throw new Error(`no factory for ${regularizer}`);
      const [got, slope] = (await values(penalty, ...gradients(penalty, [weight]))) as [number[], number[]];
      expectClose(got, value, 2e-6, "value");
      expectClose(slope, gradient, 2e-6, "gradient");
    });
  }
});
