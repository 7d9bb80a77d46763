import { expect, it } from "vitest";
import {
  batchNormalization,
  cloneModel,
  dense,
  dropout,
  earlyStopping,
  flatten,
  l2,
  nadam,
  sequential,
  sgd,
} from "../../src/index.ts";

/** Images of two kinds in ten classes' clothes: learnable, small. */
function images(count: number) {
  const x = {
    data: Float32Array.from(
      { length: count * 784 },
      (_, i) => (Math.floor(i / 784) % 10 === Math.floor((i % 784) / 79) ? 1 : 0) + (i % 5) / 20,
    ),
    shape: [count, 28, 28],
  };
  return [x, Int32Array.from({ length: count }, (_, i) => i % 10)] as const;
}

it("design §8's program works as written", async () => {
  const [xTrain, yTrain] = images(400);
  const [xValid, yValid] = images(100);
  const [xTest, yTest] = images(50);
  const model = sequential(
    [
      flatten({ inputShape: [28, 28] }),
      dense(300, { activation: "elu", kernelInitializer: "heNormal", kernelRegularizer: l2(1e-4) }),
      batchNormalization(),
      dropout(0.2),
      dense(10, { activation: "softmax" }),
    ],
    { seed: 42 },
  );
  expect(model.summary({ print: false })).toContain("Total params: 239,710");
  model.compile({
    optimizer: nadam({ learningRate: 1e-3, clipNorm: 1 }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
  });
  const history = await model.fit(xTrain, yTrain, {
    epochs: 10,
    batchSize: 32,
    validationData: [xValid, yValid],
    callbacks: [earlyStopping({ patience: 3, restoreBestWeights: true })],
    verbose: 0,
  });
  const { loss, accuracy } = await model.evaluate(xTest, yTest);
  expect(accuracy).toBeGreaterThan(0.95);
  expect(loss).toBeLessThan(1);
  expect(history.history.val_loss?.length).toBe(history.history.loss?.length);

  const clone = cloneModel(model);
  clone.setWeights(await model.getWeights());
  const head = sequential([...clone.layers.slice(0, -1), dense(1, { activation: "sigmoid" })]);
  for (const layer of head.layers.slice(0, -1)) layer.trainable = false;
  head.compile({ optimizer: sgd({ learningRate: 1e-3 }), loss: "binaryCrossentropy", metrics: ["accuracy"] });
  const frozen = await clone.getWeights();
  await head.fit(
    xTrain,
    yTrain.map((label) => Number(label < 5)),
    { epochs: 2, verbose: 0 },
  );
  expect((await head.getWeights()).slice(0, -2)).toEqual(frozen.slice(0, -2));
  expect(head.trainableVariables).toHaveLength(2);
});
