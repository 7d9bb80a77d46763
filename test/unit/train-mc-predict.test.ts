import { describe, expect, it } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { batchNormalization } from "../../src/nn/layers/batch-normalization.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { mcPredict } from "../../src/train/mc-predict.ts";
import { sequential } from "../../src/train/sequential.ts";

const x = { data: Float32Array.from({ length: 40 }, (_, i) => Math.sin(i)), shape: [10, 4] };

function network() {
  const model = sequential(
    [
      dense(8, { activation: "relu", inputShape: [4] }),
      batchNormalization(),
      dropout(0.5),
      dense(3, { activation: "softmax" }),
    ],
    {
      seed: 3,
    },
  );
  model.compile({ optimizer: "sgd", loss: "categoricalCrossentropy", backend: js() });
  return model;
}

describe("mcPredict", () => {
  it("gives a mean near the prediction and a spread, with batch normalization in inference", async () => {
    const model = network();
    const before = await model.getWeights();
    const { mean, stddev } = await mcPredict(model, x, { passes: 200 });
    expect(mean.shape).toEqual([10, 3]);
    expect((await stddev.data()).every((value) => value > 0)).toBe(true);
    const [p, m] = [await (await model.predict(x)).data(), await mean.data()];
    expect(Math.max(...Array.from(p, (value, index) => Math.abs(value - (m[index] as number))))).toBeLessThan(0.1);
    expect(await model.getWeights()).toEqual(before);
  });

  it("has no spread where nothing is random", async () => {
    const model = sequential([dense(2, { inputShape: [4] })], { seed: 1 });
    model.compile({ optimizer: "sgd", loss: "meanSquaredError", backend: js() });
    const { stddev } = await mcPredict(model, x, { passes: 3 });
    expect((await stddev.data()).every((value) => value === 0)).toBe(true);
  });

  it("refuses a number of passes that is none", async () => {
    await expect(mcPredict(network(), x, { passes: 0 })).rejects.toThrow(
      /mcPredict of .*: passes must be an integer ≥ 1\. Expected an integer ≥ 1, received 0\./,
    );
  });
});
