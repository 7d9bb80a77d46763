import { describe, it } from "vitest";
import { layerFactories } from "../../src/nn/registry.ts";
import { checkLayer, type LayerCase } from "./layer-case.ts";
import { golden, titleOf } from "./nn-support.ts";

describe("convolution layers agree with Keras 3, forwards and backwards", () => {
  for (const one of golden<LayerCase>("conv")) {
    it(titleOf(one.layer, one.config, `x [${one.x.shape}]`), async () => {
      const factory = layerFactories[one.layer] as (typeof layerFactories)[string];
      await checkLayer(one, factory(one.config), 5e-6);
    });
  }
});
