// Random losses, metrics and optimizers, as plain descriptions.
import type { Options } from "./options.ts";
import type { Tape } from "./tape.ts";

export interface Described {
  readonly kind: string;
  readonly options: Options;
}

/** What labels are like, and what has to come before the loss. */
export interface Objective {
  /** Numbers of any sign; numbers in [0, 1]; 0 or 1; one of the last axis is 1; class numbers; −1 or 1. */
  readonly labels: "real" | "unit" | "binary" | "oneHot" | "class" | "sign";
  /** An activation to put behind the model. */
  readonly head?: "sigmoid" | "softmax";
  readonly loss: Described;
  readonly metrics: readonly Described[];
}

type Family = Omit<Objective, "loss" | "metrics"> & {
  readonly losses: Readonly<Record<string, (t: Tape, shape: readonly number[]) => Options>>;
  readonly metrics: Readonly<Record<string, (t: Tape, shape: readonly number[]) => Options | undefined>>;
};

const none = () => ({});
const thresholds = (t: Tape) => t.some(2, { thresholds: () => t.pick<unknown>([0.4, [0.3]]) });
const axisOf = (t: Tape, shape: readonly number[]) =>
  t.some(3, { axis: () => (t.once(2) ? -1 : 1 + t.below(shape.length)) });

const regression: Family["metrics"] = {
  meanSquaredError: none,
  meanAbsoluteError: none,
  rootMeanSquaredError: none,
  meanAbsolutePercentageError: none,
  meanSquaredLogarithmicError: none,
  logCosh: none,
  cosineSimilarity: none,
  pearsonCorrelation: none,
  concordanceCorrelation: none,
  r2Score: (t, shape) =>
    shape.length === 1
      ? // Not numRegressors, in which Keras 3.16 differs from 3.15.
        t.some(2, { classAggregation: () => "varianceWeightedAverage" })
      : undefined,
};

const counting: Family["metrics"] = Object.fromEntries(
  ["truePositives", "falsePositives", "trueNegatives", "falseNegatives"].map((kind) => [kind, thresholds]),
);

const atRate = (t: Tape) => ({ least: t.pick([0.5, 0.8]), ...t.some(2, { numThresholds: () => 7 }) });

const rates: Family["metrics"] = {
  sensitivityAtSpecificity: atRate,
  specificityAtSensitivity: atRate,
  precisionAtRecall: atRate,
  recallAtPrecision: atRate,
};

const ofClasses = (t: Tape, shape: readonly number[]): Options => ({
  ...thresholds(t),
  ...t.some(3, { topK: () => 1 + t.below(shape.at(-1) as number), classId: () => t.below(shape.at(-1) as number) }),
});

const scores = (t: Tape, shape: readonly number[]) =>
  shape.length === 1
    ? t.some(2, { average: () => t.pick(["micro", "macro", "weighted"]), threshold: () => 0.4 })
    : undefined;

const auc = (t: Tape, shape: readonly number[]) => ({
  ...t.some(2, {
    numThresholds: () => t.pick([5, 20, 3]),
    curve: () => t.pick(["PR", "ROC", "PRGAIN"]),
    summationMethod: () => t.pick(["minoring", "majoring"]),
  }),
  ...(shape.length === 1 && t.once(3) && { multiLabel: true }),
});

const gamma = (t: Tape) => t.some(2, { gamma: () => t.pick([1, 3]), alpha: () => 0.4 });
const smoothing = (t: Tape) => t.some(3, { labelSmoothing: () => 0.2 });
const logits = () => ({ fromLogits: true });

const families: readonly Family[] = [
  {
    labels: "real",
    losses: {
      meanSquaredError: none,
      meanAbsoluteError: none,
      huber: (t) => t.some(2, { delta: () => 0.4 }),
      logCosh: none,
      meanAbsolutePercentageError: none,
      meanSquaredLogarithmicError: none,
      cosineSimilarity: axisOf,
    },
    metrics: regression,
  },
  {
    labels: "oneHot",
    head: "softmax",
    losses: {
      categoricalCrossentropy: smoothing,
      categoricalFocalCrossentropy: (t) => ({ ...gamma(t), ...smoothing(t) }),
      klDivergence: none,
      categoricalHinge: none,
    },
    metrics: {
      accuracy: none,
      categoricalAccuracy: none,
      topKCategoricalAccuracy: (t, shape) => ({ k: 1 + t.below(shape.at(-1) as number) }),
      precision: ofClasses,
      recall: ofClasses,
      f1Score: scores,
      fBetaScore: (t, shape) => {
        const options = scores(t, shape);
        return options && { ...options, ...t.some(2, { beta: () => 2 }) };
      },
      auc,
      categoricalCrossentropy: smoothing,
      // Keras takes no weights for several axes.
      oneHotMeanIou: (_, shape) => (shape.length === 1 ? { numClasses: shape.at(-1) } : undefined),
      oneHotIou: (_, shape) => (shape.length === 1 ? { numClasses: shape.at(-1), targetClassIds: [0] } : undefined),
      klDivergence: none,
      ...counting,
    },
  },
  {
    labels: "class",
    head: "softmax",
    losses: {
      sparseCategoricalCrossentropy: (t) => t.some(3, { ignoreClass: () => 0 }),
      categoricalGeneralizedCrossEntropy: (t) => t.some(2, { q: () => 0.4 }),
    },
    metrics: {
      accuracy: none,
      sparseCategoricalAccuracy: none,
      sparseTopKCategoricalAccuracy: (t, shape) => ({ k: 1 + t.below(shape.at(-1) as number) }),
      sparseCategoricalCrossentropy: (t) => t.some(3, { ignoreClass: () => 0 }),
      meanIou: (t, shape) => ({
        numClasses: shape.at(-1),
        sparseYPred: false,
        ...t.some(3, { ignoreClass: () => 0 }),
      }),
    },
  },
  {
    labels: "binary",
    head: "sigmoid",
    losses: {
      binaryCrossentropy: smoothing,
      binaryFocalCrossentropy: (t) => ({
        ...gamma(t),
        ...smoothing(t),
        ...t.some(3, { applyClassBalancing: () => true }),
      }),
      dice: axisOf,
      // Keras 3.15.1 has alpha and beta the wrong way round: they are equal here.
      tversky: (t, shape) => ({ ...(t.once(2) && { alpha: 0.3, beta: 0.3 }), ...axisOf(t, shape) }),
      poisson: none,
      meanSquaredError: none,
    },
    metrics: {
      accuracy: none,
      binaryAccuracy: (t) => t.some(2, { threshold: () => 0.4 }),
      precision: thresholds,
      recall: thresholds,
      auc,
      binaryCrossentropy: smoothing,
      poisson: none,
      ...counting,
      ...rates,
    },
  },
  { labels: "binary", losses: { binaryCrossentropy: logits, binaryFocalCrossentropy: logits }, metrics: regression },
  { labels: "oneHot", losses: { categoricalCrossentropy: logits, categoricalFocalCrossentropy: logits }, metrics: {} },
  { labels: "class", losses: { sparseCategoricalCrossentropy: logits }, metrics: { accuracy: none } },
  { labels: "sign", losses: { hinge: none, squaredHinge: none }, metrics: { hinge: none, squaredHinge: none } },
  {
    labels: "unit",
    head: "sigmoid",
    losses: { binaryCrossentropy: none, poisson: none, klDivergence: none },
    metrics: regression,
  },
];

/** A loss that fits an output, with metrics. @param shape of a sample. */
export function objective(t: Tape, shape: readonly number[]): Objective {
  const fitting = families.filter(({ labels }) => !/oneHot|class/.test(labels) || (shape.at(-1) as number) > 1);
  const { losses, metrics, ...rest } = t.pick(fitting);
  const kind = t.pick(Object.keys(losses));
  const options = losses[kind]?.(t, shape) ?? {};
  const reduction = t.some(4, { reduction: () => t.pick(["sum", "meanWithSampleWeight"]) });
  const chosen = Object.entries(metrics).flatMap(([name, make]) => {
    const made = t.once(5) ? make(t, shape) : undefined;
    return made ? [{ kind: name, options: made }] : [];
  });
  return { ...rest, loss: { kind, options: { ...options, ...reduction } }, metrics: chosen };
}

const schedules: readonly Described[] = [
  { kind: "exponentialDecay", options: { initialLearningRate: 0.1, decaySteps: 2, decayRate: 0.5, staircase: true } },
  { kind: "exponentialDecay", options: { initialLearningRate: 0.1, decaySteps: 3, decayRate: 0.5 } },
  { kind: "inverseTimeDecay", options: { initialLearningRate: 0.1, decaySteps: 2, decayRate: 0.5 } },
  { kind: "polynomialDecay", options: { initialLearningRate: 0.1, decaySteps: 4, power: 2, cycle: true } },
  { kind: "cosineDecay", options: { initialLearningRate: 0.01, decaySteps: 4, warmupTarget: 0.1, warmupSteps: 2 } },
  { kind: "cosineDecayRestarts", options: { initialLearningRate: 0.1, firstDecaySteps: 2, mMul: 0.8 } },
  { kind: "piecewiseConstantDecay", options: { boundaries: [1, 3], values: [0.1, 0.05, 0.01] } },
];

const optimizers: Readonly<Record<string, (t: Tape) => Options>> = {
  sgd: (t) => t.some(2, { momentum: () => 0.9, nesterov: () => true }),
  adam: (t) => t.some(3, { amsgrad: () => true, beta1: () => 0.7, beta2: () => 0.9, epsilon: () => 1e-3 }),
  rmsprop: (t) => t.some(2, { centered: () => true, momentum: () => 0.5, rho: () => 0.8 }),
  adamW: (t) => t.some(3, { amsgrad: () => true, beta1: () => 0.7 }),
  nadam: (t) => t.some(3, { beta1: () => 0.7, epsilon: () => 1e-3 }),
  adagrad: (t) => t.some(2, { initialAccumulatorValue: () => 0.3, epsilon: () => 1e-3 }),
  adadelta: (t) => t.some(2, { rho: () => 0.8, epsilon: () => 1e-3 }),
  adamax: (t) => t.some(2, { beta1: () => 0.7, beta2: () => 0.8 }),
  lion: (t) => t.some(2, { beta1: () => 0.7 }),
  ftrl: (t) =>
    t.some(2, {
      learningRatePower: () => -0.7,
      l1RegularizationStrength: () => 0.01,
      l2RegularizationStrength: () => 0.02,
      l2ShrinkageRegularizationStrength: () => 0.03,
      beta: () => 0.2,
    }),
  lamb: (t) => t.some(2, { beta1: () => 0.7, epsilon: () => 1e-3 }),
  adafactor: (t) => t.some(2, { relativeStep: () => false, clipThreshold: () => 0.5, beta2Decay: () => -0.5 }),
  muon: (t) =>
    t.some(2, {
      nesterov: () => false,
      nsSteps: () => 3,
      adamLrRatio: () => 0.5,
      rmsRate: () => null,
      momentum: () => 0.8,
    }),
  scheduleFreeAdamW: (t) => t.some(2, { warmupSteps: () => 2, beta1: () => 0.8 }),
};

/** An optimizer; where `schedule` is there, it is its learning rate. */
export function optimizer(t: Tape): Described & { schedule?: Described } {
  const kind = t.pick(Object.keys(optimizers));
  const own = optimizers[kind]?.(t) ?? {};
  const clip = t.pick<Options>([{}, {}, { clipNorm: 0.3 }, { clipValue: 0.1 }, { globalClipNorm: 0.4 }]);
  const ema = t.once(6)
    ? { useEma: true, ...t.some(2, { emaMomentum: () => 0.8, emaOverwriteFrequency: () => 2 }) }
    : {};
  const rest = t.some(6, { weightDecay: () => 0.1, gradientAccumulationSteps: () => 2, lossScaleFactor: () => 4 });
  const options = { learningRate: t.pick([0.01, 0.1]), ...own, ...clip, ...ema, ...rest };
  return { kind, options, ...(t.once(4) && { schedule: t.pick(schedules) }) };
}
