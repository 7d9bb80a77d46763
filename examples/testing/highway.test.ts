import { evaluate, gradients, js, ops, sequential, type Tensor, tensor, wasm } from "aretejs";
import { type AllCloseMatchers, arbitraries, checkGradients, conformance, toBeAllClose } from "aretejs/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Highway, swish } from "./highway.ts";

declare module "vitest" {
  // biome-ignore lint/suspicious/noExplicitAny: vitest's own signature
  interface Matchers<T = any> extends AllCloseMatchers<T> {}
}
expect.extend({ toBeAllClose });

const arb = arbitraries(fc);

describe("swish", () => {
  it("has the values of its formula", async () => {
    const [y] = await evaluate([swish(tensor([-1, 0, 2]), tensor([1]))]);
    expect(y).toBeAllClose([-1 / (1 + Math.E), 0, 2 / (1 + Math.exp(-2))], { rtol: 1e-6 });
  });

  it("has right gradients, first and second, for values and shapes of all kinds", () =>
    fc.assert(
      fc.asyncProperty(arb.tensor({ maxRank: 2, maxExtent: 3 }), async ({ values, shape }) => {
        const x = tensor(values, shape);
        await checkGradients(swish, [x, 0.7]);
        await checkGradients((t) => gradients(ops.sum(swish(t, tensor(0.7))), [t]), [x], { tolerance: 1e-5 });
      }),
      { numRuns: 10 },
    ));

  it("is the same on wasm as on the reference", () =>
    fc.assert(
      fc.asyncProperty(arb.tensor({ minRank: 1 }), async ({ values, shape }) => {
        const y: Tensor[] = [swish(tensor(values, shape), tensor(1.5))];
        const [[actual], [expected]] = await Promise.all([
          evaluate(y, await wasm()),
          evaluate(y, js({ precision: "float64" })),
        ]);
        expect(actual).toBeAllClose(expected ?? [], { rtol: 1e-5, atol: 1e-6, shape });
      }),
      { numRuns: 10 },
    ));
});

describe("highway", () => {
  const x = [
    [0.5, -1, 2],
    [1.5, 0.25, -0.75],
  ];

  it("has right gradients for its input and both kernels", async () => {
    const { checked } = await checkGradients(new Highway(), [x]);
    expect(checked).toBe(6 + 9 + 9);
  });

  it("begins close to its input where the gate is nearly shut", async () => {
    const layer = new Highway({ inputShape: [3] });
    const model = sequential([layer], { seed: 1 });
    model.setWeights([new Array(9).fill(0), new Array(9).fill(-20)].map((data) => ({ data, shape: [3, 3] })));
    const y = await model.predict([[0.5, 1, 2]]);
    expect(await y.array()).toBeAllClose([[0.5, 1, 2]], { atol: 1e-6 });
  });
});

// For those who write a backend: each of these is a test.
describe("a backend", async () => {
  const some = conformance(await wasm()).filter(({ name }) => name.startsWith("softmax"));
  for (const { name, run } of some) it(name, run);
});
