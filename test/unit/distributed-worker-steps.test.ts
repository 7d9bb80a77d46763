import { describe, expect, it } from "vitest";
import { openExchange } from "../../src/distributed/exchange.ts";
import { synchronousRounds } from "../../src/distributed/synchronous-rounds.ts";
import { openSteps, vectorLength } from "../../src/distributed/worker-steps.ts";
import { adam, dense, sequential } from "../../src/index.ts";
import { type BatchCursor, specOf } from "../../src/train/batch.ts";
import { sessionOf } from "../../src/train/session.ts";

/** The steps of a job with one worker, whose schedule and batches throw where they are told to. */
async function begin(throws: { schedule?: boolean; data?: boolean }) {
  const model = sequential([dense(1, { inputShape: [2] })], { seed: 1 });
  const learningRate = () => {
    if (throws.schedule) throw new RangeError("schedule");
    return 0.1;
  };
  model.compile({ optimizer: adam({ learningRate }), loss: "meanSquaredError" });
  const compiled = sessionOf("fit", model).compiled("fit");
  await compiled.setup.load();
  const x = { data: new Float32Array(8), shape: [4, 2] };
  const y = { data: new Float32Array(4), shape: [4, 1] };
  const spec = specOf({ rows: 4, x: [x], y: [y], weights: [undefined] }, 4, [{ dtype: "float32" }]);
  const cursor: BatchCursor = {
    next: () => spec,
    write: () => {
      if (throws.data) throw new RangeError("data");
    },
    close: () => {},
  };
  const length = vectorLength(compiled);
  const exchange = openExchange({ rank: 0, size: 1, generation: 1, length, step: 3, wire: { send: () => {} } });
  const isStep: boolean[] = [];
  const members = {
    set isBetweenSteps(value: boolean) {
      isStep.push(!value);
    },
    beat: () => {},
  };
  const steps = openSteps({
    ...{ model, compiled, exchange, members, stepTimeout: 1000, rank: 0, size: 1, batches: 7, updates: 3 },
    rounds: synchronousRounds(compiled),
    onUpdate: async () => {},
  });
  return { run: () => steps.run("train", spec, cursor, () => undefined), optimizer: model.optimizer, steps, isStep };
}

describe("the steps of a worker", () => {
  it.each([{ schedule: true }, { data: true }])(
    "leave the optimizer where it was when they throw: %o",
    async (given) => {
      const throws: { schedule?: boolean; data?: boolean } = {};
      const { run, optimizer, steps } = await begin(throws);
      optimizer.rawSteps = 3;
      await run();
      expect(optimizer.rawSteps).toBe(4);
      Object.assign(throws, given);
      await expect(run()).rejects.toThrow(RangeError);
      expect(optimizer.rawSteps).toBe(4);
      steps.dispose();
    },
  );

  it("say when they begin and end, so that others know what takes long", async () => {
    const { run, isStep, steps } = await begin({});
    await run();
    expect(isStep[0]).toBe(true);
    expect(isStep.at(-1)).toBe(false);
    steps.dispose();
  });
});
