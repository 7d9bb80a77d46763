import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { relu } from "../../src/nn/activations.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { abs, greater, log, maximum, pow, sqrt, where } from "../../src/tensor/ops/elementwise.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

const backends = { js: js(), wasm: await wasm() };

describe.each(Object.entries(backends))("gradients at 0 are JAX's (%s)", (_, backend) => {
  const at = async (f: (x: Tensor) => Tensor, ...points: number[]): Promise<number[]> => {
    const x = tensor(points);
    const [data] = await evaluate(gradients(sum(f(x)), [x]), backend);
    return Array.from(data as Float32Array);
  };

  it("infinite where the derivative is, and NaN where that meets a 0", async () => {
    expect(await at(sqrt, 0)).toEqual([Number.POSITIVE_INFINITY]);
    expect(await at(log, 0)).toEqual([Number.POSITIVE_INFINITY]);
    expect(await at((x) => pow(x, 0.25), 0)).toEqual([Number.POSITIVE_INFINITY]);
    for (const f of [sqrt, log, (x: Tensor) => pow(x, 0.25)])
      expect(await at((x) => where(greater(x, 0), f(x), 0), 0)).toEqual([Number.NaN]);
  });

  it("0 where the branch itself is kept away from 0, as docs/training.md says", async () => {
    for (const [f, slope] of [
      [sqrt, 0.25],
      [log, 0.25],
      [(x: Tensor) => pow(x, 0.25), 0.25 * 4 ** -0.75],
    ] as const) {
      const right = (x: Tensor) => where(greater(x, 0), f(where(greater(x, 0), x, 1)), 0);
      const [left, zero, more] = (await at(right, -1, 0, 4)) as [number, number, number];
      expect([left, zero]).toEqual([0, 0]);
      expect(more).toBeCloseTo(slope, 5);
    }
  });

  it("0 for relu and abs, half to each of two equal numbers", async () => {
    expect(await at(relu, 0)).toEqual([0]);
    expect(await at(abs, 0)).toEqual([0]);
    expect(await at((x) => maximum(x, 0), 0)).toEqual([0.5]);
  });
});
