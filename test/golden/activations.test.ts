import { describe, it } from "vitest";
import { activations } from "../../src/nn/activation-names.ts";
import { threshold } from "../../src/nn/activations.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { mul } from "../../src/tensor/ops/elementwise.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose, type GoldenTensor, type GoldenValue, golden, load, titleOf, values } from "./nn-support.ts";

interface ActivationCase {
  activation: string;
  config: { axis?: number };
  x: GoldenTensor | GoldenTensor["data"];
  y: GoldenTensor | GoldenTensor["data"];
  dy?: GoldenTensor;
  gradient: GoldenTensor | GoldenTensor["data"];
  kinks?: number[];
}

/** Keras and we round differently in the last bits. */
const tolerance = 1e-6;

const table = { ...activations, threshold } as Record<string, (x: Tensor, options?: unknown) => Tensor>;
const asTensor = (given: GoldenTensor | GoldenTensor["data"]): GoldenTensor =>
  Array.isArray(given) ? { shape: [given.length], data: given } : given;

describe("activations agree with Keras 3", () => {
  for (const { activation, config, dy, kinks = [], ...golden_ } of golden<ActivationCase>("activations")) {
    it(titleOf(activation, config), async () => {
      const [x, y, gradient] = [asTensor(golden_.x), asTensor(golden_.y), asTensor(golden_.gradient)];
      const input = load(x);
      const fn = table[activation] as (x: Tensor, options?: unknown) => Tensor;
      const output = fn(input, dy ? config.axis : config);
      const [value, slope] = (await values(
        output,
        ...gradients(sum(dy ? mul(output, load(dy)) : output), [input]),
      )) as [number[], number[]];
      if (dy) {
        expectClose(value, y, tolerance, "f");
        expectClose(slope, gradient, tolerance, "f'");
        return;
      }
      // Each number by itself, since they range over many powers of ten.
      x.data.forEach((at, index) => {
        // What can be known of f(x) in float32: a rounding of x itself is part of it.
        const scale = Number.isFinite(Number(at)) ? Math.abs(Number(at)) : 1;
        // A NaN is passed on here, so that it can be found; Keras's softShrink turns it into 0.
        const isOurNaN = activation === "softShrink" && at === "NaN";
        expectClose(
          [value[index] as number],
          isOurNaN ? "NaN" : (y.data[index] as GoldenValue),
          tolerance,
          `f(${at})`,
          scale,
        );
        // At infinity JAX's derivatives are often NaN where the limit is known; at NaN they are a convention.
        // Known: hardSilu's derivative in tensor/scalar.ts is 0·∞ there.
        const isDefined = at !== "NaN" && gradient.data[index] !== "NaN" && !kinks.includes(Number(at));
        if (isDefined)
          expectClose([slope[index] as number], gradient.data[index] as GoldenValue, 5 * tolerance, `f'(${at})`, 1);
      });
    });
  }
});
