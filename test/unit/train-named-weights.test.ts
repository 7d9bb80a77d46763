import { describe, expect, it } from "vitest";
import { js } from "../../src/backends/js/index.ts";
import { batchNormalization, dense, dropout } from "../../src/nn/layers/index.ts";
import { adam } from "../../src/optim/adam.ts";
import { nadam } from "../../src/optim/nadam.ts";
import { exponentialDecay } from "../../src/optim/schedules.ts";
import type { Model } from "../../src/train/model.ts";
import { getNamedWeights, setNamedWeights } from "../../src/train/named-weights.ts";
import { getOptimizerState, setOptimizerState } from "../../src/train/optimizer-state.ts";
import { sequential } from "../../src/train/sequential.ts";
import { points, weightsOf } from "./train-support.ts";

const backend = js();
const { x, y } = points(16);

function network(optimizer = nadam({ learningRate: 0.01 }), head = "head"): Model {
  const made = sequential(
    [
      dense(6, { activation: "elu", inputShape: [4], name: "one" }),
      batchNormalization({ name: "norm" }),
      dropout(0.2),
      dense(2, { activation: "softmax", name: head }),
    ],
    { seed: 3 },
  );
  made.compile({ optimizer, loss: "sparseCategoricalCrossentropy", backend });
  return made;
}

/** As a file would: through JSON. */
const stored = <T>(given: T): T =>
  JSON.parse(
    JSON.stringify(given, (_, value) => (ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value)),
  ) as T;

describe("weights by name", () => {
  it("go out and in again, to the bit, by way of JSON", async () => {
    const old = network();
    await old.trainOnBatch(x, y);
    const weights = await getNamedWeights(old);
    expect(Object.keys(weights)).toEqual([
      "one/kernel",
      "one/bias",
      "norm/gamma",
      "norm/beta",
      "norm/movingMean",
      "norm/movingVariance",
      "head/kernel",
      "head/bias",
    ]);
    const fresh = network();
    expect(await weightsOf(fresh)).not.toEqual(await weightsOf(old));
    setNamedWeights(fresh, stored(weights));
    expect(await weightsOf(fresh)).toEqual(await weightsOf(old));
  });

  it("tell same names of models inside one another apart", async () => {
    const inner = () => sequential([dense(4, { name: "d", inputShape: [4] })]);
    const both = sequential([inner(), inner()], { seed: 1 });
    const weights = await getNamedWeights(both);
    expect(Object.keys(weights)).toEqual(["d/kernel", "d/bias", "d/kernel#1", "d/bias#1"]);
    const copy = sequential([inner(), inner()], { seed: 2 });
    setNamedWeights(copy, weights);
    expect(await weightsOf(copy)).toEqual(await weightsOf(both));
  });

  it("of another head: what fits, where strict is false", async () => {
    const [old, other] = [network(), network(undefined, "other")];
    await old.trainOnBatch(x, y);
    const weights = await getNamedWeights(old);
    const before = await weightsOf(other);
    expect(() => setNamedWeights(other, weights)).toThrow(
      /setNamedWeights of sequential "\w+": as many arrays as variables, under their names\. Expected also other\/kernel, other\/bias, received head\/kernel, head\/bias\. Give layers names/,
    );
    expect(await weightsOf(other)).toEqual(before);
    expect(setNamedWeights(other, weights, { strict: false })).toEqual({
      set: Object.keys(weights).slice(0, -2),
      missing: ["other/kernel", "other/bias"],
      unexpected: ["head/kernel", "head/bias"],
    });
    const now = await getNamedWeights(other);
    expect(now["one/kernel"]).toEqual(weights["one/kernel"]);
    expect(now["other/kernel"]?.data.slice()).toEqual(Float32Array.from(before.slice(-14, -2)));
  });

  it("of which none fits are refused, also where strict is false", async () => {
    const model = network();
    const before = await weightsOf(model);
    for (const given of [{}, { "first/kernel": [[1]], constructor: [1] }]) {
      expect(() => setNamedWeights(model, given as never, { strict: false })).toThrow(
        /setNamedWeights of sequential "\w+": as many arrays as variables, under their names\. Expected also one\/kernel, .*Give layers names\.$/,
      );
    }
    expect(await weightsOf(model)).toEqual(before);
    expect(setNamedWeights(model, await getNamedWeights(model))).toMatchObject({ missing: [], unexpected: [] });
  });

  it("of another shape are refused, all or none", async () => {
    const model = network();
    const before = await weightsOf(model);
    const weights = await getNamedWeights(network());
    const wrong = { ...weights, "one/kernel": [[9]], "head/bias": [1] };
    expect(() => setNamedWeights(model, wrong)).toThrow(
      /"one\/kernel" has another shape\. Expected \[4, 6\], received \[1, 1\]/,
    );
    expect(await weightsOf(model)).toEqual(before);
  });
});

describe("the optimizer's state", () => {
  for (const [name, make] of [
    ["a number as rate", () => nadam({ learningRate: 0.01 })],
    [
      "a schedule, averages of weights",
      () =>
        adam({
          learningRate: exponentialDecay({ initialLearningRate: 0.1, decaySteps: 2, decayRate: 0.5 }),
          useEma: true,
        }),
    ],
  ] as const) {
    it(`lets training go on in a new model as if nothing had happened (${name})`, async () => {
      const old = network(make());
      for (let step = 0; step < 3; step++) await old.trainOnBatch(x, y);
      const [weights, state] = [stored(await getNamedWeights(old)), stored(await getOptimizerState(old))];
      const fresh = network(make());
      setNamedWeights(fresh, weights);
      setOptimizerState(fresh, state);
      expect(fresh.optimizer.iterations).toBe(3);
      for (const model of [old, fresh]) for (let step = 0; step < 2; step++) await model.trainOnBatch(x, y);
      expect(await weightsOf(fresh)).toEqual(await weightsOf(old));
      expect(stored(await getOptimizerState(fresh))).toEqual(stored(await getOptimizerState(old)));
    });
  }

  it("of another optimizer is refused, and nothing changes", async () => {
    const [old, other] = [network(), network(adam())];
    await other.trainOnBatch(x, y);
    const before = stored(await getOptimizerState(other));
    const state = await getOptimizerState(old);
    expect(() => setOptimizerState(other, state)).toThrow(
      /setOptimizerState of sequential "\w+": as many arrays as variables, under their names\./,
    );
    expect(() => setOptimizerState(other, { ...before, steps: [0.5] })).toThrow(
      /steps must be an integer ≥ 0\. Expected an integer ≥ 0, received 0\.5/,
    );
    expect(stored(await getOptimizerState(other))).toEqual(before);
  });
});
