// Losses that compare distributions: Kullback-Leibler divergence, Poisson.
import { add, clip, div, log, mul, sub } from "../../tensor/ops/elementwise.ts";
import { mean, sum } from "../../tensor/ops/reduction.ts";
import { type Loss, type LossOptions, pairwiseLoss } from "../loss.ts";

const epsilon = 1e-7;

/** Kullback–Leibler divergence Σ y·log(y/p) over the last axis; both kept in [1e-7, 1]. */
export const klDivergence = (options: LossOptions = {}): Loss =>
  pairwiseLoss("klDivergence", options, (yTrue, yPred) => {
    const [y, p] = [clip(yTrue, epsilon, 1), clip(yPred, epsilon, 1)];
    return sum(mul(y, log(div(y, p))), -1);
  });

/** Mean of p − y·log(p + 1e-7) over the last axis: for counts, with p their expected number. */
export const poisson = (options: LossOptions = {}): Loss =>
  pairwiseLoss("poisson", options, (y, p) => mean(sub(p, mul(y, log(add(p, epsilon)))), -1));
