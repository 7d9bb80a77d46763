import { describe, expect, it } from "vitest";
import { Recording } from "../../src/nn/recording.ts";
import { type LayerFactory, layerFactories } from "../../src/nn/registry.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { add, mul } from "../../src/tensor/ops/elementwise.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose, type GoldenTensor, golden, load, titleOf, values } from "./nn-support.ts";

/** A layer of several inputs, as scripts/golden/attention.py writes it. */
interface AttentionCase {
  layer: string;
  config: object;
  weights: (GoldenTensor & { name: string })[];
  inputs: GoldenTensor[];
  masks: (GoldenTensor | null)[];
  pairs?: GoldenTensor;
  outputs: GoldenTensor[];
  outputMask: GoldenTensor | null;
  dys: GoldenTensor[];
  gradients: { inputs: GoldenTensor[]; weights: GoldenTensor[] };
}

describe("attention and merging layers agree with Keras 3, forwards and backwards, with masks", () => {
  for (const one of golden<AttentionCase>("attention")) {
    const note = `${one.inputs.map(({ shape }) => `[${shape}]`)}${one.masks.some((mask) => mask) ? ", masked" : ""}${one.pairs ? ", pairs" : ""}`;
    it(titleOf(one.layer, one.config, note), async () => {
      const layer = (layerFactories[one.layer] as LayerFactory)(one.config);
      layer.ensureBuilt(one.inputs.map(({ shape }) => [null, ...shape.slice(1)]));
      const { variables } = layer;
      expect(variables.map(({ name, shape }) => `${name.split("/").slice(1).join("/")} [${shape}]`)).toEqual(
        one.weights.map(
          ({ name, shape }) => `${name.replace(/^.*(?=(query|key|value|gate|attentionOutput)\/)/, "")} [${shape}]`,
        ),
      );
      variables.forEach((variable, index) => {
        variable.assign((one.weights[index] as GoldenTensor).data.map(Number));
      });
      const inputs = one.inputs.map((input) => load(input));
      const ctx = new Recording(layer, { training: false, key: tensor(randomKey(1)) });
      one.masks.forEach((mask, index) => {
        if (mask) ctx.setMask(inputs[index] as Tensor, load(mask));
      });
      const outputs = layer.applyAll(one.pairs ? [...inputs, load(one.pairs)] : inputs, ctx);
      expect(outputs.map(({ shape }) => shape)).toEqual(one.outputs.map(({ shape }) => shape));
      const mask = ctx.maskOf(outputs[0] as Tensor);
      expect(mask && (await values(mask))[0]).toEqual(one.outputMask?.data);
      const total = outputs
        .map((output, index) => sum(mul(output, load(one.dys[index] as GoldenTensor))))
        .reduce((a, b) => add(a, b));
      const results = await values(...outputs, ...gradients(total, [...inputs, ...variables]));
      [...one.outputs, ...one.gradients.inputs, ...one.gradients.weights].forEach((expected, index) => {
        // The gradient of a key's bias is 0 but for rounding: adding a number to all scores of a step changes nothing.
        expectClose(results[index] as number[], expected, 5e-6, `result ${index}`, 1);
      });
    });
  }
});
