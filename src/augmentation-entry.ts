// `aretejs/augmentation`: layers and maps of data that change images at random, beyond the random layers of `aretejs`.
export {
  type BatchMixer,
  type CutMixOptions,
  cutMix,
  type LabelledBatch,
  type MixedBatch,
  type MixOptions,
  type MixUpOptions,
  mixUp,
} from "./data/mixing.ts";
export * from "./nn/layers/augmentation/index.ts";
