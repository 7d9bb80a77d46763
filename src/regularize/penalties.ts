// Penalties on weights, added to the loss.
import { checkNoMore, checkNonNegative } from "../checks.ts";
import { lookUp, shapeError, valueError } from "../errors.ts";
import { formatShape } from "../ir/shape.ts";
import { checkOptions } from "../options.ts";
import { abs, add, equal, mul, square, sub } from "../tensor/ops/elementwise.ts";
import { range } from "../tensor/ops/indexing.ts";
import { matmul } from "../tensor/ops/matmul.ts";
import { sum } from "../tensor/ops/reduction.ts";
import { expandDims } from "../tensor/ops/shaping.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { configured } from "./config.ts";
import { l2Normalize } from "./norm.ts";

/** A penalty on a tensor: a scalar that is added to the loss. Any function of this form will do. */
export type Penalty = (w: Tensor) => Tensor;

/**
 * l1·Σ|w|: drives weights to exactly 0.
 * @param factor finite, ≥ 0. Default 0.01.
 * @throws ValueError if it is negative or not finite.
 * @see Keras 3 `regularizers.L1`.
 */
export function l1(factor = 0.01, ...extra: never[]): Penalty {
  checkNoMore("l1", extra, "factor");
  checkNonNegative("l1", "l1", factor);
  return configured("l1", { l1: factor }, (w: Tensor) => mul(sum(abs(w)), factor));
}

/**
 * l2·Σw² (without ½): drives weights towards 0. With adaptive optimizers this is not the same as weight decay.
 * @param factor finite, ≥ 0. Default 0.01.
 * @throws ValueError if it is negative or not finite.
 * @see Keras 3 `regularizers.L2`.
 */
export function l2(factor = 0.01, ...extra: never[]): Penalty {
  checkNoMore("l2", extra, "factor");
  checkNonNegative("l2", "l2", factor);
  return configured("l2", { l2: factor }, (w: Tensor) => mul(sum(square(w)), factor));
}

/** Options of {@link l1l2}. */
export interface L1L2Options {
  /** Default 0. */
  l1?: number;
  /** Default 0. */
  l2?: number;
}

/**
 * l1·Σ|w| + l2·Σw² (elastic net).
 * @throws ValueError if a factor is negative or not finite.
 * @see Keras 3 `regularizers.L1L2`.
 */
export function l1l2(options: L1L2Options = {}): Penalty {
  const { l1: first = 0, l2: second = 0 } = checkOptions("l1l2", options, { l1: "number", l2: "number" });
  checkNonNegative("l1l2", "l1", first);
  checkNonNegative("l1l2", "l2", second);
  return configured("l1l2", { l1: first, l2: second }, (w: Tensor) =>
    add(mul(sum(abs(w)), first), mul(sum(square(w)), second)),
  );
}

const byName = {
  l1,
  l2,
  l1l2: (): Penalty => {
    const [first, second] = [l1(), l2()];
    return (w) => add(first(w), second(w));
  },
};

/**
 * The name of a penalty with factors of 0.01: so Keras documents it for "l1l2", too, although its class then has
 * factors of 0, which penalise nothing.
 */
export type PenaltyName = keyof typeof byName;

/**
 * A penalty from its name, or one as it is. @throws ValueError on an unknown name, with the nearest, and on what is no
 * penalty.
 */
export function penaltyOf(given: PenaltyName | Penalty | undefined, owner: string): Penalty | undefined {
  return typeof given === "string" ? lookUp(owner, "regularizer", byName, given)() : given;
}

/** Options of {@link orthogonalPenalty}. */
export interface OrthogonalPenaltyOptions {
  /** Finite, ≥ 0. Default 0.01. */
  factor?: number;
  /** What is to become orthogonal. Default "rows". */
  mode?: "rows" | "columns";
}

/**
 * factor · mean |cos| between different rows (or columns) of a matrix: drives them towards being orthogonal.
 * @throws ValueError on a bad factor or mode; ShapeError where the weight is not a matrix.
 * @see Keras 3 `regularizers.OrthogonalRegularizer`.
 */
export function orthogonalPenalty(options: OrthogonalPenaltyOptions = {}): Penalty {
  const { factor = 0.01, mode = "rows" } = checkOptions("orthogonalPenalty", options, {
    factor: "number",
    mode: "string",
  });
  checkNonNegative("orthogonalPenalty", "factor", factor);
  if (mode !== "rows" && mode !== "columns") {
    throw valueError("orthogonalPenalty", { rule: "unknown mode", expected: '"rows" or "columns"', received: mode });
  }
  return configured("orthogonalPenalty", { factor, mode }, (w: Tensor) => {
    if (w.rank !== 2)
      throw shapeError("orthogonalPenalty", {
        rule: "the weight must be a matrix",
        expected: "rank 2",
        received: formatShape(w.shape),
      });
    const size = w.shape[mode === "rows" ? 0 : 1] as number;
    const unit = l2Normalize(w, mode === "rows" ? 1 : 0);
    const cosines =
      mode === "rows" ? matmul(unit, unit, { transposeB: true }) : matmul(unit, unit, { transposeA: true });
    const diagonal = equal(expandDims(range(size), 1), range(size));
    return mul(sum(abs(mul(cosines, sub(1, diagonal)))), factor / (size * (size - 1)));
  });
}
