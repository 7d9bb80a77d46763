import { describe, it } from "vitest";
import type { Layer } from "../../src/nn/layer.ts";
import {
  activation,
  eluLayer,
  leakyReluLayer,
  prelu,
  reluLayer,
  softmaxLayer,
} from "../../src/nn/layers/activation.ts";
import { batchNormalization } from "../../src/nn/layers/batch-normalization.ts";
import { conv2d } from "../../src/nn/layers/conv.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import {
  groupNormalization,
  layerNormalization,
  rmsNormalization,
  unitNormalization,
} from "../../src/nn/layers/normalization.ts";
import { spectralNormalization } from "../../src/nn/layers/spectral-normalization.ts";
import { checkLayer, type LayerCase } from "./layer-case.ts";
import { golden, titleOf } from "./nn-support.ts";

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
  conv2d: ({ filters, kernelSize, ...options }) => conv2d(filters, kernelSize, options),
  spectralNormalization: ({ layer, layerConfig, ...options }) =>
    spectralNormalization((table[layer] as (typeof table)[string])(layerConfig), options),
};

/**
 * Sums over a batch in float32, in another order; more where a small spread stands on a large mean, of which float32
 * keeps fewer digits.
 */
const toleranceFor = ({ x }: LayerCase) => (Math.min(...x.data.map(Number)) > 4 ? 5e-5 : 5e-6);

describe("layers agree with Keras 3, forwards and backwards", () => {
  for (const one of golden<LayerCase>("layers")) {
    const mode = `${one.training ? "training" : "inference"}${one.trainable ? "" : ", frozen"}, x [${one.x.shape}]${one.mask ? ", masked" : ""}`;
    it(titleOf(one.layer, one.config, mode), async () => {
      const tolerance = toleranceFor(one);
      await checkLayer(
        one,
        (table[one.layer] as (typeof table)[string])({ ...one.config, trainable: one.trainable }),
        tolerance,
      );
    });
  }
});
