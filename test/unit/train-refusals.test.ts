import { describe, expect, it } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { dataset } from "../../src/data/dataset.ts";
import { earlyStopping } from "../../src/train/callbacks/early-stopping.ts";
import { modelCheckpoint } from "../../src/train/callbacks/model-checkpoint.ts";
import { reduceLrOnPlateau } from "../../src/train/callbacks/reduce-lr-on-plateau.ts";
import type { Model } from "../../src/train/model.ts";
import { getNamedWeights, setNamedWeights } from "../../src/train/named-weights.ts";
import { profile } from "../../src/train/profile.ts";
import { learningRateRangeTest } from "../../src/train/range-test.ts";
import { classifier, points, weightsOf } from "./train-support.ts";

const { x, y } = points(16);

function compiled(): Model {
  const model = classifier();
  model.compile({ optimizer: "sgd", loss: "sparseCategoricalCrossentropy", backend: js() });
  return model;
}

describe("a callback that counts epochs", () => {
  it.each([
    ["earlyStopping", () => earlyStopping({ monitor: "loss", patience: 9 })],
    ["modelCheckpoint", () => modelCheckpoint()],
    ["reduceLrOnPlateau", () => reduceLrOnPlateau({ monitor: "loss" })],
  ])("is refused in a second fit while the first runs: %s", async (name, make) => {
    const shared = make();
    const fits = [compiled(), compiled()].map((model) =>
      model.fit(x, y, { epochs: 4, verbose: 0, callbacks: [shared] }),
    );
    const outcomes = await Promise.allSettled(fits);
    const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [String(outcome.reason)] : []));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(
      `${name}: one callback serves one fit at a time. Expected a new ${name}(…) for each model that trains`,
    );
    // One after the other is fine.
    for (const model of [compiled(), compiled()]) await model.fit(x, y, { verbose: 0, callbacks: [shared] });
  });
});

describe("weights that float32 cannot hold", () => {
  const zeros = (model: Model) => model.variables.map(({ shape }) => ({ shape, data: new Float64Array(size(shape)) }));
  const size = (shape: readonly number[]) => shape.reduce((product, extent) => product * extent, 1);

  it("are refused by setWeights and setNamedWeights, and nothing changes", async () => {
    const model = compiled();
    const before = await weightsOf(model);
    const wrong = zeros(model);
    (wrong[3]?.data as Float64Array)[1] = 1e300;
    const message =
      /weights\[3\] must hold numbers that float32 can hold\. Expected at most 3\.4e38, received 1e\+300\./;
    expect(() => model.setWeights(wrong)).toThrow(message);
    const nested = [...wrong.slice(0, 3), [0, 1e300]];
    expect(() => model.setWeights(nested)).toThrow(message);
    const named = { ...(await getNamedWeights(model)), "dense_1/bias": [0, -1e300] };
    expect(() => setNamedWeights(model, named)).toThrow(/dense_1\/bias must hold .* received -1e\+300/);
    expect(await weightsOf(model)).toEqual(before);
  });

  it("do not include NaN and infinities, which are values of float32", async () => {
    const model = compiled();
    model.setWeights([...zeros(model).slice(0, 3), [Number.NaN, Number.NEGATIVE_INFINITY]]);
    expect((await weightsOf(model)).slice(-2)).toEqual([Number.NaN, Number.NEGATIVE_INFINITY]);
  });
});

describe("arguments that would be ignored", () => {
  const batches = dataset({ x, y: Int32Array.from(y) }).batch(8);

  it("are refused: options in the third place beside a dataset, sample weights beside a dataset", async () => {
    const model = compiled();
    const loose = model as unknown as { fit(...args: unknown[]): Promise<unknown>; evaluate: typeof loose.fit };
    for (const call of ["fit", "evaluate"] as const)
      await expect(loose[call](batches, undefined, { callbacks: [] })).rejects.toThrow(
        `${call} of sequential "sequential": the batches of a dataset hold x and y. Expected (dataset, options), received a third argument.`,
      );
    await expect(model.evaluate(batches, { sampleWeight: [1, 2] })).rejects.toThrow(
      /sampleWeight is for arrays\. .* Give it in the batches/,
    );
  });
});

describe("functions of a model", () => {
  it("say so where they are given something else", async () => {
    const other = { label: "model" } as unknown as Model;
    const message = (name: string) => `${name}: the first argument is a model. Expected what sequential(…) or model(…)`;
    await expect(profile(other, x)).rejects.toThrow(message("profile"));
    await expect(learningRateRangeTest(other, x, y)).rejects.toThrow(message("learningRateRangeTest"));
    await expect(getNamedWeights(undefined as unknown as Model)).rejects.toThrow(message("getNamedWeights"));
    expect(() => setNamedWeights(other, {})).toThrow(message("setNamedWeights"));
  });
});

describe("the model that callbacks are told", () => {
  it("is the model itself", async () => {
    const model = compiled();
    const losses: (number | undefined)[] = [];
    const onEpochEnd = async (_epoch: number, _logs: object, training: { model: Model }) => {
      losses.push((await training.model.evaluate(x, y)).loss);
    };
    await model.fit(x, y, { verbose: 0, callbacks: { onEpochEnd } });
    expect(losses).toEqual([(await model.evaluate(x, y)).loss]);
  });
});
