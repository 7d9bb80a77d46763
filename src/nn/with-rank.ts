import { reshape } from "../tensor/ops/shaping.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * What has the first axes of another tensor, such as a mask or a weight per sample, with axes of 1 behind, to broadcast
 * with it.
 */
export function withRank(x: Tensor, rank: number): Tensor {
  return reshape(x, [...x.shape, ...new Array<number>(rank - x.rank).fill(1)]);
}
