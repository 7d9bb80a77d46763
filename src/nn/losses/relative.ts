// Losses of regression that are relative, logarithmic or of angles.
import { checkOptions } from "../../options.ts";
import { l2Normalize } from "../../regularize/norm.ts";
import { abs, add, div, log, maximum, mul, neg, square, sub } from "../../tensor/ops/elementwise.ts";
import { mean, sum } from "../../tensor/ops/reduction.ts";
import { softplus } from "../activations.ts";
import { type Loss, type LossOptions, lossTable, pairwiseLoss } from "../loss.ts";

const epsilon = 1e-7;

/** 100 · mean of |y − p|/max(|y|, 1e-7) over the last axis. */
export const meanAbsolutePercentageError = (options: LossOptions = {}): Loss =>
  pairwiseLoss("meanAbsolutePercentageError", options, (y, p) =>
    mul(mean(abs(div(sub(y, p), maximum(abs(y), epsilon))), -1), 100),
  );

/** Mean of (log(y + 1) − log(p + 1))² over the last axis; values under 1e-7 count as 1e-7. */
export const meanSquaredLogarithmicError = (options: LossOptions = {}): Loss =>
  pairwiseLoss("meanSquaredLogarithmicError", options, (y, p) =>
    mean(square(sub(log(add(maximum(p, epsilon), 1)), log(add(maximum(y, epsilon), 1)))), -1),
  );

/** Mean of log(cosh(p − y)) over the last axis: nearly ½e² near 0, |e| − log 2 far away. */
export const logCosh = (options: LossOptions = {}): Loss =>
  pairwiseLoss("logCosh", options, (y, p) => {
    const error = sub(p, y);
    return mean(sub(add(error, softplus(mul(error, -2))), Math.LN2), -1);
  });

/** −cos of the angle between labels and predictions along an axis (default the last): −1 for the same direction. */
export function cosineSimilarity(
  given: LossOptions & {
    /** Of the vectors. Default -1, the last. */
    axis?: number;
  } = {},
): Loss {
  const { axis = -1, ...options } = checkOptions("cosineSimilarity", given, { axis: "number", ...lossTable });
  return pairwiseLoss(
    "cosineSimilarity",
    options,
    (y, p) => neg(sum(mul(l2Normalize(y, axis), l2Normalize(p, axis)), axis)),
    { config: given },
  );
}
