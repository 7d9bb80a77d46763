// `aretejs/testing`: what helps to test ops, layers and backends.
export {
  type AllCloseMatchers,
  type Comparison,
  compareClose,
  type Numbers,
  type Tolerance,
  toBeAllClose,
} from "./allClose.ts";
export {
  type Arbitrary,
  arbitraries,
  type FastCheck,
  type ShapeLimits,
  type TensorArbitraries,
  type TensorValues,
  type ValueLimits,
} from "./arbitraries.ts";
export { type ConformanceCase, conformance } from "./conformance.ts";
export type { ConformanceHooks } from "./contract-later.ts";
export {
  type CheckedLayer,
  checkGradients,
  type GradientCheckOptions,
  type GradientElement,
  type GradientReport,
} from "./gradients.ts";
export { programOn, runInstructions, viewOf } from "./programs.ts";
