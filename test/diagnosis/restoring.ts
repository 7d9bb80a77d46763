// A check that a diagnosis changes nothing, on any backend.
import {
  activation,
  adam,
  type Backend,
  batchNormalization,
  dense,
  diagnose,
  dropout,
  getNamedWeights,
  getOptimizerState,
  type Model,
  sequential,
} from "../../src/index.ts";
import { clusters } from "./data.ts";

const { x, y } = clusters(1, { rows: 48 });

/** With random layers, moving averages, momentum and accumulated gradients: all that a step can change. */
export function busyModel(backend: Backend): Model {
  const net = sequential(
    [
      dense(12, { inputShape: [20] }),
      batchNormalization(),
      activation("relu"),
      dropout(0.3),
      dense(5, { activation: "softmax" }),
    ],
    { seed: 3 },
  );
  net.compile({
    optimizer: adam({ learningRate: 0.01, globalClipNorm: 1, gradientAccumulationSteps: 2, useEma: true }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
    backend,
  });
  return net;
}

/** Weights and the optimizer's state, as text that is equal where all numbers are. */
export const stateOf = async (net: Model): Promise<string> =>
  JSON.stringify([await getNamedWeights(net), await getOptimizerState(net), net.optimizer.rawSteps]);

/** What differs after a diagnosis, before training and in the midst of it: the state, and how training goes on. */
export async function changedBy(backend: Backend): Promise<string[]> {
  const changed: string[] = [];
  const [looked, plain] = [busyModel(backend), busyModel(backend)];
  const train = async (net: Model) => JSON.stringify((await net.fit(x, y, { epochs: 1, verbose: 0 })).history);
  for (const when of ["before training", "after an epoch"]) {
    const before = await stateOf(looked);
    await diagnose(looked, x, y, { batches: 2, steps: 3 });
    if ((await stateOf(looked)) !== before) changed.push(`the state, ${when}`);
    const [a, b] = [await train(looked), await train(plain)];
    if (a !== b) changed.push(`the history of training, ${when}`);
    if ((await stateOf(looked)) !== (await stateOf(plain))) changed.push(`the state of training, ${when}`);
  }
  return changed;
}
