// `lossScaleFactor`: as in Keras, the loss is multiplied where gradients are taken, and gradients are divided by it.
import { describe, expect, it } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { dense } from "../../src/nn/layers/index.ts";
import { sgd } from "../../src/optim/index.ts";
import { mean, square, sub } from "../../src/tensor/ops/index.ts";
import { sequential } from "../../src/train/sequential.ts";
import { trainStep } from "../../src/train/train-step.ts";

const x = [[1], [2]];
const options = { learningRate: 0.1, clipNorm: 0.5 };
const make = () => sequential([dense(1, { inputShape: [1], kernelInitializer: "ones", kernelRegularizer: "l2" })]);
const ofScale = (lossScaleFactor?: number) => sgd({ ...options, ...(lossScaleFactor && { lossScaleFactor }) });

describe("lossScaleFactor", () => {
  it("changes no step of fit, and no loss", async () => {
    const run = async (factor?: number) => {
      const model = make();
      model.compile({ optimizer: ofScale(factor), loss: "mse", backend: js() });
      const { history } = await model.fit(
        x,
        x.map(([v = 0]) => [3 * v + 1]),
        { epochs: 3, shuffle: false, verbose: 0 },
      );
      return { loss: history.loss, weights: (await model.getWeights()).map(({ data }) => Array.from(data)) };
    };
    expect(await run(8)).toEqual(await run());
  });

  it("changes no step of trainStep", async () => {
    const run = async (factor?: number) => {
      const model = make();
      const step = trainStep({
        variables: model,
        optimizer: ofScale(factor),
        backend: js(),
        loss: (batch: { x: never }, ctx) => mean(square(sub(model.apply(batch.x, ctx), 3))),
      });
      for (let i = 0; i < 3; i++) await step({ x: x as never });
      return (await model.getWeights()).map(({ data }) => Array.from(data));
    };
    expect(await run(8)).toEqual(await run());
  });
});
