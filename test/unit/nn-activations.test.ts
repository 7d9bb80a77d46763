import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { compile } from "../../src/compiler/compile.ts";
import type { ActivationName } from "../../src/nn/activation-names.ts";
import type { Activation } from "../../src/nn/activations.ts";
import { dense } from "../../src/nn/layers/index.ts";
import { Recording } from "../../src/nn/recording.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { mul, sigmoid } from "../../src/tensor/ops/elementwise.ts";
import { placeholder, tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

/** A dense layer's output and the gradients of its sum. */
function record(activation: ActivationName | Activation, x: Tensor): Tensor[] {
  const layer = dense(4, { activation, name: "layer" });
  layer.ensureBuilt([null, 3]);
  layer.initialize(1);
  const y = layer.apply(x, new Recording(layer, { training: true, key: tensor(randomKey(1)) }));
  return [y, ...gradients(sum(y), [x, ...layer.variables])];
}

const own = (x: Tensor) => mul(x, sigmoid(x));

describe("an activation of the user's own, written with ops", () => {
  it("fuses as the built-in one does: as many instructions, forward and backward", () => {
    const kinds = (activation: ActivationName | Activation) => {
      const outputs = Object.fromEntries(
        record(activation, placeholder("x", [5, 3])).map((output, index) => [String(index), output]),
      );
      return compile({ outputs }).program.instructions.map(({ kind }) => kind);
    };
    expect(kinds(own)).toEqual(kinds("silu"));
  });

  it("gives what the built-in one gives", async () => {
    const x = tensor([
      [1, -2, 3],
      [0, 0.5, -20],
    ]);
    const [mine, built] = [await evaluate(record(own, x), js()), await evaluate(record("silu", x), js())];
    mine.forEach((values, output) => {
      values.forEach((value, index) => {
        expect(value).toBeCloseTo(built[output]?.[index] as number, 5);
      });
    });
  });
});
