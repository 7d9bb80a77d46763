/**
 * Keras's first example, line by line: a small convolutional network (https://keras.io/examples/vision/mnist_convnet),
 * here on Fashion-MNIST.
 *
 *     npx tsx examples/20-mnist-convnet.ts [--short]
 *
 * Printed by a full run (seed 1; 10 000 of the training images, batches of 128, 10 epochs; Keras's has 60 000 digits
 * and 15 epochs):
 *
 *     test loss 0.4137, test accuracy 85.70 %
 */
import { conv2d, dense, dropout, flatten, maxPooling2d, reshape, sequential } from "aretejs";
import { choose, type ExampleOptions, imagesOf, percent, runAsScript } from "./shared.ts";

export async function run(options: ExampleOptions) {
  const { short = false, log = () => {} } = options;
  const images = await imagesOf(options);
  const train = choose(images.train, { take: short ? 640 : 10_000 });
  const test = choose(images.test, { take: short ? 200 : 10_000 });

  const model = sequential(
    [
      reshape([28, 28, 1], { inputShape: [28, 28] }),
      conv2d(32, 3, { activation: "relu" }),
      maxPooling2d(2),
      conv2d(64, 3, { activation: "relu" }),
      maxPooling2d(2),
      flatten(),
      dropout(0.5),
      dense(10, { activation: "softmax" }),
    ],
    { seed: 1 },
  );
  if (!short) model.summary();

  model.compile({ loss: "sparseCategoricalCrossentropy", optimizer: "adam", metrics: ["accuracy"] });
  const verbose = short ? 0 : "auto";
  await model.fit(train.x, train.y, { batchSize: 128, epochs: short ? 3 : 10, validationSplit: 0.1, verbose });
  const { loss, accuracy = 0 } = await model.evaluate(test.x, test.y);
  log(`test loss ${loss.toFixed(4)}, test accuracy ${percent(accuracy)}`);
  return { loss, accuracy };
}

await runAsScript(import.meta.url, run);
