// What the workers train, and what one process trains to compare.
import { createHash } from "node:crypto";
import { adam, batchNormalization, dense, dropout, flatten, type Model, sequential } from "aretejs";
import { imagesOf } from "../shared.ts";

/** Options of `fit`. */
export const options = { batchSize: 32, epochs: 2 } as const;

/** The first images of Fashion-MNIST, and all of its test images. */
export async function loadImages(count: number) {
  const { train, test } = await imagesOf({ log: console.error });
  const x = { data: train.x.data.subarray(0, 784 * count), shape: [count, 28, 28] };
  return { x, y: train.y.data.subarray(0, count), test };
}

/** A compiled network; with `accumulate` as one process trains it that stands for so many workers. */
export function makeModel(accumulate?: number): Model {
  const model = sequential(
    [
      flatten({ inputShape: [28, 28] }),
      dense(128, { activation: "relu" }),
      batchNormalization(),
      dropout(0.2),
      dense(10, { activation: "softmax" }),
    ],
    { seed: 42 },
  );
  model.compile({
    optimizer: adam({ clipNorm: 1, ...(accumulate !== undefined && { gradientAccumulationSteps: accumulate }) }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
  });
  return model;
}

/** A hash of all weights: equal where all bits are. */
export async function hashOf(model: Model): Promise<string> {
  const hash = createHash("sha256");
  for (const { data } of await model.getWeights())
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest("hex").slice(0, 16);
}
