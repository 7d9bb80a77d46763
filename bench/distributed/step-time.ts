import { adam, conv2d, dense, flatten, maxPooling2d, sequential } from "../../src/index.ts";
import { median } from "../options.ts";

/** The network whose training is simulated: a small CNN on images of 28 × 28, with batches of 512. */
export async function recordStepTime(steps = 9): Promise<{ stepTime: number; parameters: number; what: string }> {
  const batch = 512;
  const model = sequential(
    [
      conv2d(32, 3, { activation: "relu", inputShape: [28, 28, 1] }),
      maxPooling2d(2),
      conv2d(64, 3, { activation: "relu" }),
      maxPooling2d(2),
      flatten(),
      dense(150, { activation: "relu" }),
      dense(10, { activation: "softmax" }),
    ],
    { seed: 1 },
  );
  model.compile({ optimizer: adam(), loss: "sparseCategoricalCrossentropy" });
  const count = steps * batch;
  const x = { data: new Float32Array(count * 784).map((_, index) => (index % 17) / 17), shape: [count, 28, 28, 1] };
  const y = Int32Array.from({ length: count }, (_, index) => index % 10);
  const begins: number[] = [];
  const callbacks = { onTrainBatchBegin: () => void begins.push(performance.now()) };
  await model.fit(x, y, { batchSize: batch, verbose: 0, callbacks });
  // The first ones are compiled for.
  const times = begins.slice(3).map((begin, index) => begin - (begins[index + 2] as number));
  const parameters = (await model.getWeights()).reduce((sum, { data }) => sum + data.length, 0);
  return { stepTime: median(times), parameters, what: `a CNN with batches of ${batch}` };
}
