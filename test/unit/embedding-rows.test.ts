import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import {
  adagrad,
  adam,
  dense,
  embedding,
  flatten,
  getOptimizerState,
  l2,
  maxNorm,
  type Optimizer,
  program,
  sequential,
  sgd,
} from "../../src/index.ts";
import type { EmbeddingOptions } from "../../src/nn/layers/embedding.ts";
import { scatterAddOp } from "../../src/tensor/ops/indexing.ts";
import { divided } from "./threads-support.ts";

const rows = 64;
/** Some rows occur twice, in one sample and in two; row 7 never does. */
const batches = [
  [1, 3, 3, 1, 60, 2, 63, 63],
  [0, 3, 9, 1, 61, 2, 63, 5],
  [1, 1, 1, 1, 2, 2, 0, 63],
];

function network(optimizer: Optimizer, options: EmbeddingOptions = {}, width = 5) {
  const model = sequential(
    [embedding(rows, width, { inputShape: [2], ...options }), flatten(), dense(3, { activation: "tanh" })],
    { seed: 3 },
  );
  return { model, optimizer };
}

/** Everything that training changes, after some steps. */
async function trained({ model, optimizer }: ReturnType<typeof network>, backend: Backend) {
  model.compile({ optimizer, loss: "meanSquaredError", backend });
  for (const batch of [...batches, ...batches]) {
    const x = { data: Int32Array.from(batch), shape: [4, 2] };
    await model.trainOnBatch(x, {
      data: Float32Array.from({ length: 12 }, (_, i) => Math.sin(i + (batch[0] as number))),
      shape: [4, 3],
    });
  }
  const state = await getOptimizerState(model);
  return {
    weights: await model.getWeights(),
    state: JSON.stringify(state),
    text: String(await program(model, "train", { batchSize: 4 })),
  };
}

/** What `act` gives while no gradient can be used row by row. */
async function whole<T>(act: () => Promise<T>): Promise<T> {
  const op = scatterAddOp as { byRows?: unknown };
  const { byRows } = op;
  op.byRows = undefined;
  try {
    return await act();
  } finally {
    op.byRows = byRows;
  }
}

const settings: Record<string, [make: () => Optimizer, byRows: boolean, options?: EmbeddingOptions]> = {
  sgd: [() => sgd(0.3), true],
  "sgd of a schedule": [() => sgd((step) => 0.3 / (1 + step)), true],
  adagrad: [() => adagrad(0.3), true],
  "adagrad without epsilon": [() => adagrad({ learningRate: 0.3, epsilon: 0 }), true],
  "adagrad from nothing": [() => adagrad({ learningRate: 0.3, epsilon: 0, initialAccumulatorValue: 0 }), false],
  "sgd with momentum": [() => sgd({ learningRate: 0.3, momentum: 0.9 }), false],
  "sgd with a schedule of momentum": [() => sgd({ learningRate: 0.3, momentum: () => 0 }), false],
  adam: [() => adam(0.1), false],
  clipValue: [() => sgd({ learningRate: 0.3, clipValue: 0.01 }), false],
  clipNorm: [() => sgd({ learningRate: 0.3, clipNorm: 0.01 }), false],
  globalClipNorm: [() => adagrad({ learningRate: 0.3, globalClipNorm: 0.01 }), false],
  gradientAccumulationSteps: [() => sgd({ learningRate: 0.3, gradientAccumulationSteps: 2 }), false],
  lossScaleFactor: [() => sgd({ learningRate: 0.3, lossScaleFactor: 8 }), false],
  weightDecay: [() => sgd({ learningRate: 0.3, weightDecay: 0.1 }), true],
  averages: [() => adagrad({ learningRate: 0.3, useEma: true, emaOverwriteFrequency: 2 }), true],
  penalty: [() => sgd(0.3), false, { embeddingsRegularizer: l2(0.1) }],
  constraint: [() => sgd(0.3), true, { embeddingsConstraint: maxNorm(0.2) }],
};

describe("the update of a table by rows", () => {
  for (const [name, [make, byRows, options]] of Object.entries(settings)) {
    it(`gives the bits of an update of all rows: ${name}`, async () => {
      // Where rows are not used, both run one program: a second backend would show no more.
      for (const backend of byRows ? [js(), await wasm({ threads: 1 })] : [js()]) {
        const expected = await whole(() => trained(network(make(), options), backend));
        expect(expected.text).not.toContain("setRows");
        const found = await trained(network(make(), options), backend);
        expect(found.weights).toEqual(expected.weights);
        expect(found.state).toEqual(expected.state);
        expect(found.text.includes("setRows")).toBe(byRows);
      }
    });
  }
});

describe("the threads of wasm", () => {
  it.each([
    ["sgd", () => sgd(0.3)],
    ["adagrad", () => adagrad(0.3)],
    ["lazy adam", () => adam({ learningRate: 0.1, lazy: true })],
  ])("update rows to the same bits: %s", async (_, make) => {
    // Sums of rows are divided by columns, 16 or more to a thread.
    const train = (backend: Backend) => trained(network(make(), {}, 40), backend);
    const expected = await train(await wasm({ threads: 1 }));
    expect(expected.text).toContain("setRows");
    for (const threads of [2, 3]) expect(await train(await divided(threads))).toEqual(expected);
  });
});

describe("adam with lazy", () => {
  it("moves the rows of the batch as adam does in its first step, and no others", async () => {
    const [x, y] = [
      { data: Int32Array.from([1, 3, 3, 1, 60, 2, 63, 63]), shape: [4, 2] },
      { data: new Float32Array(12), shape: [4, 3] },
    ];
    const tables = [];
    for (const lazy of [false, true]) {
      const { model, optimizer } = network(adam({ learningRate: 0.1, lazy }));
      model.compile({ optimizer, loss: "meanSquaredError", backend: await wasm({ threads: 1 }) });
      const before = (await model.getWeights())[0]?.data.slice();
      await model.trainOnBatch(x, y);
      const first = (await model.getWeights())[0]?.data.slice();
      await model.trainOnBatch({ data: Int32Array.from([5, 5, 5, 5, 5, 5, 5, 5]), shape: [4, 2] }, y);
      tables.push({ before, first, second: (await model.getWeights())[0]?.data.slice() });
    }
    const [usual, lazy] = tables as [(typeof tables)[0], (typeof tables)[0]];
    expect(lazy.first).toEqual(usual.first);
    expect(lazy.first).not.toEqual(lazy.before);
    // Row 3 goes on under its average alone, but not where that is lazy.
    expect(usual.second?.slice(15, 20)).not.toEqual(usual.first?.slice(15, 20));
    expect(lazy.second?.slice(15, 20)).toEqual(lazy.first?.slice(15, 20));
    expect(lazy.second?.slice(25, 30)).not.toEqual(lazy.first?.slice(25, 30));
  });

  it("is refused with what needs whole gradients", () => {
    expect(() => adam({ lazy: true, clipNorm: 1 })).toThrow(
      "lazy needs gradients row by row. Expected no clipNorm, received clipNorm.",
    );
  });
});
