// Random options that many layers have.
import type { Tape } from "./tape.ts";

export type Options = Record<string, unknown>;

const names = (text: string): readonly string[] => text.split(" ");

// Not sparsemax, which Keras 3.15.1 computes wrongly (scripts/golden/activations.py).
export const activationNames = names(
  "relu tanh sigmoid linear elu selu softplus silu gelu mish softmax relu6 leakyRelu celu squareplus sparsePlus " +
    "softsign logSigmoid exponential hardSigmoid hardSilu hardTanh sparseSigmoid tanhShrink hardShrink " +
    "softShrink logSoftmax",
);

const initializers = (t: Tape): unknown =>
  t.pick<unknown>([
    ...names("glorotUniform glorotNormal heUniform heNormal lecunUniform lecunNormal ones randomNormal randomUniform"),
    { kind: "constant", value: 0.3 },
    { kind: "truncatedNormal", stddev: 0.4 },
    { kind: "varianceScaling", scale: 0.5, mode: "fanAvg", distribution: "uniform" },
  ]);

export const penalty = (t: Tape): unknown =>
  t.pick<unknown>([
    "l2",
    "l1",
    { kind: "l1", l1: 0.03 },
    { kind: "l2", l2: 0.2 },
    { kind: "l1l2", l1: 0.05, l2: 0.1 },
    { kind: "l1l2", l2: 0.1 },
  ]);

const matrixPenalty = (t: Tape): unknown =>
  t.once(3) ? { kind: "orthogonalPenalty", factor: 0.1, mode: t.pick(["rows", "columns"]) } : penalty(t);

const constraint = (t: Tape, rank: number): unknown => {
  const axis = t.pick<unknown>([0, rank - 1, rank > 1 ? [0, 1] : 0, rank > 2 ? [0, 1, 2].slice(0, rank - 1) : 0]);
  return t.pick<unknown>([
    "nonNeg",
    "unitNorm",
    "maxNorm",
    "minMaxNorm",
    { kind: "maxNorm", maxValue: 0.7, axis },
    { kind: "unitNorm", axis },
    { kind: "minMaxNorm", minValue: 0.3, maxValue: 0.9, rate: 0.6, axis },
  ]);
};

/** Initializer, penalty and constraint of a weight. @param rank of the weight. */
export function weight(t: Tape, name: string, rank: number): Options {
  return t.some(9, {
    [`${name}Initializer`]: () => initializers(t),
    [`${name}Regularizer`]: () => (rank === 2 ? matrixPenalty(t) : penalty(t)),
    [`${name}Constraint`]: () => constraint(t, rank),
  });
}

/** Activation, bias, and what concerns a kernel. */
export function kernel(t: Tape, rank: number, name = "kernel"): Options {
  return {
    ...t.some(3, { activation: () => t.pick(activationNames), useBias: () => t.once(2) }),
    ...weight(t, name, rank),
    ...weight(t, "bias", 1),
  };
}

/** Scale and shift of a normalization. */
export function affine(t: Tape, rank = 1): Options {
  return {
    ...t.some(4, { center: () => false, scale: () => false, epsilon: () => t.pick([0.01, 0.1, 1e-5]) }),
    ...weight(t, "gamma", rank),
    ...weight(t, "beta", rank),
  };
}

/** One number for all axes, or one for each. */
export function extents(t: Tape, axes: number, among: readonly number[]): number | number[] {
  if (!t.once(2)) return t.pick(among);
  return Array.from({ length: axes }, () => t.pick(among));
}

/** Margins: one number, one for each axis, or two for each. */
export function margins(t: Tape, axes: number, among: readonly number[]): unknown {
  const all = (make: () => unknown) => Array.from({ length: axes }, make);
  const pair = () => [t.pick(among), t.pick(among)];
  switch (t.below(3)) {
    case 0:
      return t.pick(among);
    case 1:
      return axes === 1 ? pair() : all(() => t.pick(among));
    default:
      return axes === 1 ? pair() : all(pair);
  }
}
