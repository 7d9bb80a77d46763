import { add, isFinite, sub, where } from "../../tensor/ops/elementwise.ts";
import type { Operand } from "../../tensor/ops/leaf.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Variable } from "../../tensor/variable.ts";

/**
 * A sum over any number of batches, kept as three float32 of falling size: 72 bits, so that the error of 2^40 terms is
 * below float32's precision. One float32 stops growing after 2^24 equal terms; two (48 bits) round each term to about
 * 1 % near 2^40,
 * always the same way where the terms are equal.
 * @see Knuth, TAOCP 2, 4.2.2 (the exact error of a sum); Hida, Li & Bailey 2001 for several floats as one number.
 */
export class RunningSum {
  /** High, middle and low part. The high part is the float32 nearest to the sum. */
  readonly parts: readonly [Variable, Variable, Variable];

  /** @param makeState makes a variable of zeros. */
  constructor(name: string, makeState: (name: string) => Variable) {
    this.parts = [makeState(name), makeState(`${name}_middle`), makeState(`${name}_low`)];
  }

  /** The sum so far, rounded to float32. */
  get value(): Tensor {
    return this.parts[0].tensor;
  }

  /** The parts after one more term. A number is a count, for which two parts do: whole numbers up to 2^48. */
  add(term: Operand): (readonly [Variable, Tensor])[] {
    const [high, middle, low] = this.parts;
    const [total, lost] = exactSum(high.tensor, term);
    if (typeof term === "number") {
      const [top, rest] = exactSumOfOrdered(total, add(middle, lost));
      return [
        [high, top],
        [middle, rest],
      ];
    }
    const [carried, lostBelow] = exactSum(middle.tensor, lost);
    const [top, rest] = exactSumOfOrdered(total, carried);
    const [center, bottom] = exactSumOfOrdered(rest, add(low, lostBelow));
    return [
      // The rounding error of an infinite sum is NaN and must not replace the infinity.
      [high, where(isFinite(total), top, total)],
      [middle, center],
      [low, bottom],
    ];
  }
}

/** a + b, rounded, and what the rounding lost. */
function exactSum(a: Tensor, b: Operand): [Tensor, Tensor] {
  const total = add(a, b);
  const ofB = sub(total, a);
  return [total, add(sub(a, sub(total, ofB)), sub(b, ofB))];
}

/** The same where |a| ≥ |b| or a is 0. */
function exactSumOfOrdered(a: Tensor, b: Tensor): [Tensor, Tensor] {
  const total = add(a, b);
  return [total, sub(b, sub(total, a))];
}
