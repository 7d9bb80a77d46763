import { describe, it } from "vitest";
import { Recording } from "../../src/nn/context.ts";
import type { Layer } from "../../src/nn/layer.ts";
import { activation, eluLayer, leakyReluLayer, prelu, reluLayer, softmaxLayer } from "../../src/nn/layers/activation.ts";
import { batchNormalization } from "../../src/nn/layers/batch-normalization.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { groupNormalization, layerNormalization, rmsNormalization, unitNormalization } from "../../src/nn/layers/normalization.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { mul } from "../../src/tensor/ops/elementwise.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose, type GoldenTensor, golden, load, titleOf, values } from "./nn-support.ts";

interface LayerCase {
  layer: string;
  // biome-ignore lint/suspicious/noExplicitAny: the options of any layer
  config: any;
  training?: boolean;
  trainable: boolean;
  note?: string;
  weights: (GoldenTensor & { name: string })[];
  x: GoldenTensor;
  output: GoldenTensor;
  dy: GoldenTensor;
  gradients: { x: GoldenTensor; weights: GoldenTensor[] };
  updated?: (GoldenTensor & { name: string })[];
}

const table: Record<string, (config: LayerCase["config"]) => Layer> = {
  dense: ({ units, ...options }) => dense(units, options),
  activation: (config) => activation(config.activation),
  relu: reluLayer,
  leakyRelu: leakyReluLayer,
  prelu,
  elu: eluLayer,
  softmax: softmaxLayer,
  batchNormalization,
  layerNormalization,
  groupNormalization,
  rmsNormalization,
  unitNormalization,
};

/** Sums over a batch in float32, in another order; more where a small spread stands on a large mean, of which float32 keeps fewer digits. */
const toleranceFor = ({ x }: LayerCase) => (Math.min(...x.data.map(Number)) > 4 ? 5e-5 : 5e-6);

describe("layers agree with Keras 3, forwards and backwards", () => {
  for (const one of golden<LayerCase>("layers")) {
    const mode = `${one.training ? "training" : "inference"}${one.trainable ? "" : ", frozen"}, x [${one.x.shape}]`;
    it(titleOf(one.layer, one.config, mode), async () => {
      const tolerance = toleranceFor(one);
      const layer = (table[one.layer] as (typeof table)[string])({ ...one.config, trainable: one.trainable });
      layer.ensureBuilt([null, ...one.x.shape.slice(1)]);
      const { variables } = layer;
      if (variables.length !== one.weights.length) throw new Error(`${variables.length} variables, Keras has ${one.weights.length}`);
      variables.forEach((variable, index) => {
        variable.assign((one.weights[index] as GoldenTensor).data.map(Number));
      });

      const x = load(one.x);
      const ctx = new Recording(layer, { training: one.training ?? false, key: tensor(randomKey(1)) });
      const output = layer.invoke(x, ctx) as Tensor;
      const objective = sum(mul(output, load(one.dy)));
      const trainable = layer.trainableVariables;
      const updated = variables.filter((variable) => ctx.updates.has(variable));
      const [y, dx, ...rest] = (await values(
        output,
        ...gradients(objective, [x, ...trainable]),
        ...updated.map((variable) => ctx.updates.get(variable) as Tensor),
      )) as [number[], number[], ...number[][]];

      expectClose(y, one.output, tolerance, "output");
      expectClose(dx, one.gradients.x, tolerance, "gradient of x");
      one.gradients.weights.forEach((gradient, index) => {
        expectClose(rest[index] as number[], gradient, tolerance, `gradient of ${trainable[index]?.name}`);
      });
      const moved = rest.slice(trainable.length);
      (one.updated ?? []).forEach((value, index) => {
        const moving = variables.filter((variable) => !variable.trainable)[index];
        const at = updated.indexOf(moving as (typeof updated)[number]);
        // What is not updated must be what it was.
        const got = at >= 0 ? moved[at] : one.weights[variables.indexOf(moving as (typeof variables)[number])]?.data.map(Number);
        expectClose(got as number[], value, tolerance, value.name);
      });
    });
  }
});
