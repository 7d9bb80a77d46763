import { expect, expectTypeOf, it } from "vitest";
import { dense, sequential } from "../../src/index.ts";

// This project, like what `tsc --init` sets up, has noUncheckedIndexedAccess: an unknown name may be undefined.
it("a loss is a number of logs without further checks, a metric may not be there", async () => {
  const model = sequential([dense(1, { inputShape: [1] })], { seed: 1 });
  model.compile({ optimizer: "sgd", loss: "mse", metrics: ["mae"] });
  const inHooks: number[] = [];
  const { history } = await model.fit([[1]], [[2]], {
    verbose: 0,
    callbacks: [
      {
        onEpochEnd: (_, { loss }) => void inHooks.push(loss),
        onTrainEnd: ({ loss = Number.NaN }) => void inHooks.push(loss),
      },
    ],
  });
  const { loss, mae } = await model.evaluate([[1]], [[2]]);
  expectTypeOf(loss).toEqualTypeOf<number>();
  expectTypeOf(mae).toEqualTypeOf<number | undefined>();
  expectTypeOf(history.loss).toEqualTypeOf<number[]>();
  expect(loss).toBeGreaterThan(0);
  expect(history.loss.at(-1)).toBe(inHooks[0]);
  expect(inHooks).toHaveLength(2);
});
