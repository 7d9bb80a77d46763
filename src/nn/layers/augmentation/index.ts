// Layers that change images at random in training, beyond those that `aretejs` has (part of `aretejs/augmentation`).
export {
  type AutoContrastOptions,
  autoContrast,
  type RandomColorJitterOptions,
  randomColorDegeneration,
  randomColorJitter,
  randomGrayscale,
  randomHue,
  randomInvert,
  randomPosterization,
  randomSaturation,
  type SolarizationOptions,
  solarization,
} from "./random-color.ts";
export { type RandomErasingOptions, randomErasing } from "./random-erasing.ts";
export {
  type RandomGaussianBlurOptions,
  type RandomShearOptions,
  randomGaussianBlur,
  randomSharpness,
  randomShear,
} from "./random-filters.ts";
