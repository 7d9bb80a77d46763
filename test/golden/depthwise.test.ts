import { describe, it } from "vitest";
import { Recording } from "../../src/nn/recording.ts";
import { type LayerFactory, layerFactories } from "../../src/nn/registry.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { mul } from "../../src/tensor/ops/elementwise.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import { takeWeights } from "./layer-case.ts";
import { expectClose, type GoldenTensor, golden, load, titleOf, values } from "./nn-support.ts";

interface ConvolutionCase {
  layer: string;
  config: object;
  weights: (GoldenTensor & { name: string })[];
  x: GoldenTensor;
  output: GoldenTensor;
  dy: GoldenTensor;
  gradients: { x: GoldenTensor; weights: GoldenTensor[] };
}

describe("depthwise convolutions agree with Keras 3, forwards and backwards", () => {
  for (const one of golden<ConvolutionCase>("depthwise")) {
    it(titleOf(one.layer, one.config, `x [${one.x.shape}]`), async () => {
      const layer = (layerFactories[one.layer] as LayerFactory)(one.config);
      layer.ensureBuilt([null, ...one.x.shape.slice(1)]);
      const { variables } = layer;
      takeWeights(layer, one.weights);
      const x = load(one.x);
      const output = layer.apply(x, new Recording(layer, { training: false, key: tensor(randomKey(1)) }));
      if (String(output.shape) !== String(one.output.shape))
        throw new Error(`shape [${output.shape}], Keras has [${one.output.shape}]`);
      const objective = sum(mul(output, load(one.dy)));
      const [y, dx, ...rest] = (await values(output, ...gradients(objective, [x, ...variables]))) as [
        number[],
        number[],
        ...number[][],
      ];
      expectClose(y, one.output, 2e-6, "output");
      expectClose(dx, one.gradients.x, 2e-6, "gradient of x");
      one.gradients.weights.forEach((gradient, index) => {
        expectClose(rest[index] as number[], gradient, 2e-6, `gradient of ${variables[index]?.name}`);
      });
    });
  }
});
