// Layers of `aretejs/augmentation` in `.keras` files: how they are made.
import * as layers from "../../nn/layers/augmentation/index.ts";
import type { LayerFactory } from "../../nn/usual-factories.ts";

/** Makes the layers from options, by kind. */
export const augmentationFactories: Readonly<Record<string, LayerFactory>> = {
  autoContrast: layers.autoContrast,
  randomColorDegeneration: ({ factor, ...options }) => layers.randomColorDegeneration(factor, options),
  randomColorJitter: layers.randomColorJitter,
  randomErasing: layers.randomErasing,
  randomGaussianBlur: layers.randomGaussianBlur,
  randomGrayscale: ({ factor, ...options }) => layers.randomGrayscale(factor, options),
  randomHue: ({ factor, ...options }) => layers.randomHue(factor, options),
  randomInvert: ({ factor, ...options }) => layers.randomInvert(factor, options),
  randomPosterization: ({ factor, ...options }) => layers.randomPosterization(factor, options),
  randomSaturation: ({ factor, ...options }) => layers.randomSaturation(factor, options),
  randomSharpness: ({ factor, ...options }) => layers.randomSharpness(factor, options),
  randomShear: layers.randomShear,
  solarization: layers.solarization,
};
