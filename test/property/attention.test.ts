import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { compile } from "../../src/compiler/compile.ts";
import { print } from "../../src/ir/print.ts";
import { type Shape, sizeOf, stridesOf } from "../../src/ir/shape.ts";
import type { Layer } from "../../src/nn/layer.ts";
import * as layers from "../../src/nn/layers/index.ts";
import { Recording } from "../../src/nn/recording.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { mul, square } from "../../src/tensor/ops/elementwise.ts";
import { placeholder, tensor } from "../../src/tensor/ops/leaf.ts";
import { matmul } from "../../src/tensor/ops/matmul.ts";
import { randomKey, randomUniform } from "../../src/tensor/ops/random.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import { transpose } from "../../src/tensor/ops/shaping.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { checkGradients } from "../../src/testing/gradients.ts";

const exact = js({ precision: "float64" });
const fast = await wasm();
const seeds = fc.integer({ min: 0, max: 2 ** 31 });

async function draw(seed: number, shape: Shape): Promise<Tensor> {
  return tensor((await evaluate([randomUniform(shape, { seed, low: -2, high: 2 })], exact))[0] as Float64Array, shape);
}

const contextOf = (layer: Layer, training = false) => new Recording(layer, { training, key: tensor(randomKey(3)) });

/** Layers for query [.., 4], value [.., 6] and key [.., 4]. */
const makers: Record<string, (options: layers.AttentionBaseOptions) => Layer> = {
  attention: (options) => layers.attention({ ...options, useScale: true }),
  "attention, concat": (options) => layers.attention({ ...options, scoreMode: "concat" }),
  additiveAttention: (options) => layers.additiveAttention(options),
  multiHeadAttention: (options) =>
    layers.multiHeadAttention(2, 3, { ...options, valueDim: 2, biasInitializer: "randomUniform" }),
  "multiHeadAttention, gate": (options) =>
    layers.multiHeadAttention(3, 2, { ...options, useGate: true, slidingWindow: 3 }),
  groupQueryAttention: (options) => layers.groupQueryAttention(2, 4, 2, options),
};

function built(name: string, seed: number, options: layers.AttentionBaseOptions = {}): Layer {
  const layer = (makers[name] as (typeof makers)[string])(options);
  layer.ensureBuilt([
    [null, 3, 4],
    [null, 5, 6],
    [null, 5, 4],
  ]);
  layer.initialize(seed);
  return layer;
}

const inputsOf = (seed: number) =>
  Promise.all([draw(seed, [2, 3, 4]), draw(seed + 1, [2, 5, 6]), draw(seed + 2, [2, 5, 4])]);
const valueMask = tensor([
  [1, 0, 1, 1, 0],
  [0, 1, 0, 0, 0],
]);

for (const name of Object.keys(makers)) {
  describe(name, () => {
    it("has the gradients of its definition, in training, with masks", () =>
      fc.assert(
        fc.asyncProperty(seeds, fc.boolean(), async (seed, useCausalMask) => {
          const layer = built(name, seed, { dropout: 0.3, useCausalMask });
          const f = (...inputs: Tensor[]) => {
            const ctx = contextOf(layer, true);
            // A causal step 0 sees value 0 only, which must not be masked then.
            if (!useCausalMask) ctx.setMask(inputs[1] as Tensor, valueMask);
            return layer.apply(inputs, ctx);
          };
          const inputs = await inputsOf(seed);
          await checkGradients(f, inputs, { h: 1e-6, tolerance: 1e-5 });
          await checkGradients(
            (x, ...rest) => gradients(sum(square(f(x as Tensor, ...rest))), [x as Tensor])[0] as Tensor,
            inputs,
            {
              h: 1e-6,
              tolerance: 1e-4,
            },
          );
        }),
        { numRuns: 2 },
      ));

    it("does not look at masked values, nor ahead where it is causal", () =>
      fc.assert(
        fc.asyncProperty(seeds, async (seed) => {
          const [query, value, key] = await inputsOf(seed);
          const other = await inputsOf(seed + 100);
          const result = async (options: layers.AttentionBaseOptions, given: readonly Tensor[], mask?: Tensor) => {
            const layer = built(name, seed, options);
            const ctx = contextOf(layer);
            if (mask) ctx.setMask(given[1] as Tensor, mask);
            return Array.from((await evaluate([layer.apply(given, ctx)], exact))[0] as Float64Array);
          };
          // Values 1 and 4 of sample 0, all but 1 of sample 1 are replaced.
          const spoil = (x: Tensor, y: Tensor) =>
            mix(x, y, (sample, step) => sample * 5 + step !== 6 && (sample === 1 || step === 1 || step === 4));
          const spoilt = [query, spoil(value, other[1]), spoil(key, other[2])];
          expect(await result({}, spoilt, valueMask)).toEqual(await result({}, [query, value, key], valueMask));
          const later = [
            query,
            mix(value, other[1], (_, step) => step >= 2),
            mix(key, other[2], (_, step) => step >= 2),
          ];
          const [a, b] = [
            await result({ useCausalMask: true }, [query, value, key]),
            await result({ useCausalMask: true }, later),
          ];
          const width = a.length / 6;
          for (const sample of [0, 1]) {
            const steps = (list: number[], from: number, to: number) =>
              list.slice((sample * 3 + from) * width, (sample * 3 + to) * width);
            expect(steps(a, 0, 2)).toEqual(steps(b, 0, 2));
            expect(steps(a, 2, 3)).not.toEqual(steps(b, 2, 3));
          }
        }),
        { numRuns: 3 },
      ));

    it("gives the same on wasm, forwards and backwards", () =>
      fc.assert(
        fc.asyncProperty(seeds, async (seed) => {
          const layer = built(name, seed, { returnAttentionScores: true, dropout: 0.2 });
          const inputs = await inputsOf(seed);
          const ctx = contextOf(layer, true);
          ctx.setMask(inputs[1] as Tensor, valueMask);
          const [output, scores] = layer.applyAll(inputs, ctx) as [Tensor, Tensor];
          const total = sum(mul(square(output), sum(square(scores))));
          const outputs = [output, scores, ...gradients(total, [...inputs, ...layer.variables])];
          const [expected, actual] = [await evaluate(outputs, exact), await evaluate(outputs, fast)];
          // Small gradients are differences of large numbers: float32 rounds those.
          const scale = Math.max(1, ...expected.flatMap((data) => Array.from(data, Math.abs)));
          expected.forEach((data, index) => {
            data.forEach((value, i) => {
              expect(Math.abs(((actual[index] as Float32Array)[i] as number) - value)).toBeLessThan(5e-5 * scale);
            });
          });
        }),
        { numRuns: 3 },
      ));
  });
}

/** x with the steps of y where `takes` says so. */
function mix(x: Tensor, y: Tensor, takes: (sample: number, step: number) => boolean): Tensor {
  const data = (t: Tensor) => (t.attrs as { data: Float64Array }).data;
  const [, steps, width] = x.shape as [number, number, number];
  return tensor(
    data(x).map((value, i) =>
      takes(Math.floor(i / (steps * width)), Math.floor(i / width) % steps) ? (data(y)[i] as number) : value,
    ),
    x.shape,
  );
}

describe("multiHeadAttention, compiled", () => {
  it("copies nothing, forwards and backwards: heads are views, a softmax is one instruction", () => {
    for (const [layer, copies] of [
      [layers.multiHeadAttention(4, 8, { useCausalMask: true }), 0],
      // The gradients of shared heads are sums over those that share them, not in the order of the projections.
      [layers.groupQueryAttention(8, 4, 2), 3],
    ] as const) {
      layer.ensureBuilt([null, 16, 32]);
      const [x, mask] = [placeholder("x", [8, 16, 32]), placeholder("mask", [8, 16])];
      const ctx = contextOf(layer);
      ctx.setMask(x, mask);
      const y = layer.apply(x, ctx);
      const dys = gradients(sum(mul(y, placeholder("dy", [8, 16, 32]))), [x, ...layer.variables]);
      const text = print(
        compile({ outputs: { y, ...Object.fromEntries(dys.map((dy, index) => [`d${index}`, dy])) } }).program,
      );
      expect(text.match(/copy /g) ?? []).toHaveLength(copies);
      expect(text.match(/softmax /g)).toHaveLength(1);
      expect(text.match(/softmaxGrad /g)).toHaveLength(1);
    }
  });
});

describe("a transposed product", () => {
  it("is written as it is wanted, whatever the order of its axes", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 5 }).chain((rank) =>
          fc.record({
            extents: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: rank + 1, maxLength: rank + 1 }),
            order: fc.shuffledSubarray(
              Array.from({ length: rank }, (_, axis) => axis),
              { minLength: rank },
            ),
            seed: fc.nat(1000),
            isShared: fc.boolean(),
          }),
        ),
        async ({ extents, order, seed, isShared }) => {
          const [m, k, n] = extents.slice(-3) as [number, number, number];
          const batch = extents.slice(0, -3);
          const [a, b] = [await draw(seed, [...batch, m, k]), await draw(seed + 1, [...batch, k, n])];
          const product = matmul(a, b);
          const [plain] = (await evaluate([product], exact)) as [Float64Array];
          const turned = transpose(transpose(product, order));
          const strides = stridesOf(product.shape);
          const reversed = [...order].reverse();
          const expected = Array.from({ length: sizeOf(turned.shape) }, (_, index) => {
            const places = stridesOf(turned.shape).map(
              (stride, axis) => Math.floor(index / stride) % (turned.shape[axis] as number),
            );
            return plain[
              places.reduce((at, place, axis) => at + place * (strides[reversed[axis] as number] as number), 0)
            ] as number;
          });
          for (const backend of [exact, fast]) {
            const [got] = await evaluate([mul(turned, 1.5), ...(isShared ? [product] : [])], backend);
            expected.forEach((value, index) => {
              expect(got?.[index]).toBeCloseTo(1.5 * value, 4);
            });
          }
        },
      ),
      { numRuns: 60 },
    ));
});
