import type { Tensor } from "../tensor/tensor.ts";

/** How values per sample become one number. */
export type Reduction = "sumOverBatchSize" | "sum" | "meanWithSampleWeight" | "none";

/** A loss: values per sample, and how they are reduced. */
export interface Loss {
  readonly name: string;
  /** Default "sumOverBatchSize": the sum divided by the number of values (not by the sum of weights), as in Keras. */
  readonly reduction: Reduction;
  /** One value per sample (the last axis is averaged or summed as Keras does): [batch, …]. */
  call(yTrue: Tensor, yPred: Tensor): Tensor;
}
