// What the workers of the tests train: a network with all that could make workers differ, on data that all make alike.
import { adam, batchNormalization, dense, dropout, type Model, sequential } from "../../src/index.ts";

/** Samples; with batches of 16 the last one of an epoch is smaller. */
const samples = 200;

/** What `fit` gets on every worker and in one process. */
export const fitOptions = { batchSize: 16, epochs: 3, verbose: 0 } as const;

/** Noise of the same numbers everywhere. */
function noise(size: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** Samples [200, 20] with three classes. */
export function makeData(): { x: { data: Float32Array; shape: number[] }; y: Int32Array } {
  const data = noise(samples * 20, 7);
  const y = Int32Array.from({ length: samples }, (_, row) => (Number(data[20 * row]) > 0 ? 1 : 0) + (row % 2));
  return { x: { data, shape: [samples, 20] }, y };
}

/** The batches of an epoch that is not shuffled. */
export function batchesOf(): { x: { data: Float32Array; shape: number[] }; y: Int32Array }[] {
  const { x, y } = makeData();
  const { batchSize } = fitOptions;
  return Array.from({ length: Math.ceil(samples / batchSize) }, (_, index) => {
    const labels = y.slice(index * batchSize, (index + 1) * batchSize);
    const data = x.data.slice(20 * index * batchSize, 20 * (index + 1) * batchSize);
    return { x: { data, shape: [labels.length, 20] }, y: labels };
  });
}

/** A compiled model with dropout, batch normalization, clipping and a schedule. */
export function makeModel(
  options: {
    accumulate?: number | undefined;
    seed?: number;
    units?: number;
    /** Called in each step of the optimizer, with the number of the batch. */
    onStep?: (step: number) => void;
  } = {},
): Model {
  const { accumulate, seed = 5, units = 64, onStep } = options;
  const model = sequential(
    [
      dense(units, { activation: "relu", inputShape: [20] }),
      batchNormalization(),
      dropout(0.3),
      dense(units, { activation: "tanh", kernelRegularizer: "l2" }),
      dense(3, { activation: "softmax" }),
    ],
    { seed },
  );
  model.compile({
    optimizer: adam({
      learningRate: (step: number) => {
        onStep?.(step);
        return 0.01 / (1 + step / 100);
      },
      clipNorm: 0.5,
      ...(accumulate !== undefined && { gradientAccumulationSteps: accumulate }),
    }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
  });
  return model;
}

/** A hash of all weights, moving averages among them. */
export async function hashOf(model: Model): Promise<string> {
  return hashOfAll((await model.getWeights()).map(({ data }) => data));
}

/** A hash of the weights that are trained: moving averages know batches before others do. */
export async function hashOfTrained(model: Model): Promise<string> {
  return hashOfAll(await Promise.all(model.trainableVariables.map((variable) => variable.read())));
}

async function hashOfAll(arrays: readonly ArrayBufferView[]): Promise<string> {
  const bytes = new Uint8Array(await new Blob(arrays as BlobPart[]).arrayBuffer());
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
