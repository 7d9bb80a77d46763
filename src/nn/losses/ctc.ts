// Connectionist temporal classification (CTC) loss.
import { shapeError } from "../../errors.ts";
import { formatShape } from "../../ir/shape.ts";
import { abs, add, equal, exp, log1p, maximum, mul, neg, notEqual, sub, where } from "../../tensor/ops/elementwise.ts";
import { oneHot } from "../../tensor/ops/indexing.ts";
import { concat, pad, slice } from "../../tensor/ops/joining.ts";
import { matmul } from "../../tensor/ops/matmul.ts";
import { sum } from "../../tensor/ops/reduction.ts";
import { fill, reshape } from "../../tensor/ops/shaping.ts";
import { logSoftmax } from "../../tensor/ops/softmax.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { defineLoss, type Loss, type LossOptions } from "../loss.ts";

/** Used as the logarithm of 0. */
const never = -1e5;

/**
 * Connectionist temporal classification: −log of the probability that per-step logits [batch, steps, classes] spell
 * labels [batch, length], where class 0 is the blank between letters and also fills up short labels. The forward
 * recursion is recorded step by step, so the graph grows with `steps`.
 * @throws ShapeError where labels are not [batch, length] or logits not [batch, steps, classes].
 * @see Graves et al. 2006; Keras 3 `losses.CTC`.
 */
export const ctc = (options: LossOptions = {}): Loss =>
  defineLoss("ctc", options, forwardScore, { labels: { kind: "class", axis: -1 } });

function forwardScore(labels: Tensor, logits: Tensor): Tensor {
  if (labels.rank !== 2 || logits.rank !== 3 || labels.shape[0] !== logits.shape[0]) {
    throw shapeError("ctc", {
      rule: "labels and logits have one batch",
      expected: "labels [batch, length], logits [batch, steps, classes]",
      received: `${formatShape(labels.shape)}, ${formatShape(logits.shape)}`,
    });
  }
  const [batch, steps, classes] = logits.shape as [number, number, number];
  const length = labels.shape[1] as number;
  const logs = logSoftmax(logits);
  const blanks = slice(logs, [0, 0, 0], [batch, steps, 1]);
  // [batch, steps, length]: the log probability of each label at each step.
  const letters = matmul(logs, oneHot(labels, classes), { transposeB: true });
  const repeats = pad(equal(slice(labels, [0, 0], [batch, length - 1]), slice(labels, [0, 1], [batch, length - 1])), [
    [0, 0],
    [0, 1],
  ]);
  const viaRepeat = mul(repeats, never);
  const viaOther = mul(sub(1, repeats), never);

  // between[b, i]: i letters are out and the last symbol was a blank (or nothing); on[b, i]: letter i is being said.
  let between = concat([fill([batch, 1], 0), fill([batch, length], never)]);
  let on = fill([batch, length], never);
  for (let step = 0; step < steps; step++) {
    const letter = reshape(slice(letters, [0, step, 0], [batch, 1, length]), [batch, length]);
    const blank = reshape(slice(blanks, [0, step, 0], [batch, 1, 1]), [batch, 1]);
    // A letter may follow another at once, unless they are the same.
    const ready = advance(between, add(on, viaRepeat));
    const nextOn = logAddExp(add(slice(ready, [0, 0], [batch, length]), letter), add(on, letter));
    between = advance(add(ready, blank), add(add(on, blank), viaOther));
    on = nextOn;
  }
  between = advance(between, on);
  const lengths = sum(notEqual(labels, 0), -1);
  return neg(sum(where(oneHot(lengths, length + 1), between, 0), -1));
}

/** Adds probability to all states of `between` but the first. */
function advance(between: Tensor, added: Tensor): Tensor {
  const [batch, states] = between.shape as [number, number];
  return concat([slice(between, [0, 0], [batch, 1]), logAddExp(slice(between, [0, 1], [batch, states - 1]), added)]);
}

/** log(e^a + e^b). */
function logAddExp(a: Tensor, b: Tensor): Tensor {
  return add(maximum(a, b), log1p(exp(neg(abs(sub(a, b))))));
}
