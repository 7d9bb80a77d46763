import { describe, it } from "vitest";
import { Recording } from "../../src/nn/recording.ts";
import type { LayerFactory } from "../../src/nn/registry.ts";
import { layerFactories } from "../../src/nn/registry.ts";
import { gradients } from "../../src/tensor/autodiff.ts";
import { mul } from "../../src/tensor/ops/elementwise.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { randomKey } from "../../src/tensor/ops/random.ts";
import { sum } from "../../src/tensor/ops/reduction.ts";
import { expectClose, type GoldenTensor, golden, load, titleOf, values } from "./nn-support.ts";

interface PoolingCase {
  layer: string;
  config: object;
  /** Steps that count. */
  mask?: GoldenTensor;
  x: GoldenTensor;
  output: GoldenTensor;
  dy: GoldenTensor;
  gradient: GoldenTensor;
}

describe("pooling, padding, cropping and up-sampling agree with Keras 3, forwards and backwards", () => {
  for (const one of golden<PoolingCase>("pooling")) {
    it(titleOf(one.layer, one.config, `x [${one.x.shape}]`), async () => {
      const layer = (layerFactories[one.layer] as LayerFactory)(one.config);
      const x = load(one.x);
      const ctx = new Recording(layer, { training: false, key: tensor(randomKey(1)) });
      if (one.mask) ctx.setMask(x, load(one.mask));
      const output = layer.apply(x, ctx);
      if (ctx.maskOf(output)) throw new Error("the mask is used up");
      const [y, dx] = (await values(output, ...gradients(sum(mul(output, load(one.dy))), [x]))) as [number[], number[]];
      if (String(output.shape) !== String(one.output.shape))
        throw new Error(`shape [${output.shape}], Keras has [${one.output.shape}]`);
      expectClose(y, one.output, 1e-6, "output");
      expectClose(dx, one.gradient, 1e-6, "gradient of x");
    });
  }
});
