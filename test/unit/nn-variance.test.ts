import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import type { Layer } from "../../src/nn/layer.ts";
import {
  batchNormalization,
  groupNormalization,
  layerNormalization,
  normalization,
} from "../../src/nn/layers/index.ts";
import { concordanceCorrelation, pearsonCorrelation } from "../../src/nn/metrics.ts";
import { Recording } from "../../src/nn/recording.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import { variance } from "../../src/tensor/ops/reduction.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

/** Numbers of deviation about 1 around a mean, as float32 holds them. */
function around(mean: number, size: number): Float32Array {
  let state = 12345;
  const uniform = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state + 1) / 2 ** 31;
  };
  return Float32Array.from(
    { length: size },
    () => mean + Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}

/** (x − mean)/√(variance + 1e-3) in float64, over all numbers of one group. */
function normalized(x: Float32Array, groupOf: (index: number) => number): Float64Array {
  const groups = new Map<number, number[]>();
  x.forEach((value, index) => {
    const group = groups.get(groupOf(index));
    if (group) group.push(value);
    else groups.set(groupOf(index), [value]);
  });
  const momentsOf = (values: readonly number[]) => {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return {
      mean,
      deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length + 1e-3),
    };
  };
  const moments = new Map([...groups].map(([group, values]) => [group, momentsOf(values)]));
  return Float64Array.from(x, (value, index) => {
    const { mean, deviation } = moments.get(groupOf(index)) as { mean: number; deviation: number };
    return (value - mean) / deviation;
  });
}

function trained(layer: Layer, x: Tensor, mask?: Tensor): Tensor {
  layer.ensureBuilt([null, ...x.shape.slice(1)]);
  layer.initialize(1);
  const ctx = new Recording(layer, { training: true, key: tensor(randomKey(1)) });
  if (mask) ctx.setMask(x, mask);
  return layer.apply(x, ctx);
}

const worst = (a: ArrayLike<number>, b: ArrayLike<number>, counts: (index: number) => boolean = () => true) =>
  Array.from(a, (value, index) => (counts(index) ? Math.abs(value - (b[index] as number)) : 0)).reduce(
    (most, error) => Math.max(most, error),
    0,
  );

describe.each([1e6, -3e6, 1e4])("data with mean %d and deviation 1", (mean) => {
  const backends: (() => Backend | Promise<Backend>)[] = [js, wasm];

  it.each(backends)("normalize as in float64", async (make) => {
    const backend = await make();
    const [samples, steps, channels] = [32, 64, 16];
    const x = around(mean, samples * steps * channels);
    const given = tensor(x, [samples, steps, channels]);
    const cases: [Layer, (index: number) => number][] = [
      [batchNormalization(), (index) => index % channels],
      [layerNormalization(), (index) => Math.floor(index / channels)],
      [layerNormalization({ axis: [1, 2] }), (index) => Math.floor(index / (steps * channels))],
      [
        groupNormalization({ groups: -1 }),
        (index) => Math.floor(index / (steps * channels)) * channels + (index % channels),
      ],
    ];
    const outputs = await evaluate(
      cases.map(([layer]) => trained(layer, given)),
      backend,
    );
    cases.forEach(([, groupOf], index) => {
      expect(worst(outputs[index] as Float32Array, normalized(x, groupOf))).toBeLessThan(1e-5);
    });
  });

  it("normalize what a mask leaves", async () => {
    const x = around(mean, 64 * 4);
    // Every other step is padding, far from the rest.
    x.forEach((_, index) => {
      if (Math.floor(index / 4) % 2 === 1) x[index] = 0;
    });
    const mask = tensor(
      Float32Array.from({ length: 64 }, (_, step) => 1 - (step % 2)),
      [8, 8],
    );
    const [output] = await evaluate([trained(batchNormalization(), tensor(x, [8, 8, 4]), mask)], await wasm());
    const isKept = (index: number) => Math.floor(index / 4) % 2 === 0;
    const expected = normalized(x, (index) => (isKept(index) ? index % 4 : 4));
    expect(worst(output as Float32Array, expected, isKept)).toBeLessThan(1e-5);
  });

  it("have their variance", async () => {
    const x = around(mean, 50_000);
    const center = x.reduce((a, b) => a + b, 0) / x.length;
    const expected = x.reduce((sum, value) => sum + (value - center) ** 2, 0) / x.length;
    for (const backend of [js(), await wasm()]) {
      const [all, columns] = await evaluate([variance(tensor(x)), variance(tensor(x, [25_000, 2]), 0)], backend);
      expect(Math.abs((all?.[0] as number) - expected)).toBeLessThan(1e-5);
      expect(Math.abs(((columns?.[0] as number) + (columns?.[1] as number)) / 2 - expected)).toBeLessThan(2e-5);
    }
    const layer = normalization();
    await layer.adapt({ data: x, shape: [50_000, 1] });
    const [, spread] = await Promise.all(layer.variables.map((variable) => variable.read()));
    expect(spread?.[0]).toBeCloseTo(expected, 5);
  });
});

it("equal numbers have no variance, however large they are", async () => {
  const x = new Float32Array(1000).fill(1234567);
  const given = tensor(x, [1000, 1]);
  for (const backend of [js(), await wasm()]) {
    const [spread, output] = await evaluate([variance(given), trained(batchNormalization(), given)], backend);
    expect(spread?.[0]).toBeLessThan(1e-12);
    expect(worst(output as Float32Array, new Float32Array(1000))).toBeLessThan(1e-5);
  }
});

it("correlations far from 0 are those near it", async () => {
  const [y, p] = [around(0, 64), around(0, 128).subarray(64)].map((x) =>
    x.map((value) => Math.round(value * 16) / 16),
  ) as [Float32Array, Float32Array];
  for (const make of [pearsonCorrelation, concordanceCorrelation]) {
    const of = async (shift: number) => {
      const metric = make();
      const [a, b] = [y, p].map((x) =>
        tensor(
          x.map((value) => value + shift),
          [1, 64],
        ),
      ) as [Tensor, Tensor];
      return (await evaluate([metric.update(a, b)[0]?.[1] as Tensor], js()))[0]?.[0] as number;
    };
    expect(Math.abs((await of(1e6)) - (await of(0)))).toBeLessThan(1e-5);
  }
});

it("the variance of a million and a million and one is a quarter", async () => {
  const x = tensor(Float32Array.from({ length: 4096 }, (_, index) => 1e6 + (index % 2)));
  for (const backend of [js(), await wasm()])
    expect((await evaluate([variance(x)], backend))[0]?.[0]).toBeCloseTo(0.25, 7);
});
