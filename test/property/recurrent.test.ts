import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { compile } from "../../src/compiler/compile.ts";
import type { Shape } from "../../src/ir/shape.ts";
import type { Layer } from "../../src/nn/layer.ts";
import * as layers from "../../src/nn/layers/index.ts";
import { Recording } from "../../src/nn/recording.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { add, mul, sin, square } from "../../src/tensor/ops/elementwise.ts";
import { slice } from "../../src/tensor/ops/joining.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { matmul } from "../../src/tensor/ops/matmul.ts";
import { randomKey, randomUniform } from "../../src/tensor/ops/random.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { checkGradients } from "../../src/testing/gradients.ts";

const float64 = js({ precision: "float64" });
const draw = async (seed: number, shape: Shape): Promise<Tensor> =>
  tensor((await evaluate([randomUniform(shape, { seed, low: -1, high: 1 })], float64))[0] as Float64Array, shape);

const kinds = {
  simpleRnn: (options: layers.SequenceOptions) => layers.simpleRnn(3, { recurrentDropout: 0.3, ...options }),
  "gru, reset after": (options: layers.SequenceOptions) =>
    layers.gru(3, { dropout: 0.3, recurrentDropout: 0.2, ...options }),
  "gru, reset before": (options: layers.SequenceOptions) =>
    layers.gru(3, { resetAfter: false, recurrentDropout: 0.3, ...options }),
  lstm: (options: layers.SequenceOptions) => layers.lstm(3, { dropout: 0.3, ...options }),
  "two cells": (options: layers.SequenceOptions) => layers.rnn([layers.lstmCell(2), layers.gruCell(3)], options),
  bidirectional: ({ goBackwards: _, zeroOutputForMask: __, ...options }: layers.SequenceOptions) =>
    layers.bidirectional(layers.gru(2, options), { mergeMode: "mul" }),
} satisfies Record<string, (options: layers.SequenceOptions) => Layer>;
const statesOf: Record<keyof typeof kinds, readonly number[]> = {
  simpleRnn: [3],
  "gru, reset after": [3],
  "gru, reset before": [3],
  lstm: [3, 3],
  "two cells": [2, 2, 3],
  bidirectional: [2, 2],
};

const flag = fc.boolean();
const extents = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }));
/** Options, extents, a mask of 0 and 1 or none. */
const settings = extents.chain(([batch, time]) =>
  fc.record({
    seed: fc.integer({ min: 0, max: 2 ** 31 }),
    shape: fc.constant([batch, time, 2]),
    options: fc.record({
      returnSequences: flag,
      returnState: flag,
      goBackwards: flag,
      zeroOutputForMask: flag,
      unroll: flag,
    }),
    mask: fc.option(fc.array(fc.integer({ min: 0, max: 1 }), { minLength: batch * time, maxLength: batch * time }), {
      nil: undefined,
    }),
    hasStates: flag,
  }),
);
type Setting = typeof settings extends fc.Arbitrary<infer S> ? S : never;

/** A function of x, states and weights that adds up all outputs with weights of their own, and inputs to try it on. */
async function problemOf(
  kind: keyof typeof kinds,
  { seed, shape, options, mask, hasStates }: Setting,
): Promise<[(...inputs: Tensor[]) => Tensor, Tensor[]]> {
  const layer = kinds[kind](options);
  layer.ensureBuilt([null, ...shape.slice(1)]);
  const { variables } = layer;
  const sizes = hasStates ? statesOf[kind] : [];
  const shapes = [
    shape,
    ...sizes.map((size) => [shape[0] as number, size]),
    ...variables.map((variable) => variable.shape),
  ];
  const inputs = await Promise.all(shapes.map((each, index) => draw(seed + index, each)));
  const f = (x: Tensor, ...rest: Tensor[]) => {
    // A weight is read as what is given here, so that it can be differentiated by like any input.
    variables.forEach((variable, index) => {
      Object.defineProperty(variable, "tensor", { value: rest[sizes.length + index], configurable: true });
    });
    const ctx = new Recording(layer, { training: true, key: tensor(randomKey(seed)) });
    if (mask) ctx.setMask(x, tensor(mask, shape.slice(0, 2), { dtype: "float32" }));
    const outputs = layer.applyAll(sizes.length > 0 ? [x, ...rest.slice(0, sizes.length)] : x, ctx);
    return outputs.map((output, index) => sum(sin(mul(output, index + 1.5)))).reduce((a, b) => add(a, b));
  };
  return [f, inputs];
}

describe("gradients through recurrent layers, by inputs, states and weights", () => {
  for (const kind of Object.keys(kinds) as (keyof typeof kinds)[]) {
    it(kind, () =>
      fc.assert(
        fc.asyncProperty(settings, async (setting) => {
          const [f, inputs] = await problemOf(kind, setting);
          await checkGradients(f, inputs, { h: 1e-6, tolerance: 1e-5, maxElements: 8 });
        }),
        { numRuns: 12 },
      ),
    );
  }

  it("of gradients", () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom<keyof typeof kinds>("lstm", "gru, reset after"),
        settings,
        async (kind, setting) => {
          const [f, inputs] = await problemOf(kind, setting);
          const slope = (...given: Tensor[]) =>
            gradients(f(...given), given).reduce(
              (all, each) => add(all, sum(square(each))),
              tensor([0], [], { dtype: "float32" }),
            );
          await checkGradients(slope, inputs, { h: 1e-6, tolerance: 1e-4, maxElements: 3 });
        },
      ),
      { numRuns: 3 },
    ));
});

describe("recurrent programs", () => {
  const record = async (setting: Setting, kind: keyof typeof kinds) => {
    const [f, inputs] = await problemOf(kind, setting);
    const value = f(...inputs);
    return [value, ...gradients(value, inputs)];
  };
  const anything = fc.tuple(fc.constantFrom(...(Object.keys(kinds) as (keyof typeof kinds)[])), settings);

  it("give on wasm what they give on js", async () => {
    const backend = await wasm();
    await fc.assert(
      fc.asyncProperty(anything, async ([kind, setting]) => {
        const outputs = await record(setting, kind);
        const [wanted, found] = [await evaluate(outputs, float64), await evaluate(outputs, backend)];
        wanted.forEach((data, index) => {
          const scale = Math.max(1, ...Array.from(data, Math.abs));
          data.forEach((value, at) => {
            expect(Math.abs((found[index]?.[at] as number) - value)).toBeLessThan(1e-5 * scale);
          });
        });
      }),
      { numRuns: 25 },
    );
  });

  it("are the same with and without fusion and joins in place", () =>
    fc.assert(
      fc.asyncProperty(anything, async ([kind, setting]) => {
        const outputs = Object.fromEntries(
          (await record(setting, kind)).map((output, index) => [String(index), output]),
        );
        const run = async (options: { fuse?: boolean }) => {
          const { program } = compile({ outputs, ...options });
          const executable = float64.load(program, []);
          executable.run();
          const results = Object.keys(outputs).map((name) => executable.readSync(name));
          executable.dispose();
          return results.map((data) => Array.from(data));
        };
        const plain = await run({ fuse: false });
        (await run({})).forEach((data, index) => {
          data.forEach((value, at) => {
            expect(value).toBeCloseTo(plain[index]?.[at] as number, 10);
          });
        });
      }),
      { numRuns: 25 },
    ));
});

describe("gradients that are put together", () => {
  it("of slices that overlap, leave gaps, or stand along several axes", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 2 ** 31 }),
        fc.array(fc.tuple(flag, fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1, max: 3 })), {
          minLength: 1,
          maxLength: 6,
        }),
        async (seed, windows) => {
          const f = (x: Tensor) =>
            windows
              .map(([rows, at, length], index) => {
                const extent = Math.min(length, 5 - at);
                return sum(
                  sin(mul(rows ? slice(x, [at, 0], [extent, -1]) : slice(x, [0, at], [-1, extent]), index + 1)),
                );
              })
              .reduce((a, b) => add(a, b));
          await checkGradients(f, [await draw(seed, [5, 5])], { h: 1e-6 });
        },
      ),
      { numRuns: 40 },
    ));

  it("of weights and biases that are used again and again, with few and with many rows", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 2 ** 31 }),
        fc.array(fc.constantFrom(1, 3, 300), { minLength: 1, maxLength: 4 }),
        async (seed, rows) => {
          const inputs = await Promise.all(rows.map((count, index) => draw(seed + index, [count, 2])));
          const f = (w: Tensor, b: Tensor) =>
            inputs.map((x) => sum(sin(add(matmul(x, w), b)))).reduce((a, b) => add(a, b));
          await checkGradients(f, [await draw(seed + 9, [2, 3]), await draw(seed + 10, [3])], {
            h: 1e-6,
            tolerance: 1e-5,
          });
        },
      ),
      { numRuns: 15 },
    ));
});
