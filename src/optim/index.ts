export { type AdamOptions, adam, type MomentOptions } from "./adam.ts";
export { type AdamWOptions, adamW } from "./adam-w.ts";
export type { ClipOptions } from "./clip.ts";
export {
  inSequence,
  type OneCycle,
  type OneCycleOptions,
  oneCycle,
  type Part,
  type WarmupOptions,
  warmup,
} from "./composite-schedules.ts";
export { type NadamOptions, nadam } from "./nadam.ts";
export { type ApplyOptions, defineOptimizer, Optimizer, type Phase } from "./optimizer.ts";
export type { OptimizerOptions } from "./optimizer-options.ts";
export type { OptimizerName } from "./optimizers.ts";
export { type RmspropOptions, rmsprop } from "./rmsprop.ts";
export type { Schedule } from "./schedule.ts";
export {
  type CosineDecayOptions,
  type CosineDecayRestartsOptions,
  cosineDecay,
  cosineDecayRestarts,
  type DecayOptions,
  exponentialDecay,
  inverseTimeDecay,
  type PiecewiseConstantDecayOptions,
  type PolynomialDecayOptions,
  type PowerDecayOptions,
  piecewiseConstantDecay,
  polynomialDecay,
  powerDecay,
  type RateDecayOptions,
} from "./schedules.ts";
export { type SgdOptions, sgd } from "./sgd.ts";
export type { Method, Rule, Scalars, SlotSpec, Slots } from "./update-rule.ts";
