// What a training step costs the host: calls of WebGPU, which are counted, not timed.
import { describe, expect, it } from "vitest";
import { adam, conv2d, dense, flatten, type Model, maxPooling2d, sequential } from "../../../src/index.ts";
import { type Calls, countCalls } from "../host/counting.ts";
import { backend } from "./support.ts";

const networks: Readonly<Record<string, { rowShape: number[]; model: () => Model; mostDispatches: number }>> = {
  MLP: {
    rowShape: [784],
    model: () =>
      sequential(
        [
          dense(300, { activation: "relu", inputShape: [784] }),
          dense(100, { activation: "relu" }),
          dense(10, { activation: "softmax" }),
        ],
        { seed: 1 },
      ),
    mostDispatches: 15,
  },
  CNN: {
    rowShape: [28, 28, 1],
    model: () =>
      sequential(
        [
          conv2d(32, 3, { activation: "relu", inputShape: [28, 28, 1] }),
          maxPooling2d(),
          conv2d(64, 3, { activation: "relu" }),
          maxPooling2d(),
          flatten(),
          dense(128, { activation: "relu" }),
          dense(10, { activation: "softmax" }),
        ],
        { seed: 1 },
      ),
    mostDispatches: 26,
  },
};

/** Calls of a step: those of five steps less those of one, by four. */
async function stepOf(model: Model, rowShape: readonly number[], batch: number): Promise<Record<string, number>> {
  const size = rowShape.reduce((a, b) => a * b);
  const fit = (steps: number) => {
    const count = steps * batch;
    const x = { data: new Float32Array(count * size).fill(0.5), shape: [count, ...rowShape] };
    const y = Int32Array.from({ length: count }, (_, i) => i % 10);
    return model.fit(x, y, { batchSize: batch, epochs: 1, verbose: 0 });
  };
  await fit(1);
  const calls: Calls[] = [];
  for (const steps of [1, 5]) calls.push(await countCalls(() => fit(steps)));
  const [one, five] = calls as [Calls, Calls];
  return Object.fromEntries(
    Object.entries(five.counts).map(([name, count]) => [name, (count - (one.counts[name] as number)) / 4]),
  );
}

describe("a training step", () => {
  for (const [name, { rowShape, model: make, mostDispatches }] of Object.entries(networks)) {
    it(`of the ${name} has one submit, one pass and at most ${mostDispatches} dispatches`, async () => {
      const model = make();
      model.compile({ optimizer: adam(), loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"], backend });
      const calls = await stepOf(model, rowShape, 2);
      console.log(`${name}, calls of a step: ${JSON.stringify(calls)}`);
      expect([calls.submit, calls.beginComputePass, calls.finish]).toEqual([1, 1, 1]);
      // Data, labels and the step's numbers, in one piece or each in one.
      expect(calls.writeBuffer).toBeLessThanOrEqual(6);
      const garbage = ["createBuffer", "createBindGroup", "createShaderModule", "createComputePipeline", "mapAsync"];
      expect(garbage.map((method) => calls[method])).toEqual([0, 0, 0, 0, 0]);
      expect(calls.dispatchWorkgroups).toBeLessThanOrEqual(mostDispatches);
    });
  }
});
