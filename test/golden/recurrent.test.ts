import { describe, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import type { Recurrent } from "../../src/nn/layers/index.ts";
import { Recording } from "../../src/nn/recording.ts";
import { layerFromConfig } from "../../src/nn/registry.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { add, mul } from "../../src/tensor/ops/elementwise.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { takeWeights } from "./layer-case.ts";
import { backend, expectClose, type GoldenTensor, golden, load, titleOf, values } from "./nn-support.ts";

interface RecurrentCase {
  layer: string;
  config: Record<string, unknown>;
  mask?: GoldenTensor;
  weights: (GoldenTensor & { name: string })[];
  x: GoldenTensor;
  states: GoldenTensor[];
  outputs: GoldenTensor[];
  dys: GoldenTensor[];
  gradients: { x: GoldenTensor; states: GoldenTensor[]; weights: GoldenTensor[] };
}

const tolerance = 5e-6;

describe("recurrent layers agree with Keras 3, forwards and backwards", () => {
  for (const one of golden<RecurrentCase>("recurrent")) {
    const mask = one.mask ? `, mask ${one.mask.data.join("")}` : "";
    it(titleOf(one.layer, one.config, `x [${one.x.shape}]${mask}, ${one.states.length} states`), async () => {
      const layer = layerFromConfig(one.layer, one.config);
      layer.ensureBuilt([null, ...one.x.shape.slice(1)]);
      const { variables } = layer;
      takeWeights(layer, one.weights);

      const x = load(one.x);
      const states = one.states.map((state) => load(state));
      const record = () => {
        const ctx = new Recording(layer, { training: true, key: tensor(randomKey(1)) });
        if (one.mask) ctx.setMask(x, load(one.mask));
        return { ctx, outputs: layer.applyAll(states.length > 0 ? [x, ...states] : x, ctx) };
      };
      if (one.config.stateful) {
        // Keras was called twice: what the first call leaves is where the second begins.
        const { updates } = record().ctx;
        const next = await evaluate([...updates.values()], backend);
        [...updates.keys()].forEach((state, index) => {
          state.assign(next[index] as Float32Array);
        });
        if (updates.size !== (layer as Recurrent).stateSizes.length) throw new Error(`${updates.size} states are kept`);
      }
      const { outputs } = record();
      const objective = outputs
        .map((output, index) => sum(mul(output, load(one.dys[index] as GoldenTensor))))
        .reduce((a, b) => add(a, b));
      const found = await values(...outputs, ...gradients(objective, [x, ...states, ...variables]));
      const expected: [string, GoldenTensor][] = [
        ...one.outputs.map((output, index): [string, GoldenTensor] => [`output ${index}`, output]),
        ["gradient of x", one.gradients.x],
        ...one.gradients.states.map((gradient, index): [string, GoldenTensor] => [
          `gradient of state ${index}`,
          gradient,
        ]),
        ...one.gradients.weights.map((gradient, index): [string, GoldenTensor] => [
          `gradient of ${variables[index]?.name}`,
          gradient,
        ]),
      ];
      if (outputs.length !== one.outputs.length)
        throw new Error(`${outputs.length} outputs, Keras has ${one.outputs.length}`);
      outputs.forEach((output: Tensor, index) => {
        if (String(output.shape) !== String(one.outputs[index]?.shape))
          throw new Error(`shape [${output.shape}], Keras has [${one.outputs[index]?.shape}]`);
      });
      expected.forEach(([what, value], index) => {
        expectClose(found[index] as number[], value, tolerance, what);
      });
    });
  }
});
