// The public losses.
export * from "./losses/circle.ts";
export { binaryCrossentropy, categoricalCrossentropy } from "./losses/crossentropy.ts";
export * from "./losses/ctc.ts";
export * from "./losses/distribution.ts";
export * from "./losses/focal.ts";
export * from "./losses/hinge.ts";
export type { LossFunction, LossName } from "./losses/names.ts";
export * from "./losses/overlap.ts";
export * from "./losses/regression.ts";
export * from "./losses/relative.ts";
export {
  type CrossentropyOptions,
  type SparseCategoricalCrossentropyOptions,
  sparseCategoricalCrossentropy,
} from "./losses/sparse-crossentropy.ts";
