/**
 * Trains a dense network on Fashion-MNIST and says how well it does on images that it has not seen.
 *
 *     npm run quickstart -- [--epochs 10] [--seed 42] [--data DIR] [--json]
 *
 * --data DIR   a folder with the four IDX files; default: looked for, else downloaded
 * --json       the last line is {"testAccuracy","epochs","secondsPerEpoch","stepsPerSecond","weightsHash","dataset"}
 */
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { valueError } from "../src/errors.ts";
import { dense } from "../src/nn/layers/dense.ts";
import { flatten } from "../src/nn/layers/shape.ts";
import { nadam } from "../src/optim/nadam.ts";
import { cosineDecay } from "../src/optim/schedules.ts";
import type { Model } from "../src/train/model.ts";
import { sequential } from "../src/train/sequential.ts";
import { fashionMnist } from "./fashion-mnist.ts";

const batchSize = 32;

interface Options {
  readonly epochs: number;
  readonly seed: number;
  readonly dir: string | undefined;
  readonly json: boolean;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      data: { type: "string" },
      epochs: { type: "string", default: "10" },
      seed: { type: "string", default: "42" },
      json: { type: "boolean", default: false },
    },
  });
  return {
    epochs: whole("--epochs", values.epochs, 1),
    seed: whole("--seed", values.seed, 0),
    dir: values.data,
    json: values.json,
  };
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least) return value;
  throw valueError("quickstart", {
    rule: `${name} takes a whole number`,
    expected: `an integer ≥ ${least}`,
    received: JSON.stringify(text),
  });
}

function network(seed: number, steps: number): Model {
  const hidden = { activation: "relu", kernelInitializer: "heNormal" } as const;
  const model = sequential(
    [flatten({ inputShape: [28, 28] }), dense(300, hidden), dense(100, hidden), dense(10, { activation: "softmax" })],
    { seed },
  );
  const learningRate = cosineDecay({ initialLearningRate: 1e-3, decaySteps: steps });
  model.compile({ optimizer: nadam({ learningRate }), loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
  return model;
}

/** SHA-256 over the bytes of all weights, in order. */
async function hashOf(model: Model): Promise<string> {
  const hash = createHash("sha256");
  for (const { data } of await model.getWeights())
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest("hex");
}

async function main(): Promise<void> {
  const { epochs, seed, dir, json } = readOptions();
  const { name, train, test } = await fashionMnist({ dir, onMessage: console.log });
  const stepsPerEpoch = Math.ceil((train.x.shape[0] as number) / batchSize);
  const model = network(seed, epochs * stepsPerEpoch);
  model.summary();

  const begun = performance.now();
  await model.fit(train.x, train.y, { epochs, batchSize });
  const seconds = (performance.now() - begun) / 1000;
  const { accuracy = Number.NaN } = await model.evaluate(test.x, test.y, { batchSize: 100 });

  const result = {
    testAccuracy: accuracy,
    epochs,
    secondsPerEpoch: seconds / epochs,
    stepsPerSecond: (epochs * stepsPerEpoch) / seconds,
    weightsHash: await hashOf(model),
    dataset: name,
  };
  console.log(
    `Test accuracy ${(100 * accuracy).toFixed(2)} % (${name}), ${result.secondsPerEpoch.toFixed(1)} s an epoch, ${result.stepsPerSecond.toFixed(0)} steps a second.`,
  );
  if (json) console.log(JSON.stringify(result));
}

await main();
