import { describe, expect, it } from "vitest";
import {
  activation,
  adam,
  type Backend,
  batchNormalization,
  conv2d,
  dense,
  dropout,
  flatten,
  type Layer,
  type Model,
  maxPooling2d,
  nadam,
  type Optimizer,
  sequential,
  sgd,
} from "../../../src/index.ts";
import { backend, distance, hashOf, images, reference, weightsOf } from "./support.ts";

const batchSize = 8;
const { x, labels } = images(100 * batchSize);

interface Network {
  readonly layers: () => Layer[];
  readonly optimizer: () => Optimizer;
}

/** Without kinks: rounding that flips the sign of a number near 0 sends networks with relu apart on any two devices. */
const smooth: Readonly<Record<string, Network>> = {
  "MLP with elu, Nadam": {
    layers: () => [
      flatten({ inputShape: [12, 12, 1] }),
      dense(64, { activation: "elu", kernelInitializer: "heNormal" }),
      dense(32, { activation: "elu", kernelInitializer: "heNormal" }),
      dense(4, { activation: "softmax" }),
    ],
    optimizer: () => nadam(),
  },
  "MLP with gelu and tanh, momentum": {
    layers: () => [
      flatten({ inputShape: [12, 12, 1] }),
      dense(48, { activation: "gelu" }),
      dense(24, { activation: "tanh" }),
      dense(4, { activation: "softmax" }),
    ],
    optimizer: () => sgd({ learningRate: 0.02, momentum: 0.9 }),
  },
  "CNN with elu, Adam": {
    layers: () => [
      conv2d(8, 3, { activation: "elu", inputShape: [12, 12, 1] }),
      maxPooling2d(),
      conv2d(16, 3, { activation: "elu", padding: "same" }),
      maxPooling2d(),
      flatten(),
      dense(32, { activation: "elu" }),
      dense(4, { activation: "softmax" }),
    ],
    optimizer: () => adam(),
  },
};

/** Everything that draws random numbers or keeps statistics. */
const noisy: Network = {
  layers: () => [
    conv2d(8, 3, { padding: "same", useBias: false, kernelInitializer: "heNormal", inputShape: [12, 12, 1] }),
    batchNormalization(),
    activation("relu"),
    maxPooling2d(),
    dropout(0.2),
    flatten(),
    dense(32, { activation: "relu" }),
    dropout(0.3),
    dense(4, { activation: "softmax" }),
  ],
  optimizer: () => adam({ clipNorm: 1, weightDecay: 1e-3 }),
};

async function trained({ layers, optimizer }: Network, steps: number, on: Backend): Promise<Model> {
  const model = sequential(layers(), { seed: 1 });
  model.compile({
    optimizer: optimizer(),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
    backend: on,
  });
  await model.fit(x, labels, { stepsPerEpoch: steps, batchSize, epochs: 1, verbose: 0 });
  return model;
}

describe("smooth networks end with the weights of wasm", () => {
  for (const [name, network] of Object.entries(smooth)) {
    for (const [steps, limit] of [
      [1, 2e-6],
      [10, 5e-6],
      [100, 2e-5],
    ] as const) {
      it(`${name}: after ${steps} steps`, async () => {
        const [ours, theirs] = [await trained(network, steps, backend), await trained(network, steps, reference)];
        expect(ours.optimizer.iterations).toBe(steps);
        const apart = distance(await weightsOf(ours), await weightsOf(theirs));
        console.log(`${name}, ${steps} steps: ${apart.toExponential(1)} from wasm`);
        expect(apart).toBeLessThan(limit);
      });
    }
  }
});

describe("networks with kinks, dropout and batch normalization", () => {
  it("train as well as on wasm", async () => {
    const [ours, theirs] = [await trained(noisy, 100, backend), await trained(noisy, 100, reference)];
    const [a, b] = [await ours.evaluate(x, labels), await theirs.evaluate(x, labels)];
    expect(b.accuracy).toBeGreaterThan(0.9);
    expect(Math.abs((a.accuracy as number) - (b.accuracy as number))).toBeLessThan(0.03);
    expect(Math.abs((a.loss as number) - (b.loss as number))).toBeLessThan(0.05);
  });
});

describe("one seed on one adapter gives equal bits", () => {
  for (const [name, network] of Object.entries({ ...smooth, "CNN with dropout and batch normalization": noisy })) {
    it(name, async () => {
      const hashes = [];
      for (let run = 0; run < 2; run++) hashes.push(await hashOf(await trained(network, 20, backend)));
      console.log(`${name}: ${hashes[0]?.slice(0, 16)}`);
      expect(hashes[1]).toBe(hashes[0]);
    });
  }
});
