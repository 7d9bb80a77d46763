// Circle loss.
import { checkNumber, shapeError } from "../../errors.ts";
import { formatShape } from "../../ir/shape.ts";
import { checkOptions } from "../../options.ts";
import {
  add,
  equal,
  exp,
  greater,
  isFinite as isFiniteNumber,
  log,
  maximum,
  mul,
  sub,
  where,
} from "../../tensor/ops/elementwise.ts";
import { range } from "../../tensor/ops/indexing.ts";
import { matmul } from "../../tensor/ops/matmul.ts";
import { max, sum } from "../../tensor/ops/reduction.ts";
import { expandDims, reshape } from "../../tensor/ops/shaping.ts";
import { stopGradient } from "../../tensor/ops/with-gradient.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { softplus } from "../activations.ts";
import { defineLoss, type Loss, type LossOptions, lossTable } from "../loss.ts";

/** Options of {@link circle}. */
export interface CircleOptions extends LossOptions {
  /** Scale of the similarities, > 0. Default 80. */
  gamma?: number;
  /** In [0, 1]. Default 0.4. */
  margin?: number;
  /** Leave out each sample's similarity with itself. Default true. */
  removeDiagonal?: boolean;
}

/**
 * Circle loss for embeddings [batch, dimensions] of length 1 with labels [batch]: brings samples of one class together
 * and those of different classes apart, each pair with a weight by how far it is from where it should be. Samples
 * without loss do not count in the mean.
 * @see Sun et al. 2020, arXiv:2002.10857; Keras 3 `losses.Circle`.
 */
export function circle(given: CircleOptions = {}): Loss {
  const table = { gamma: "number", margin: "number", removeDiagonal: "boolean", ...lossTable } as const;
  const { gamma = 80, margin = 0.4, removeDiagonal = true, ...options } = checkOptions("circle", given, table);
  checkNumber("circle", "gamma", gamma, "a finite number > 0", (g) => g > 0);
  checkNumber("circle", "margin", margin, "a number in [0, 1]", (m) => m >= 0 && m <= 1);
  return defineLoss(
    "circle",
    options,
    (yTrue, yPred) => {
      const labels = checkLabels(yTrue, yPred);
      const distances = maximum(sub(1, matmul(yPred, yPred, { transposeB: true })), 0);
      const same = equal(expandDims(labels, 1), expandDims(labels, 0));
      const [rows, columns] = [expandDims(range(labels.shape[0] as number), 1), range(labels.shape[0] as number)];
      const positives = removeDiagonal ? mul(same, sub(1, equal(rows, columns))) : same;
      const negatives = equal(same, 0);
      const pull = mul(mul(maximum(add(distances, margin), 0), sub(distances, margin)), gamma);
      const push = mul(mul(maximum(sub(1 + margin, distances), 0), sub(1 - margin, distances)), gamma);
      return softplus(add(logSumExp(pull, positives), logSumExp(push, negatives)));
    },
    { config: given, mask: (_, values) => greater(values, 0) },
  );
}

function checkLabels(yTrue: Tensor, yPred: Tensor): Tensor {
  const fits =
    yPred.rank === 2 &&
    (yTrue.rank === 1 || (yTrue.rank === 2 && yTrue.shape[1] === 1)) &&
    yTrue.shape[0] === yPred.shape[0];
  if (fits) return reshape(yTrue, [yTrue.shape[0] as number]);
  throw shapeError("circle", {
    rule: "labels are class numbers [batch], embeddings [batch, dimensions]",
    expected: `labels [${yPred.shape[0] ?? "batch"}]`,
    received: `labels ${formatShape(yTrue.shape)}, embeddings ${formatShape(yPred.shape)}`,
  });
}

/** log Σ e^x over the last axis where the mask is 1; −∞ where it is nowhere 1. */
function logSumExp(x: Tensor, mask: Tensor): Tensor {
  const kept = where(mask, x, Number.NEGATIVE_INFINITY);
  const highest = stopGradient(max(kept, -1, true));
  const shift = where(isFiniteNumber(highest), highest, 0);
  const total = sum(where(mask, exp(sub(where(mask, x, 0), shift)), 0), -1);
  const empty = equal(total, 0);
  return where(empty, Number.NEGATIVE_INFINITY, add(log(where(empty, 1, total)), reshape(shift, total.shape)));
}
