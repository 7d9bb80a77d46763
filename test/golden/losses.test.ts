import { describe, it } from "vitest";
import { computeLoss, type Loss, type Reduction } from "../../src/nn/loss.ts";
import type { LossName } from "../../src/nn/losses.ts";
import * as losses from "../../src/nn/losses.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import { expectClose, type GoldenTensor, type GoldenValue, golden, load, titleOf, values } from "./nn-support.ts";

interface LossCase {
  loss: LossName;
  config: object;
  note?: string;
  yTrue: GoldenTensor;
  yPred: GoldenTensor;
  expected: {
    reduction: string;
    sampleWeight: GoldenTensor | null;
    value: GoldenTensor | GoldenValue;
    gradient: GoldenTensor;
  }[];
}

/** "mean" is another name of Keras for sum_over_batch_size. */
const reductions: Record<string, Reduction> = {
  sum_over_batch_size: "sumOverBatchSize",
  mean: "sumOverBatchSize",
  sum: "sum",
  none: "none",
  mean_with_sample_weight: "meanWithSampleWeight",
};

/** float32 in Keras against float64 here, relative to the largest number: a few roundings. */
const tolerance = 3e-6;

describe("losses agree with Keras 3", () => {
  for (const { loss: name, config, note, yTrue, yPred, expected } of golden<LossCase>("losses")) {
    it(titleOf(name, config, note), async () => {
      const x = load(yPred);
      for (const { reduction, sampleWeight, value, gradient } of expected) {
        const loss = (losses[name as "meanSquaredError"] as (options: object) => Loss)({
          ...config,
          reduction: reductions[reduction],
        });
        const result = computeLoss(loss, load(yTrue), x, sampleWeight ? load(sampleWeight) : undefined);
        const [got, slope] = (await values(result, ...gradients(sum(result), [x]))) as [number[], number[]];
        const where = `${reduction}${sampleWeight ? ` weighted ${JSON.stringify(sampleWeight.shape)}` : ""}`;
        expectClose(got, value, tolerance, `${where} value`);
        expectClose(slope, gradient, tolerance, `${where} gradient`);
      }
    });
  }
});
