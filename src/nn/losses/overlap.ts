// Losses of overlap: Dice, Tversky.
import { checkNumber } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import { add, div, mul, sub } from "../../tensor/ops/elementwise.ts";
import { type Axes, sum } from "../../tensor/ops/reduction.ts";
import { type Loss, type LossOptions, lossTable, pairwiseLoss } from "../loss.ts";

const epsilon = 1e-7;

/** Options of {@link dice}. */
export interface DiceOptions extends LossOptions {
  /**
   * What is added up: for one overlap per sample, all axes but the batch. Default: all axes, one overlap for the whole
   * batch.
   */
  axis?: Axes;
}

/**
 * 1 − 2·|y ∩ p|/(|y| + |p|), for masks with values in [0, 1]. @see Milletari, Navab & Ahmadi 2016, arXiv:1606.04797.
 */
export function dice(given: DiceOptions = {}): Loss {
  const { axis = null, ...options } = checkOptions("dice", given, { axis: "number or list or null", ...lossTable });
  return pairwiseLoss(
    "dice",
    options,
    (y, p) => sub(1, div(mul(sum(mul(y, p), axis), 2), add(add(sum(y, axis), sum(p, axis)), epsilon))),
    { config: given },
  );
}

/** Options of {@link tversky}. */
export interface TverskyOptions extends DiceOptions {
  /** Weight of what is in the predictions and not in the labels (false positives), ≥ 0. Default 0.5. */
  alpha?: number;
  /** Weight of what is in the labels and not in the predictions (false negatives), ≥ 0. Default 0.5. */
  beta?: number;
}

/**
 * 1 − |y ∩ p|/(|y ∩ p| + alpha·|p − y| + beta·|y − p|): dice with a choice of which mistake is worse.
 * @see Salehi et al. 2017, arXiv:1706.05721; Keras 3.16 `losses.Tversky` (3.15 exchanged alpha and beta).
 */
export function tversky(given: TverskyOptions = {}): Loss {
  const table = { alpha: "number", beta: "number", axis: "number or list or null", ...lossTable } as const;
  const { alpha = 0.5, beta = 0.5, axis = null, ...options } = checkOptions("tversky", given, table);
  checkNumber("tversky", "alpha", alpha, "a finite number ≥ 0", (a) => a >= 0);
  checkNumber("tversky", "beta", beta, "a finite number ≥ 0", (b) => b >= 0);
  return pairwiseLoss(
    "tversky",
    options,
    (y, p) => {
      const both = sum(mul(y, p), axis);
      const extra = mul(sum(mul(p, sub(1, y)), axis), alpha);
      const missed = mul(sum(mul(sub(1, p), y), axis), beta);
      return sub(1, div(both, add(add(add(both, extra), missed), epsilon)));
    },
    { config: given },
  );
}
