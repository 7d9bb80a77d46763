import { describe, expect, it } from "vitest";
import {
  adam,
  batchNormalization,
  bidirectional,
  cloneModel,
  dataset,
  dense,
  dropout,
  embedding,
  flatten,
  getNamedWeights,
  input,
  type Layer,
  lstm,
  type Model,
  mcPredict,
  ops,
  profile,
  program,
  sequential,
  setNamedWeights,
  type Tensor,
  trainStep,
} from "../../src/index.ts";
import { points, weightsOf } from "./train-support.ts";

const { x, y } = points(20);
const layersOf = (first: object = {}): Layer[] => [
  dense(5, { activation: "tanh", ...first }),
  batchNormalization(),
  dropout(0.2),
  dense(2, { activation: "softmax" }),
];
const lazy = () => sequential(layersOf(), { seed: 3 });
const eager = () => sequential(layersOf({ inputShape: [4] }), { seed: 3 });

function compiled(model: Model): Model {
  model.compile({ optimizer: adam(0.01), loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
  return model;
}

describe("a sequential model without inputShape", () => {
  it("trains to the bits of one that has it", async () => {
    const [late, early] = [compiled(lazy()), compiled(eager())];
    expect([late.built, early.built]).toEqual([false, true]);
    const options = { epochs: 2, batchSize: 8, verbose: 0, validationData: [x, y] } as const;
    const histories = [await late.fit(x, y, options), await early.fit(x, y, options)];
    expect(histories[0]?.history).toEqual(histories[1]?.history);
    expect(await weightsOf(late)).toEqual(await weightsOf(early));
    expect(late.summary({ print: false })).toBe(early.summary({ print: false }));
    expect(String(late)).toBe(String(early));
    expect(JSON.stringify(late)).toBe(JSON.stringify(early).replace('"inputShape":[4],', ""));
  });

  const uses: [string, (model: Model) => Promise<unknown>][] = [
    ["evaluate", (model) => compiled(model).evaluate(x, y)],
    ["predict", async (model) => (await model.predict(x)).data()],
    ["predictOnBatch", async (model) => (await model.predictOnBatch(x)).data()],
    ["trainOnBatch", (model) => compiled(model).trainOnBatch(x, y)],
    ["testOnBatch", (model) => compiled(model).testOnBatch(x, y)],
    ["mcPredict", async (model) => (await mcPredict(model, x, { passes: 2 })).mean.data()],
    [
      "fit on a dataset",
      async (model) => (await compiled(model).fit(dataset({ x, y }).batch(6), { verbose: 0 })).history,
    ],
    [
      "fit on a generator that can be read once",
      async (model) => (await compiled(model).fit(once(), { verbose: 0 })).history,
    ],
    ["predict on a dataset", async (model) => (await model.predict(dataset({ x }).batch(6))).data()],
    ["x by name", async (model) => (await model.predict({ input: x })).data()],
    [
      "build",
      async (model) => {
        if (!model.built) model.build([null, 4]);
        model.build([null, 4]);
        return (await model.predict(x)).data();
      },
    ],
    ["profile", async (model) => (await profile(model, x, { print: false, repeats: 1 })).instructions.length],
    [
      "a larger model",
      async (model) => {
        const outer = sequential([model, dense(1)], { seed: 9 });
        return [await (await outer.predict(x)).data(), await weightsOf(outer)];
      },
    ],
    ["apply", async (model) => model.apply(input([4])).shape],
    [
      "a training step of one's own",
      async (model) => {
        const step = trainStep({
          variables: model,
          optimizer: adam(),
          seed: 1,
          loss: (given: Tensor, ctx) => ops.sum(model.apply(given, ctx.inference)),
        });
        return [await step(x), await weightsOf(model)];
      },
    ],
  ];
  it.each(uses)("is built by %s, and gives what one that was built gives", async (_, use) => {
    const [late, early] = [lazy(), eager()];
    expect(await use(late)).toEqual(await use(early));
    expect(late.built).toBe(true);
    expect(await weightsOf(late)).toEqual(await weightsOf(early));
  });

  it("takes whole numbers where its first layer does, and numbers as samples of one feature", async () => {
    const words = sequential([embedding(10, 3), flatten(), dense(1)]);
    words.build([null, 6]);
    expect(words.inputs[0]?.dtype).toBe("int32");
    expect(sequential([sequential([embedding(10, 3)]), flatten()]).inputDType).toBe("int32");
    const line = sequential([dense(1)]);
    await line.predict(Float32Array.of(1, 2, 3));
    expect(line.inputs[0]?.shape).toEqual([null, 1]);
  });

  it("shows what it is before it is built", () => {
    const model = sequential([dense(3, { name: "first" }), flatten()], { name: "late" });
    expect(String(model)).toBe('sequential "late": not built, 2 layers');
    expect(model.summary({ print: false })).toBe(
      [
        'Model: "late" (unbuilt)',
        "┌───────────────────┬──────────────┬─────────────┐",
        "│ Layer (kind)      │ Output shape │     Param # │",
        "├───────────────────┼──────────────┼─────────────┤",
        "│ first (dense)     │ ?            │ 0 (unbuilt) │",
        "│ flatten (flatten) │ ?            │ 0 (unbuilt) │",
        "└───────────────────┴──────────────┴─────────────┘",
        " Total params: 0 (0.00 B)",
        " Trainable params: 0 (0.00 B)",
        " Non-trainable params: 0 (0.00 B)",
      ].join("\n"),
    );
    expect([model.layers.length, model.getLayer("first").kind, model.variables]).toEqual([2, "dense", []]);
  });

  it("names what needs the weights, and takes no optimizer of another model", async () => {
    const model = compiled(lazy());
    const refusal =
      /^sequential "sequential": \w+ needs the weights, which are made when the model is built\. .* Call model\.build/;
    expect(() => model.setWeights([])).toThrow(refusal);
    expect(() => setNamedWeights(model, {})).toThrow(refusal);
    for (const call of [model.getWeights(), getNamedWeights(model), program(model, "predict")])
      await expect(call).rejects.toThrow(refusal);
    const optimizer = adam();
    const other = eager();
    other.compile({ optimizer, loss: "sparseCategoricalCrossentropy" });
    model.compile({ optimizer, loss: "sparseCategoricalCrossentropy" });
    for (const _ of [1, 2])
      await expect(model.fit(x, y, { verbose: 0 })).rejects.toThrow("an optimizer belongs to one model");
    expect(model.built).toBe(false);
  });

  it("is built for later data as if data that did not fit had not been there", async () => {
    const time = { data: Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)), shape: [4, 3, 2] };
    const labels = [[1], [2], [3], [4]];
    const inner = () => sequential([bidirectional(lstm(2)), dense(2)], { seed: 5 });
    const make = () => sequential([dense(3, { kernelRegularizer: "l2" }), inner(), dense(1)], { seed: 4 });
    const fitted = async (model: Model) => {
      model.compile({ optimizer: adam(0.1), loss: "meanSquaredError" });
      return (await model.fit(time, labels, { verbose: 0, epochs: 2 })).history;
    };
    const [model, fresh] = [make(), make()];
    const wrong = { data: time.data, shape: [4, 6] };
    await expect(model.predict(wrong)).rejects.toThrow(/lstm|sequence/);
    await expect(model.predict([])).rejects.toThrow("there must be data");
    model.compile({ loss: "meanSquaredError" });
    await expect(model.fit(wrong, [[1]], { verbose: 0 })).rejects.toThrow("the same number of samples");
    await expect(model.fit(dataset({ x: wrong, y: labels }).batch(2), { verbose: 0 })).rejects.toThrow(/lstm|sequence/);
    expect([model.built, model.variables]).toEqual([false, []]);
    expect(await fitted(model)).toEqual(await fitted(fresh));
    expect(Object.keys(await getNamedWeights(model))).toEqual(Object.keys(await getNamedWeights(fresh)));
  });

  it("keeps layers frozen that were frozen before it was built", async () => {
    const model = lazy();
    (model.layers[0] as Layer).trainable = false;
    compiled(model);
    await model.fit(x, y, { verbose: 0 });
    const [kernel] = await model.getWeights();
    const built = lazy();
    built.build([null, 4]);
    expect(kernel).toEqual((await built.getWeights())[0]);
    const frozen = sequential(layersOf(), { trainable: false });
    expect(frozen.layers.map(({ trainable }) => trainable)).toEqual([false, false, false, false]);
    await expect(compiled(frozen).fit(x, y, { verbose: 0 })).rejects.toThrow("there must be something to train");
  });

  it("is cloned before and after it is built, under the same names", async () => {
    const model = lazy();
    const clone = cloneModel(model);
    expect([clone.built, clone.seed, clone.layers.map(({ name }) => name)]).toEqual([
      false,
      3,
      model.layers.map(({ name }) => name),
    ]);
    await clone.predict(x);
    expect([model.built, clone.built, cloneModel(clone).built]).toEqual([false, true, true]);
    await model.predict(x);
    expect(await weightsOf(clone)).toEqual(await weightsOf(model));
  });

  it("refuses another shape once it is built, and shapes without the batch axis", () => {
    const model = lazy();
    expect(() => model.build(4 as never)).toThrow("is the shape of one sample");
    model.build([32, 4]);
    expect(() => model.build([null, 5])).toThrow(
      "it is built for another input. Expected [null, 4], received [null, 5].",
    );
  });
});

describe("data that are refused do not decide the input shape of a model", () => {
  const quiet = { verbose: 0 } as const;

  it("where x and y have different numbers of samples", async () => {
    const model = compiled(lazy());
    await expect(model.fit([[1, 2]], [0, 1], quiet)).rejects.toThrow("the same number of samples");
    expect(model.built).toBe(false);
    await model.fit(x, y, quiet);
    expect(model.inputs[0]?.shape).toEqual([null, 4]);
  });

  it("where a dataset was not batched", async () => {
    const model = compiled(lazy());
    await expect(model.fit(dataset({ x, y }), quiet)).rejects.toThrow(
      "a stream gives batches. Expected x with an axis of samples, received [4]. Use dataset.batch(32).",
    );
    expect(model.built).toBe(false);
    await model.fit(dataset({ x, y }).batch(10), quiet);
    expect(model.built).toBe(true);
  });
});

describe("an empty sequential model", () => {
  it("grows layer by layer, and is built at once where the first layer says what comes in", async () => {
    const [late, early, whole] = [sequential(undefined, { seed: 3 }), sequential(undefined, { seed: 3 }), eager()];
    for (const layer of layersOf()) late.add(layer);
    for (const layer of layersOf({ inputShape: [4] })) {
      early.add(layer);
      expect(early.built).toBe(true);
    }
    for (const model of [late, early]) await compiled(model).fit(x, y, { verbose: 0 });
    await compiled(whole).fit(x, y, { verbose: 0 });
    expect(await weightsOf(late)).toEqual(await weightsOf(whole));
    expect(await weightsOf(early)).toEqual(await weightsOf(whole));
    expect(early.summary({ print: false })).toBe(whole.summary({ print: false }));
  });

  it("gives its last layer back, and asks for layers", () => {
    const model = sequential();
    const layer = dense(1);
    model.add(layer);
    expect(() => model.add(dense(2, { name: "dense" }))).not.toThrow();
    model.pop();
    expect(model.pop()).toBe(layer);
    expect(() => model.compile({ loss: "mse" })).toThrow(
      "there are no layers. Expected at least one layer, received none. Call model.add(layer) first.",
    );
    expect(() => model.add("dense" as never)).toThrow("takes a layer. Expected such as dense(10)");
    model.add(dense(2, { name: "same" }));
    expect(() => model.add(dense(2, { name: "same" }))).toThrow("layer names must be unique");
    expect(model.layers).toHaveLength(1);
  });
});

/** Batches from a generator. */
function* once(): Generator<{ x: number[][]; y: number[] }> {
  for (let batch = 0; batch < 3; batch++)
    yield {
      x: [
        [batch, 1, 2, 3],
        [1, batch, 0, 1],
      ],
      y: [0, 1],
    };
}
