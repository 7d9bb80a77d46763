// The most used losses of regression.
import { checkNumber } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import { abs, lessEqual, mul, square, sub, where } from "../../tensor/ops/elementwise.ts";
import { mean } from "../../tensor/ops/reduction.ts";
import { type Loss, type LossOptions, lossTable, pairwiseLoss } from "../loss.ts";

/** Mean of (y − p)² over the last axis. */
export const meanSquaredError = (options: LossOptions = {}): Loss =>
  pairwiseLoss("meanSquaredError", options, (y, p) => mean(square(sub(y, p)), -1));

/** Mean of |y − p| over the last axis. */
export const meanAbsoluteError = (options: LossOptions = {}): Loss =>
  pairwiseLoss("meanAbsoluteError", options, (y, p) => mean(abs(sub(y, p)), -1));

/**
 * Mean of ½e² where |e| ≤ delta, else delta·|e| − ½delta² (delta 1 by default): squares near 0, straight lines beyond.
 * @see Huber 1964.
 */
export function huber(
  given: LossOptions & {
    /** Error from which the loss is linear, > 0. Default 1. */
    delta?: number;
  } = {},
): Loss {
  const { delta = 1, ...options } = checkOptions("huber", given, { delta: "number", ...lossTable });
  checkNumber("huber", "delta", delta, "a finite number > 0", (d) => d > 0);
  return pairwiseLoss(
    "huber",
    options,
    (y, p) => {
      const error = sub(p, y);
      const size = abs(error);
      return mean(
        where(lessEqual(size, delta), mul(square(error), 0.5), sub(mul(size, delta), 0.5 * delta * delta)),
        -1,
      );
    },
    { config: given },
  );
}
