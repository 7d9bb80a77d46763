// The Muon optimizer.
import { checkNonNegative, checkPositive } from "../checks.ts";
import { checkNumber } from "../errors.ts";
import { add, div, mul, sqrt, square, sub } from "../tensor/ops/elementwise.ts";
import { matmul } from "../tensor/ops/matmul.ts";
import { sum } from "../tensor/ops/reduction.ts";
import { transpose } from "../tensor/ops/shaping.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { adamMethod } from "./adam.ts";
import { defineOptimizer, type Optimizer } from "./optimizer.ts";
import { isNamed, type OptimizerOptions, optimizerOptions } from "./optimizer-options.ts";
import type { Schedule } from "./schedule.ts";
import { slotsLike } from "./update-rule.ts";

/** Options of {@link muon}. The default learning rate is 0.001, the default weightDecay 0.004. */
export interface MuonOptions extends OptimizerOptions {
  /** Share of the old average that stays, in [0, 1]. Default 0.95. */
  momentum?: number;
  /** Looks one step ahead. Default true. */
  nesterov?: boolean;
  /** Newton–Schulz steps, in [1, 1000]: each is recorded. Default 5. */
  nsSteps?: number;
  /** Coefficients of a Newton–Schulz step. Default [3.4445, −4.775, 2.0315]. */
  nsCoefficients?: readonly [a: number, b: number, c: number];
  /** Steps are scaled by √max(rows, columns) times this, > 0; null for as they are. Default 0.2. */
  rmsRate?: number | null;
  /** Variables for AdamW although they are matrices, such as the last layer's: as in `excludeFromWeightDecay`. */
  excludeLayers?: readonly (Variable | string | RegExp)[];
  /** Whether embeddings (variables of that role) go to AdamW. Default true. */
  excludeEmbeddings?: boolean;
  /** AdamW's learning rate as a share of Muon's, ≥ 0. Default 1. */
  adamLrRatio?: number;
  /** AdamW's first decay, in [0, 1). Default 0.9. */
  adamBeta1?: number;
  /** AdamW's second decay, in [0, 1). Default 0.999. */
  adamBeta2?: number;
  /** AdamW's weight decay, ≥ 0. Default 0.004. */
  adamWeightDecay?: number;
  /** AdamW's epsilon, ≥ 0. Default 1e-7. */
  epsilon?: number;
}

/**
 * Muon: momentum whose step is made orthogonal, so that all directions of a matrix change at the same rate. For
 * matrices of hidden
 * layers; everything else (biases, filters, embeddings, excluded layers) goes to AdamW.
 *   m ← μ·m + g;  x = μ·m + g (Nesterov) or m;  x ← x/(‖x‖ + 1e-7);  nsSteps times: A = x·xᵀ, x ← a·x + (b·A + c·A²)·x
 *   w ← w − lr·x·√max(rows, columns)·rmsRate
 * Memory: one slot (m) per weight of a matrix, two (m, v) for the rest.
 * @throws ValueError where an option is out of range.
 * @see Keras 3 `optimizers.Muon`; Jordan et al. 2024; Liu et al. 2025, arXiv:2502.16982 (rmsRate).
 */
export function muon(given: MuonOptions | number | Schedule = {}, ...extra: never[]): Optimizer {
  const options = optimizerOptions("muon", given, extra, {
    momentum: "number",
    nesterov: "boolean",
    nsSteps: "number",
    nsCoefficients: "list",
    rmsRate: "number or null",
    excludeLayers: "list",
    excludeEmbeddings: "boolean",
    adamLrRatio: "number",
    adamBeta1: "number",
    adamBeta2: "number",
    adamWeightDecay: "number",
    epsilon: "number",
  });
  const {
    momentum = 0.95,
    nesterov = true,
    nsSteps = 5,
    nsCoefficients = [3.4445, -4.775, 2.0315],
    rmsRate = 0.2,
  } = options;
  const {
    weightDecay = 0.004,
    adamWeightDecay = 0.004,
    adamLrRatio = 1,
    adamBeta1 = 0.9,
    adamBeta2 = 0.999,
    epsilon = 1e-7,
  } = options;
  checkNumber("muon", "momentum", momentum, "a number in [0, 1]", (value) => value >= 0 && value <= 1);
  // Every step is recorded.
  checkNumber("muon", "nsSteps", nsSteps, "an integer in [1, 1000]", (n) => Number.isInteger(n) && n >= 1 && n <= 1000);
  if (rmsRate !== null) checkPositive("muon", "rmsRate", rmsRate);
  checkNonNegative("muon", "adamLrRatio", adamLrRatio);
  checkNonNegative("muon", "adamWeightDecay", adamWeightDecay);
  const adam = adamMethod("muon", { beta1: adamBeta1, beta2: adamBeta2, epsilon });
  const isMatrix = matrixTest(options);
  return defineOptimizer<"m" | "v" | "h", never, never>(
    "muon",
    { learningRate: 0.001, ...options, weightDecay },
    {
      slots: (variable) => (isMatrix(variable) ? slotsLike(variable, ["m"]) : adam.slots(variable)),
      weightDecayOf: (variable) => (isMatrix(variable) ? weightDecay : adamWeightDecay),
      begin: (scalars, shared) => {
        const rest = adam.begin({ ...scalars, learningRate: mul(scalars.learningRate, adamLrRatio) }, shared);
        return {
          rule: (w, g, slots, variable) => {
            if (!isMatrix(variable)) return rest.rule(w, g, slots, variable);
            const m = add(mul(slots.m, momentum), g);
            const step = orthogonalize(nesterov ? add(mul(m, momentum), g) : m, nsSteps, nsCoefficients);
            const scale = rmsRate === null ? 1 : Math.sqrt(Math.max(...w.shape)) * rmsRate;
            return { w: sub(w, mul(step, mul(scalars.learningRate, scale))), slots: { m } };
          },
        };
      },
    },
  );
}

function matrixTest({ excludeLayers = [], excludeEmbeddings = true }: MuonOptions): (variable: Variable) => boolean {
  return (variable) =>
    variable.shape.length === 2 &&
    !(excludeEmbeddings && variable.role === "embeddings") &&
    !isNamed(variable, excludeLayers);
}

/** Nearly the orthogonal factor of x, by Newton–Schulz steps on the shorter side. */
function orthogonalize(given: Tensor, steps: number, [a, b, c]: readonly [number, number, number]): Tensor {
  const [rows = 1, columns = 1] = given.shape;
  const isTall = rows > columns;
  let x = isTall ? transpose(given) : given;
  x = div(x, add(sqrt(sum(square(x))), 1e-7));
  for (let step = 0; step < steps; step++) {
    const gram = matmul(x, transpose(x));
    x = add(mul(x, a), matmul(add(mul(gram, b), mul(matmul(gram, gram), c)), x));
  }
  return isTall ? transpose(x) : x;
}
