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

/** The steps of the epochs whose calls are counted. Their differences are what a step costs, early and late. */
const lengths = [1, 5, 9] as const;

/** Calls of one step: of the four that an epoch of five has more than one of one, and of the four after these. */
async function stepsOf(model: Model, rowShape: readonly number[], batch: number): Promise<Record<string, number>[]> {
  const size = rowShape.reduce((a, b) => a * b);
  const fit = (steps: number) => {
    const count = steps * batch;
    const x = { data: new Float32Array(count * size).fill(0.5), shape: [count, ...rowShape] };
    const y = Int32Array.from({ length: count }, (_, i) => i % 10);
    return model.fit(x, y, { batchSize: batch, epochs: 1, verbose: 0 });
  };
  await fit(1);
  const calls: Calls[] = [];
  for (const steps of lengths) calls.push(await countCalls(() => fit(steps)));
  return calls.slice(1).map(({ counts }, index) => {
    const { counts: fewer } = calls[index] as Calls;
    return Object.fromEntries(
      Object.entries(counts).map(([name, count]) => [name, (count - (fewer[name] as number)) / 4]),
    );
  });
}

describe("a training step", () => {
  for (const [name, { rowShape, model: make, mostDispatches }] of Object.entries(networks)) {
    it(`of the ${name} has one submit, one write, one pass and at most ${mostDispatches} dispatches`, async () => {
      const model = make();
      model.compile({ optimizer: adam(), loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"], backend });
      const [early, late] = (await stepsOf(model, rowShape, 2)) as [Record<string, number>, Record<string, number>];
      console.log(`${name}, calls of a step: ${JSON.stringify(early)}`);
      // Data, labels and the step's numbers are one piece.
      const once = ["submit", "writeBuffer", "createCommandEncoder", "beginComputePass", "end", "finish"];
      expect(once.map((method) => early[method])).toEqual(once.map(() => 1));
      const never = ["createBuffer", "createBindGroup", "createShaderModule", "createComputePipeline", "mapAsync"];
      expect(never.map((method) => early[method])).toEqual(never.map(() => 0));
      expect([early.copyBufferToBuffer, early.clearBuffer]).toEqual([0, 0]);
      expect(early.dispatchWorkgroups).toBeGreaterThan(0);
      expect(early.dispatchWorkgroups).toBeLessThanOrEqual(mostDispatches);
      // Nothing grows from step to step. Buffers of other tests' models are destroyed whenever these are collected.
      expect({ ...late, destroy: 0 }).toEqual({ ...early, destroy: 0 });
    });
  }
});
