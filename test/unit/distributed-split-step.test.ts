import { describe, expect, it } from "vitest";
import { localRounds } from "../../src/distributed/local-rounds.ts";
import { recordGradients, splitStep } from "../../src/distributed/split-step.ts";
import {
  batchNormalization,
  dense,
  flatten,
  gru,
  type Layer,
  lstm,
  sequential,
  simpleRnn,
  spectralNormalization,
} from "../../src/index.ts";
import { specOf } from "../../src/train/batch.ts";
import { sessionOf } from "../../src/train/session.ts";

const [batch, steps, features] = [4, 5, 3];

/** Parts the step of a network of these layers, as workers do that exchange gradients, or train on their own. */
async function split(layers: readonly Layer[], sync: "step" | "local") {
  const model = sequential([...layers, flatten(), dense(2, { activation: "softmax" })], { seed: 1 });
  model.build([batch, steps, features]);
  model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
  const compiled = sessionOf("fit", model).compiled("fit");
  await compiled.setup.load();
  const x = { data: new Float32Array(batch * steps * features), shape: [batch, steps, features] };
  const y = { data: new Int32Array(batch), shape: [batch] };
  const spec = specOf({ rows: batch, x: [x], y: [y], weights: [undefined] }, batch, [{ dtype: "float32" }]);
  const local = () => localRounds("fit", { every: 2 }, compiled).record(spec);
  return splitStep(model, sync === "step" ? recordGradients(compiled, spec) : local());
}

describe.each(["step", "local"] as const)("a train step that is parted (%s)", (sync) => {
  const stateful = { stateful: true, returnSequences: true } as const;
  it.each<[string, () => Layer, RegExp]>([
    ["lstm", () => lstm(2, stateful), /reads "lstm\/state_0"/],
    ["gru", () => gru(2, stateful), /reads "gru\/state_0"/],
    ["simpleRnn", () => simpleRnn(2, stateful), /reads "simpleRnn\/state_0"/],
    ["spectralNormalization", () => spectralNormalization(dense(4)), /reads "spectralNormalization\/vectorU"/],
  ])("refuses %s, whose state goes from batch to batch, and names that state", async (_, layer, state) => {
    const refused = split([dense(3), layer()], sync);
    await expect(refused).rejects.toThrow(
      /^fit of sequential "[^"]*": workers compute their batches at once, so no layer may use state that the batch before has changed\. Expected layers whose outputs depend on weights and batch alone, received one that reads "/,
    );
    await expect(refused).rejects.toThrow(state);
  });

  it("takes layers whose state is only changed by batches, and metrics", async () => {
    const { batch: computed, extras, state } = await split([dense(3), batchNormalization(), lstm(2)], sync);
    // Mean and variance, and what the loss and accuracy are made of.
    expect(extras.length).toBeGreaterThanOrEqual(4);
    expect(state.updates?.map(([{ name }]) => name)).toEqual(
      expect.arrayContaining(["batchNormalization/movingMean", "batchNormalization/movingVariance"]),
    );
    expect(Object.keys(computed.outputs).some((name) => name.startsWith("extra"))).toBe(true);
  });
});
