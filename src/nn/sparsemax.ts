// The sparsemax activation.
import { add, div, greater, lessEqual, maximum, mul, sub } from "../tensor/ops/elementwise.ts";
import { asTensor, type Operand } from "../tensor/ops/leaf.ts";
import { max, sum } from "../tensor/ops/reduction.ts";
import { expandDims, swapAxes } from "../tensor/ops/shaping.ts";
import { stopGradient } from "../tensor/ops/with-gradient.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * The point of the probability simplex nearest to x along an axis (default the last): like softmax, with exact zeros.
 *
 * With z in descending order, the support is the largest k with 1 + k·z_k > Σ_{j≤k} z_j, and τ = (Σ_{j≤k} z_j − 1)/k;
 * the result is max(x − τ, 0). No sorting: for every element, the number and the sum of those at least as large are
 * taken directly, which is O(n²) in the axis.
 * @see Martins & Astudillo 2016, arXiv:1602.02068.
 */
export function sparsemax(x: Operand, axis = -1): Tensor {
  const z = swapAxes(asTensor(x), axis, -1);
  // Shifting does not change the result, and keeps sums exact for large inputs.
  const shifted = sub(z, stopGradient(max(z, -1, true)));
  const atLeast = lessEqual(expandDims(shifted, -1), expandDims(shifted, -2));
  const rank = sum(atLeast, -1);
  const total = sum(mul(atLeast, expandDims(shifted, -2)), -1);
  const inSupport = stopGradient(greater(add(1, mul(rank, shifted)), total));
  const size = sum(inSupport, -1, true);
  const tau = div(sub(sum(mul(inSupport, shifted), -1, true), 1), size);
  return swapAxes(maximum(sub(shifted, tau), 0), axis, -1);
}
