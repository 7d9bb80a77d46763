import { describe, expect, it, vi } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { batchNormalization, dense, dropout, flatten } from "../../src/nn/layers/index.ts";
import { adam } from "../../src/optim/adam.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { maxNorm } from "../../src/regularize/constraints.ts";
import { l2 } from "../../src/regularize/penalties.ts";
import { earlyStopping } from "../../src/train/callbacks/early-stopping.ts";
import type { Model } from "../../src/train/model.ts";
import { cloneModel, sequential } from "../../src/train/sequential.ts";
import { classifier, points, weightsOf } from "./train-support.ts";

const backend = js();
const quiet = { verbose: 0 } as const;

/** Two hidden layers, batch normalization between them. */
function deep(seed = 1): Model {
  return sequential(
    [
      dense(6, { activation: "elu", inputShape: [4], name: "one" }),
      batchNormalization({ name: "norm", momentum: 0.5 }),
      dense(5, { activation: "elu", name: "two" }),
      dense(2, { activation: "softmax", name: "head" }),
    ],
    { seed },
  );
}

const compile = (model: Model, optimizer = sgd({ learningRate: 0.1 })) =>
  model.compile({ optimizer, loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"], backend });

describe("cloned models", () => {
  it("have equal layers under equal names and weights of their own", async () => {
    const old = deep();
    const copy = cloneModel(old);
    expect(copy.layers.map(({ name, kind }) => [name, kind])).toEqual(old.layers.map(({ name, kind }) => [name, kind]));
    expect(copy.layers.some((layer, index) => layer === old.layers[index])).toBe(false);
    copy.setWeights(await old.getWeights());
    compile(copy);
    const before = await weightsOf(old);
    await copy.fit(points(8).x, points(8).y, quiet);
    expect(await weightsOf(old)).toEqual(before);
    expect(await weightsOf(copy)).not.toEqual(before);
  });

  it("start as fresh as the original did", async () => {
    const old = deep(9);
    const before = await weightsOf(old);
    compile(old);
    await old.fit(points(8).x, points(8).y, quiet);
    expect(await weightsOf(cloneModel(old))).toEqual(before);
  });
});

describe("reused layers", () => {
  it("share their weights with the model that they come from", async () => {
    const old = deep();
    const head = sequential([...old.layers.slice(0, -1), dense(2, { activation: "softmax", name: "new" })]);
    const before = await weightsOf(old);
    compile(head);
    await head.fit(points(8).x, points(8).y, quiet);
    expect((await weightsOf(old)).slice(0, 24)).not.toEqual(before.slice(0, 24));
    // The old head is not part of the new model.
    expect((await weightsOf(old)).slice(-12)).toEqual(before.slice(-12));
  });

  it("can be popped off", async () => {
    const model = deep();
    compile(model);
    const head = model.pop();
    expect(head.name).toBe("head");
    expect(model.layers.map(({ name }) => name)).toEqual(["one", "norm", "two"]);
    expect((await model.predict(points(3).x)).shape).toEqual([3, 5]);
    await expect(model.fit(points(3).x, points(3).y)).rejects.toThrow("fit needs a compiled model");
    expect(() => sequential([dense(1, { inputShape: [1] })]).pop()).toThrow(
      "pop takes the last layer off a chain of layers",
    );
  });
});

describe("one optimizer", () => {
  const refusal = "an optimizer belongs to one model. Expected a new adam(…), received that of another model.";

  it("is refused by a second model, trained or not", async () => {
    const optimizer = adam();
    const [first, second] = [deep(), deep()];
    compile(first, optimizer);
    expect(() => compile(second, optimizer)).toThrow(refusal);
    await first.fit(points(8).x, points(8).y, quiet);
    expect(() => compile(second, optimizer)).toThrow(refusal);
    // A new head has variables that the optimizer has not trained.
    const head = sequential([...first.layers.slice(0, -1), dense(2, { activation: "softmax", name: "new" })]);
    expect(() => compile(head, optimizer)).toThrow(refusal);
    expect(() => head.optimizer).toThrow("compile");
    compile(first, optimizer);
    await first.fit(points(8).x, points(8).y, quiet);
    expect(optimizer.rawSteps).toBe(2);
  });

  it("goes on with another model of the same weights, and as layers are unfrozen", async () => {
    const optimizer = adam();
    const model = deep();
    model.getLayer("one").trainable = false;
    compile(model, optimizer);
    await model.fit(points(8).x, points(8).y, quiet);
    model.getLayer("one").trainable = true;
    compile(model, optimizer);
    await model.fit(points(8).x, points(8).y, quiet);
    const same = sequential([...model.layers]);
    compile(same, optimizer);
    await same.fit(points(8).x, points(8).y, quiet);
    expect(optimizer.rawSteps).toBe(3);
  });
});

describe("freezing", () => {
  it("leaves frozen weights as they are, to the bit; tfjs mistake 3: and the averages of batch normalization", async () => {
    const model = deep();
    for (const layer of model.layers.slice(0, -1)) layer.trainable = false;
    compile(model);
    const before = await weightsOf(model);
    await model.fit(points(20).x, points(20).y, { ...quiet, epochs: 3, batchSize: 8 });
    const after = await weightsOf(model);
    expect(after.slice(0, -12)).toEqual(before.slice(0, -12));
    expect(after.slice(-12)).not.toEqual(before.slice(-12));
  });

  it("tfjs mistake 5: recompiling with the same Adam after freezing keeps the slots of what stays", async () => {
    const model = deep();
    const optimizer = adam({ learningRate: 0.01 });
    compile(model, optimizer);
    const { x, y } = points(16);
    await model.fit(x, y, quiet);
    const slotsOf = () => optimizer.variables.filter(({ name }) => name.includes("head/kernel"));
    const kept = slotsOf();
    const values = await Promise.all(kept.map((slot) => slot.read()));
    const [frozen] = model.layers;
    if (frozen) frozen.trainable = false;
    compile(model, optimizer);
    expect(slotsOf()).toEqual(kept);
    expect(await Promise.all(kept.map((slot) => slot.read()))).toEqual(values);
    await model.fit(x, y, quiet);
    expect(slotsOf()).toEqual(kept);
    expect(optimizer.iterations).toBe(2);
    if (frozen) frozen.trainable = true;
    compile(model, optimizer);
    await model.fit(x, y, quiet);
  });

  it("counts only after compiling again, and says so", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const model = deep();
    compile(model);
    const [first] = model.layers;
    if (first) first.trainable = false;
    const before = await weightsOf(model);
    await model.fit(points(8).x, points(8).y, quiet);
    expect((await weightsOf(model)).slice(0, 24)).not.toEqual(before.slice(0, 24));
    expect(warn.mock.calls).toEqual([
      [
        "fit: `trainable` was changed after compile. Training goes on with what was compiled; call compile again for the change to count.",
      ],
    ]);
    expect(first?.trainable).toBe(false);
    warn.mockRestore();
  });

  it("takes the penalties of frozen layers out of the loss", async () => {
    const make = (trainable: boolean) => {
      const model = sequential(
        [dense(3, { inputShape: [4], kernelRegularizer: l2(10), trainable }), dense(2, { activation: "softmax" })],
        { seed: 1 },
      );
      compile(model);
      return model.evaluate(points(8).x, points(8).y);
    };
    const [free, frozen] = [await make(true), await make(false)];
    expect(free.loss as number).toBeGreaterThan((frozen.loss as number) + 1);
  });
});

describe("weights", () => {
  it("tfjs mistake 10: have one order, with batch normalization's averages after its gamma and beta", async () => {
    const model = deep();
    const names = model.variables.map(({ name }) => name);
    expect(names.slice(2, 6).map((name) => name.split("/")[1])).toEqual(
      ["gamma", "beta", "movingMean", "movingVariance"].map((name) =>
        expect.stringMatching(
          new RegExp(
            name.replace(/[A-Z]/, (c) => `.?${c}`),
            "i",
          ),
        ),
      ),
    );
    const weights = await model.getWeights();
    model.setWeights(
      weights.map(({ data, shape }) => ({ data: data.map((_, index) => index) as Float32Array, shape })),
    );
    expect((await model.getWeights()).map(({ data }) => data[0])).toEqual(weights.map(() => 0));
  });

  it("are set all or not at all", async () => {
    const model = classifier();
    const before = await weightsOf(model);
    const weights = await model.getWeights();
    expect(() => model.setWeights(weights.slice(1))).toThrow(
      /setWeights of sequential "\w+": as many arrays as the model has variables\. Expected 4, received 3\./,
    );
    const wrong = weights.map((weight, index) =>
      index === 3
        ? { data: new Float32Array(3), shape: [3] }
        : { data: new Float32Array(weight.data.length), shape: weight.shape },
    );
    expect(() => model.setWeights(wrong)).toThrow(
      /weights\[3\] must have the shape of "dense_?\d*\/bias"\. Expected \[2\], received \[3\]\./,
    );
    expect(await weightsOf(model)).toEqual(before);
  });

  it("obey their constraints after every step", async () => {
    const model = sequential(
      [dense(6, { inputShape: [4], kernelConstraint: maxNorm(0.5) }), dense(2, { activation: "softmax" })],
      { seed: 1 },
    );
    compile(model, sgd({ learningRate: 5 }));
    const { x, y } = points(16);
    for (let step = 0; step < 5; step++) {
      await model.trainOnBatch(x, y);
      const kernel = (await model.getWeights())[0]?.data ?? [];
      for (let unit = 0; unit < 6; unit++) {
        const norm = Math.hypot(...[0, 1, 2, 3].map((row) => kernel[row * 6 + unit] as number));
        expect(norm).toBeLessThanOrEqual(0.5 + 1e-6);
      }
    }
  });
});

describe("random layers", () => {
  it("tfjs mistake 4: dropout with a seed draws another mask at each step, and the same masks in each run", async () => {
    const run = async () => {
      const model = sequential(
        [
          flatten({ inputShape: [64] }),
          dropout(0.5, { seed: 3 }),
          dense(1, { useBias: false, kernelInitializer: "ones" }),
        ],
        {
          seed: 1,
        },
      );
      model.compile({ optimizer: sgd({ learningRate: 0 }), loss: "meanSquaredError", backend });
      const losses: number[] = [];
      for (let step = 0; step < 4; step++) {
        losses.push(
          (await model.trainOnBatch({ data: Float32Array.from({ length: 64 }, (_, i) => i), shape: [1, 64] }, [[0]]))
            .loss as number,
        );
      }
      return losses;
    };
    const losses = await run();
    expect(new Set(losses).size).toBe(4);
    expect(await run()).toEqual(losses);
  });
});

describe("weights of samples", () => {
  it("tfjs mistake 8: sampleWeight counts and restoreBestWeights restores", async () => {
    const { x, y } = points(8);
    const model = classifier();
    compile(model);
    const one = await model.evaluate(x, y);
    const doubled = await model.evaluate(x, y, { sampleWeight: new Float32Array(8).fill(2) });
    expect(doubled.loss).toBeCloseTo(2 * (one.loss as number), 5);
    expect(doubled.accuracy).toBe(one.accuracy);
    const best = earlyStopping({ monitor: "loss", patience: 2, restoreBestWeights: true, mode: "max" });
    const seen: number[][] = [];
    const history = await model.fit(x, y, {
      ...quiet,
      epochs: 10,
      callbacks: [{ onEpochEnd: async () => void seen.push(await weightsOf(model)) }, best],
    });
    expect(history.epoch).toEqual([0, 1, 2]);
    expect(await weightsOf(model)).toEqual(seen[0]);
  });

  it("may come from classes: as sampleWeight does", async () => {
    const { x, y } = points(8);
    const [byClass, bySample] = [classifier(4), classifier(4)];
    for (const model of [byClass, bySample]) compile(model);
    await byClass.fit(x, y, { ...quiet, classWeight: { 1: 3 } });
    await bySample.fit(x, y, { ...quiet, sampleWeight: Float32Array.from(y, (label) => (label === 1 ? 3 : 1)) });
    expect(await weightsOf(byClass)).toEqual(await weightsOf(bySample));
  });
});

describe("averages of weights", () => {
  it("stand in the weights' place when fit ends", async () => {
    const { x, y } = points(8);
    const [plain, averaged] = [classifier(4), classifier(4)];
    compile(plain);
    compile(averaged, sgd({ learningRate: 0.1, useEma: true, emaMomentum: 0.5 }));
    const options = { ...quiet, batchSize: 4, shuffle: false };
    const after: number[][] = [];
    await plain.fit(x, y, {
      ...options,
      callbacks: [{ onTrainBatchEnd: async () => void after.push(await weightsOf(plain)) }],
    });
    await averaged.fit(x, y, options);
    const [first = [], second = []] = after;
    (await weightsOf(averaged)).forEach((weight, index) => {
      expect(weight).toBeCloseTo(0.5 * (first[index] as number) + 0.5 * (second[index] as number), 6);
    });
  });
});
