import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";

/**
 * A metric that is gathered on the backend: each run updates its variables, and `result` is computed from them when somebody asks.
 */
export interface Metric {
  readonly name: string;
  /** Which way is better, for callbacks in mode auto. */
  readonly direction: "min" | "max";
  /** State; all zero (or their `initial`) at the start of an epoch. */
  readonly variables: readonly Variable[];
  /** New values of the variables after one more batch. */
  update(yTrue: Tensor, yPred: Tensor, sampleWeight?: Tensor): readonly (readonly [Variable, Tensor])[];
  /** The metric so far, a scalar, from the variables. */
  result(): Tensor;
  /** Back to the start. */
  reset(): void;
}
