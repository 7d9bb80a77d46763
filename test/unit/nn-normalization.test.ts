import { describe, expect, it } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { compile } from "../../src/compiler/compile.ts";
import {
  batchNormalization,
  dense,
  embedding,
  flatten,
  masking,
  multiHeadAttention,
  prelu,
  spectralNormalization,
} from "../../src/nn/layers/index.ts";
import { Recording } from "../../src/nn/recording.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { mul } from "../../src/tensor/ops/elementwise.ts";
import { placeholder, tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import { sequential } from "../../src/train/sequential.ts";
import { points } from "./train-support.ts";

const backend = js();

describe("batch normalization", () => {
  it("sums over the batch three times forwards and twice back, in three maps over the batch", () => {
    const layer = batchNormalization();
    layer.ensureBuilt([null, 16]);
    layer.initialize(1);
    const [x, dy] = [placeholder("x", [32, 14, 14, 16]), placeholder("dy", [32, 14, 14, 16])];
    const ctx = new Recording(layer, { training: true, key: tensor(randomKey(1)) });
    const y = layer.call(x, ctx);
    const [dx, ...rest] = gradients(sum(mul(y, dy)), [x, ...layer.trainableVariables]);
    const outputs = {
      y,
      dx: dx as typeof x,
      ...Object.fromEntries(rest.map((gradient, index) => [`dw${index}`, gradient])),
    };
    const { instructions } = compile({ outputs, updates: [...ctx.updates] }).program;
    const whole = (kind: string) =>
      instructions.filter(
        (one) => one.kind === kind && [one.kind === "map" ? one.shape : []].flat().reduce((a, b) => a * b, 1) > 16,
      ).length;
    // Forwards Σ x, then Σ (x − mean) and Σ (x − mean)² of the rounded mean; backwards Σ dy and Σ dy·(x − mean).
    expect(instructions.filter(({ kind }) => kind === "reduce")).toHaveLength(5);
    // Centered (with the products to be summed), normalized, and the gradient.
    expect(whole("map")).toBe(3);
  });

  it("does not count masked steps, but normalizes them", async () => {
    const model = sequential([
      masking({ inputShape: [2, 1] }),
      batchNormalization({ momentum: 0, epsilon: 1e-9, name: "norm" }),
    ]);
    model.compile({ optimizer: sgd({ learningRate: 0 }), loss: "mse", backend });
    await model.trainOnBatch(
      [
        [[1], [0]],
        [[3], [0]],
      ],
      [
        [[0], [0]],
        [[0], [0]],
      ],
    );
    const [, , mean, variance] = await model.getWeights();
    expect(mean?.data[0]).toBeCloseTo(2, 5);
    expect(variance?.data[0]).toBeCloseTo(1, 5);
  });

  it("refuses clipping that leaves no room", () => {
    for (const renormClipping of [{ rmin: 2, rmax: 1 }, { rmin: -1 }, { dmax: -1 }]) {
      expect(() => batchNormalization({ name: "b", renorm: true, renormClipping })).toThrow(
        'batchNormalization "b": renormClipping must leave room. Expected 0 ≤ rmin ≤ rmax, dmax ≥ 0',
      );
    }
    expect(() => batchNormalization({ renormClipping: { rmin: 1, rmax: 1, dmax: 0 } })).not.toThrow();
  });
});

describe("spectral normalization", () => {
  /**
   * The largest singular value of what the layer does, found by brute force on its outputs for basis vectors and many
   * directions.
   */
  const stretch = async (model: ReturnType<typeof sequential>): Promise<number> => {
    const directions = Array.from({ length: 400 }, (_, i) => [Math.sin(i), Math.cos(1.7 * i), Math.sin(2.3 * i + 1)]);
    const outputs = await (await model.predict(directions)).data();
    return Math.max(
      ...directions.map((x, row) => Math.hypot(...outputs.slice(row * 2, row * 2 + 2)) / Math.hypot(...x)),
    );
  };

  it("makes a layer that stretches nothing, without changing its kernel", async () => {
    const model = sequential(
      [
        spectralNormalization(dense(2, { useBias: false, inputShape: [3], kernelInitializer: "heNormal" }), {
          inputShape: [3],
          powerIterations: 20,
        }),
      ],
      {
        seed: 1,
      },
    );
    expect(model.variables.map(({ shape }) => shape)).toEqual([
      [3, 2],
      [1, 2],
    ]);
    const before = await model.getWeights();
    model.compile({ optimizer: sgd({ learningRate: 0 }), loss: "mse", backend });
    await model.trainOnBatch(points(4, 3).x, [
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
    expect(await stretch(model)).toBeCloseTo(1, 2);
    const after = await model.getWeights();
    expect(after[0]).toEqual(before[0]);
    // The vector that follows the largest singular value has moved and has length 1.
    expect(after[1]).not.toEqual(before[1]);
    expect(Math.hypot(...(after[1]?.data ?? []))).toBeCloseTo(1, 5);
  });

  it("trains the kernel; frozen, it keeps its vector to the bit", async () => {
    const model = sequential(
      [
        spectralNormalization(dense(3, { activation: "elu" }), { inputShape: [4], name: "spectral" }),
        dense(2, { activation: "softmax" }),
      ],
      { seed: 1 },
    );
    const { x, y } = points(16);
    const train = async (trainable: boolean) => {
      model.getLayer("spectral").trainable = trainable;
      model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: "sparseCategoricalCrossentropy", backend });
      const before = await model.getWeights();
      await model.fit(x, y, { verbose: 0 });
      const after = await model.getWeights();
      return after.slice(0, 3).map((weight, index) => weight.data.some((value, i) => value !== before[index]?.data[i]));
    };
    expect(await train(true)).toEqual([true, true, true]);
    expect(await train(false)).toEqual([false, false, false]);
  });

  it("leaves a kernel of zeros as it is", async () => {
    const model = sequential([
      spectralNormalization(dense(2, { kernelInitializer: "zeros", biasInitializer: "ones" }), { inputShape: [3] }),
    ]);
    expect(Array.from(await (await model.predict([[1, 2, 3]])).data())).toEqual([1, 1]);
  });

  it("goes around embeddings, not around layers without a kernel", () => {
    const indices = spectralNormalization(embedding(4, 2));
    indices.ensureBuilt([null, 3]);
    expect(indices.variables).toHaveLength(2);
    expect(() => spectralNormalization(prelu({ name: "p" }), { name: "s" }).ensureBuilt([null, 3])).toThrow(
      'spectralNormalization "s": the layer inside must have one kernel, or embeddings. Expected such as dense or conv2d, received prelu "p".',
    );
    for (const several of [sequential([dense(2, { inputShape: [3] }), dense(2)]), multiHeadAttention(2, 2)]) {
      expect(() => spectralNormalization(several).ensureBuilt([null, 3, 3])).toThrow("must have one kernel");
    }
    expect(() => spectralNormalization(flatten as never, { name: "s" })).toThrow(
      "spectralNormalization: layer is of the wrong kind. Expected object",
    );
  });
});
