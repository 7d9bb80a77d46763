// Hinge losses.
import { add, equal, maximum, mul, square, sub, where } from "../../tensor/ops/elementwise.ts";
import { max, mean, min, sum } from "../../tensor/ops/reduction.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Loss, type LossOptions, pairwiseLoss } from "../loss.ts";

/** Labels −1 and 1; where all of them are 0 or 1, 0 becomes −1. */
function signed(y: Tensor): Tensor {
  const areBinary = min(maximum(equal(y, 0), equal(y, 1)));
  return where(areBinary, sub(mul(y, 2), 1), y);
}

const margins = (y: Tensor, p: Tensor): Tensor => maximum(sub(1, mul(signed(y), p)), 0);

/** Mean of max(1 − y·p, 0) over the last axis, with labels −1 and 1 (0 and 1 are converted). */
export const hinge = (options: LossOptions = {}): Loss =>
  pairwiseLoss("hinge", options, (y, p) => mean(margins(y, p), -1));

/** Mean of max(1 − y·p, 0)² over the last axis, with labels −1 and 1 (0 and 1 are converted). */
export const squaredHinge = (options: LossOptions = {}): Loss =>
  pairwiseLoss("squaredHinge", options, (y, p) => mean(square(margins(y, p)), -1));

/** max(highest score of a wrong class − score of the right one + 1, 0), with one-hot labels. */
export const categoricalHinge = (options: LossOptions = {}): Loss =>
  pairwiseLoss(
    "categoricalHinge",
    options,
    (y, p) => maximum(add(sub(max(mul(sub(1, y), p), -1), sum(mul(y, p), -1)), 1), 0),
    {
      labels: { kind: "oneHot", axis: -1 },
    },
  );
