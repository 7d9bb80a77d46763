// Initializers of weights: what `initializers` and `aretejs/initializers` export.
import { checkNumber, lookUp, shapeError } from "../errors.ts";
import type { NumericArray } from "../ir/dtype.ts";
import { formatShape, type Shape, sizeOf } from "../ir/shape.ts";
import { checkOptions, type OptionTable } from "../options.ts";
import { configured } from "../regularize/config.ts";
import { equal, mul } from "../tensor/ops/elementwise.ts";
import { range } from "../tensor/ops/indexing.ts";
import {
  randomNormal as normal,
  randomTruncatedNormal as truncated,
  randomUniform as uniform,
} from "../tensor/ops/random.ts";
import { expandDims } from "../tensor/ops/shaping.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Fans, fansOf } from "./fans.ts";
import { orthogonalMatrix } from "./orthogonal.ts";

export type { InitializerName } from "./initializer-names.ts";
export { type StftOptions, stft } from "./stft.ts";

/** Where an initializer's random numbers come from: the model's seed and the variable's own stream. */
export interface RandomSource {
  readonly seed: number;
  readonly stream: number;
}

/**
 * Gives a variable's first values: a recorded tensor (which runs on any backend), data in row-major order, or one
 * number for all.
 */
export type Initializer = (shape: Shape, source: RandomSource) => Tensor | NumericArray | number;

/** Options of every random initializer. */
export interface SeedOptions {
  /**
   * A whole number. Default: the model's seed with a stream per variable. An explicit seed gives the same values to
   * every variable of one shape.
   */
  seed?: number;
}

/** An initializer that can be given by name: a factory whose options all have defaults, as in Keras. */
type Draw = (shape: Shape, source: RandomSource) => Tensor | NumericArray;

function seeded(kind: string, config: SeedOptions & object, draw: Draw): Initializer {
  const { seed } = config;
  if (seed !== undefined) checkNumber(kind, "seed", seed, "a whole number within ±2^53", Number.isSafeInteger);
  return configured(kind, { ...config }, (shape: Shape, source: RandomSource) =>
    draw(shape, seed === undefined ? source : { seed, stream: 0 }),
  );
}

// ── Constant

/** All zeros. */
export const zeros = (): Initializer => configured("zeros", {}, () => 0);

/** All ones. */
export const ones = (): Initializer => configured("ones", {}, () => 1);

/** All `value` (default 0): `constant(0.5)` or `constant({ value: 0.5 })`. @throws ValueError if it is not finite. */
export function constant(
  options:
    | {
        /** Every first value. Default 0. */
        value?: number;
      }
    | number = {},
): Initializer {
  const { value = 0 } = checkOptions("constant", typeof options === "number" ? { value: options } : options, {
    value: "number",
  });
  checkNumber("constant", "value", value, "a finite number", () => true);
  return configured("constant", { value }, () => value);
}

/**
 * `gain` (default 1) times the identity matrix; rectangles have ones on the main diagonal. @throws ShapeError unless
 * the rank is 2.
 */
export function identity(
  options: {
    /** What the diagonal holds. Default 1. */
    gain?: number;
  } = {},
): Initializer {
  const { gain = 1 } = checkOptions("identity", options, { gain: "number" });
  checkNumber("identity", "gain", gain, "a finite number", () => true);
  return configured("identity", { gain }, (shape: Shape) => {
    if (shape.length !== 2)
      throw shapeError("identity", {
        rule: "only matrices have an identity",
        expected: "rank 2",
        received: formatShape(shape),
      });
    return mul(equal(expandDims(range(shape[0] as number), 1), range(shape[1] as number)), gain);
  });
}

// ── Random, of a given spread

/** Options of {@link randomNormal} and {@link truncatedNormal}. */
export interface NormalOptions extends SeedOptions {
  /** Default 0. */
  mean?: number;
  /** ≥ 0. Default 0.05. */
  stddev?: number;
}

const normalTable: OptionTable<NormalOptions> = { mean: "number", stddev: "number", seed: "number" };

/** Normal. @see Keras 3 `initializers.RandomNormal`. */
export function randomNormal(given: NormalOptions = {}): Initializer {
  const options = checkOptions("randomNormal", given, normalTable);
  const { mean, stddev } = checkNormal("randomNormal", options);
  return seeded("randomNormal", options, (shape, source) => normal(shape, { ...source, mean, stddev }));
}

/**
 * Normal, restricted to two standard deviations around the mean, without correction of the spread. @see Keras 3
 * `initializers.TruncatedNormal`.
 */
export function truncatedNormal(given: NormalOptions = {}): Initializer {
  const options = checkOptions("truncatedNormal", given, normalTable);
  const { mean, stddev } = checkNormal("truncatedNormal", options);
  return seeded("truncatedNormal", options, (shape, source) => truncated(shape, { ...source, mean, stddev }));
}

function checkNormal(name: string, { mean = 0, stddev = 0.05 }: NormalOptions): { mean: number; stddev: number } {
  checkNumber(name, "mean", mean, "a finite number", () => true);
  checkNumber(name, "stddev", stddev, "a finite number ≥ 0", (s) => s >= 0);
  return { mean, stddev };
}

/** Options of {@link randomUniform}. */
export interface RandomUniformOptions extends SeedOptions {
  /** Default −0.05. */
  minValue?: number;
  /** ≥ minValue. Default 0.05. */
  maxValue?: number;
}

/** Uniform between two bounds. @see Keras 3 `initializers.RandomUniform`. */
export function randomUniform(given: RandomUniformOptions = {}): Initializer {
  const options = checkOptions("randomUniform", given, { minValue: "number", maxValue: "number", seed: "number" });
  const { minValue = -0.05, maxValue = 0.05 } = options;
  checkNumber("randomUniform", "minValue", minValue, "a finite number", () => true);
  checkNumber(
    "randomUniform",
    "maxValue",
    maxValue,
    `a finite number ≥ minValue (${minValue})`,
    (max) => max >= minValue,
  );
  return seeded("randomUniform", options, (shape, source) =>
    uniform(shape, { ...source, low: minValue, high: maxValue }),
  );
}

// ── Random, scaled by the fans

/** Options of {@link varianceScaling}. */
export interface VarianceScalingOptions extends SeedOptions {
  /** > 0. Default 1. */
  scale?: number;
  /** Default "fanIn". */
  mode?: "fanIn" | "fanOut" | "fanAvg";
  /** Default "truncatedNormal", whose spread is corrected for the truncation. */
  distribution?: "truncatedNormal" | "untruncatedNormal" | "uniform";
}

/** Standard deviation of a normal distribution restricted to ±2 standard deviations. */
const truncatedDeviation = 0.87962566103423978;

/**
 * Variance scale/n, where n is a kernel's fan-in, fan-out or their mean: keeps the size of signals or gradients from
 * layer to layer.
 * @throws ValueError on a bad scale, mode or distribution.
 * @see Keras 3 `initializers.VarianceScaling`.
 */
export function varianceScaling(given: VarianceScalingOptions = {}): Initializer {
  const options = checkOptions("varianceScaling", given, {
    scale: "number",
    mode: "string",
    distribution: "string",
    seed: "number",
  });
  return scaling("varianceScaling", options, options);
}

/** Scaling of a fixed kind: only the seed is open. */
const scaled =
  (kind: string, fixed: VarianceScalingOptions) =>
  (given: SeedOptions = {}): Initializer =>
    scaling(kind, fixed, checkOptions(kind, given, { seed: "number" }));

function scaling(kind: string, options: VarianceScalingOptions, config: SeedOptions): Initializer {
  const { scale = 1, mode = "fanIn", distribution = "truncatedNormal" } = options;
  checkNumber(kind, "scale", scale, "a finite number > 0", (s) => s > 0);
  const count = lookUp(
    kind,
    "mode",
    { fanIn: (f: Fans) => f.in, fanOut: (f: Fans) => f.out, fanAvg: (f: Fans) => (f.in + f.out) / 2 },
    mode,
  );
  const draw = lookUp(kind, "distribution", distributions, distribution);
  return seeded(kind, config, (shape, source) => draw(shape, scale / Math.max(1, count(fansOf(shape))), source));
}

const distributions = {
  truncatedNormal: (shape: Shape, variance: number, source: RandomSource) =>
    truncated(shape, { ...source, stddev: Math.sqrt(variance) / truncatedDeviation }),
  untruncatedNormal: (shape: Shape, variance: number, source: RandomSource) =>
    normal(shape, { ...source, stddev: Math.sqrt(variance) }),
  uniform: (shape: Shape, variance: number, source: RandomSource) => {
    const limit = Math.sqrt(3 * variance);
    return uniform(shape, { ...source, low: -limit, high: limit });
  },
};

/** Uniform in ±√(6/(in + out)): for tanh, sigmoid, softmax; the default of kernels. @see Glorot & Bengio 2010. */
export const glorotUniform = /* @__PURE__ */ scaled("glorotUniform", { mode: "fanAvg", distribution: "uniform" });
/** Truncated normal of variance 2/(in + out). @see Glorot & Bengio 2010. */
export const glorotNormal = /* @__PURE__ */ scaled("glorotNormal", { mode: "fanAvg" });
/** Uniform in ±√(6/in): for relu and its variants. @see He et al. 2015. */
export const heUniform = /* @__PURE__ */ scaled("heUniform", { scale: 2, distribution: "uniform" });
/** Truncated normal of variance 2/in: for relu, elu and their variants. @see He et al. 2015. */
export const heNormal = /* @__PURE__ */ scaled("heNormal", { scale: 2 });
/** Uniform in ±√(3/in). @see LeCun et al. 1998. */
export const lecunUniform = /* @__PURE__ */ scaled("lecunUniform", { distribution: "uniform" });
/** Truncated normal of variance 1/in: for selu. @see LeCun et al. 1998; Klambauer et al. 2017. */
export const lecunNormal = /* @__PURE__ */ scaled("lecunNormal", {});

/** Options of {@link orthogonal}. */
export interface OrthogonalOptions extends SeedOptions {
  /** What the matrix is multiplied by. Default 1. */
  gain?: number;
}

/**
 * A random matrix with orthonormal rows or columns (whichever are fewer), times `gain` (default 1); kernels of higher
 * rank count as [everything else, out].
 * @throws ShapeError where the rank is under 2.
 * @see Saxe et al. 2014; Keras 3 `initializers.Orthogonal`.
 */
export function orthogonal(given: OrthogonalOptions = {}): Initializer {
  const options = checkOptions("orthogonal", given, { gain: "number", seed: "number" });
  const { gain = 1 } = options;
  checkNumber("orthogonal", "gain", gain, "a finite number", () => true);
  return seeded("orthogonal", options, (shape, source) => {
    if (shape.length < 2)
      throw shapeError("orthogonal", {
        rule: "needs a matrix or more",
        expected: "rank ≥ 2",
        received: formatShape(shape),
      });
    return orthogonalMatrix(sizeOf(shape.slice(0, -1)), shape.at(-1) as number, gain, source);
  });
}
