// Division by the Euclidean norm.
import { maximum, mul, rsqrt, square } from "../tensor/ops/elementwise.ts";
import { type Axes, sum } from "../tensor/ops/reduction.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * x/max(‖x‖, epsilon) with the Euclidean norm over the axes: vectors of length 1, and 0 for 0. As Keras's
 * `ops.normalize`.
 */
export function l2Normalize(x: Tensor, axes: Axes = -1, epsilon = 1e-7): Tensor {
  return mul(x, rsqrt(maximum(sum(square(x), axes, true), epsilon * epsilon)));
}
