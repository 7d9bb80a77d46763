import { reshape } from "../tensor/ops/shaping.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * Adds axes of 1 at the end, so that a mask or a weight per sample broadcasts with a tensor of higher rank.
 */
export function withRank(x: Tensor, rank: number): Tensor {
  return reshape(x, [...x.shape, ...new Array<number>(rank - x.rank).fill(1)]);
}
