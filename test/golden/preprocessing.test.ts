import { describe, expect, it } from "vitest";
import type { Layer } from "../../src/nn/layer.ts";
import { Normalization } from "../../src/nn/layers/index.ts";
import { Recording } from "../../src/nn/recording.ts";
import { type LayerFactory, layerFactories } from "../../src/nn/registry.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { mul } from "../../src/tensor/ops/elementwise.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import { affineTransform } from "../../src/tensor/ops/sampling.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose, type GoldenTensor, golden, load, titleOf, values } from "./nn-support.ts";

/** As scripts/golden/preprocessing.py writes it. */
interface PreprocessingCase {
  layer: string;
  config: object;
  training?: boolean;
  adapt?: GoldenTensor;
  transforms?: GoldenTensor;
  weights?: GoldenTensor;
  x: GoldenTensor;
  output: GoldenTensor;
  dy?: GoldenTensor;
  gradient?: GoldenTensor;
}

async function outputOf(one: PreprocessingCase, x: Tensor): Promise<Tensor> {
  if (one.transforms) return affineTransform(x, load(one.transforms), one.config);
  const layer: Layer = (layerFactories[one.layer] as LayerFactory)(one.config);
  if (layer instanceof Normalization && one.adapt)
    await layer.adapt({ data: one.adapt.data.map(Number), shape: one.adapt.shape });
  layer.ensureBuilt([null, ...one.x.shape.slice(1)]);
  const ctx = new Recording(layer, { training: one.training ?? false, key: tensor(randomKey(1)) });
  return layer.apply(one.weights ? [x, load(one.weights)] : x, ctx);
}

describe("preprocessing agrees with Keras 3, forwards and backwards", () => {
  for (const one of golden<PreprocessingCase>("preprocessing")) {
    it(titleOf(one.layer, one.config, `x [${one.x.shape}]${one.adapt ? ", adapted" : ""}`), async () => {
      const x = load(one.x, one.layer === "categoryEncoding" ? "int32" : "float32");
      const output = await outputOf(one, x);
      expect(output.shape).toEqual(one.output.shape);
      const dx = one.dy ? gradients(sum(mul(output, load(one.dy))), [x]) : [];
      const results = await values(output, ...dx);
      expectClose(results[0] as number[], one.output, 5e-6, "output");
      if (one.gradient) expectClose(results[1] as number[], one.gradient, 5e-6, "gradient of x");
    });
  }
});
