// What the workers train, and what one process trains to compare.
import { adam, batchNormalization, dense, dropout, flatten, type Model, sequential } from "aretejs";

/** Options of `fit` that the workers and one process share. */
export const options = { batchSize: 32, epochs: 2 } as const;

/** Updates between checkpoints. */
export const checkpointEvery = 20;

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
  const weights = (await model.getWeights()).map(({ data }) => data);
  const bytes = await new Blob(weights as BlobPart[]).arrayBuffer();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
