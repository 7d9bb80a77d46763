// Learning-rate schedules.
import { checkCount, checkNonNegative, checkPositive, checkShare } from "../checks.ts";
import { checkNumber, valueError } from "../errors.ts";
import { checkOptions, type OptionTable, type OwnTable } from "../options.ts";
import { type Configured, configured } from "../regularize/config.ts";
import { cosineRise, log, pow } from "../tensor/portable.ts";
import type { Schedule } from "./schedule.ts";

/** Options of schedules that decay over a number of steps. */
export interface DecayOptions {
  /** The rate at step 0, ≥ 0. */
  initialLearningRate: number;
  /** How many steps one decay takes, > 0. */
  decaySteps: number;
}

/** Options of {@link exponentialDecay} and {@link inverseTimeDecay}. */
export interface RateDecayOptions extends DecayOptions {
  /** How much is left (exponential), or how fast it falls (inverse time), ≥ 0. */
  decayRate: number;
  /** Whether to go down in steps rather than smoothly. Default false. */
  staircase?: boolean;
}

/**
 * lr₀ · rate^(s/steps): the rate is multiplied by decayRate every decaySteps steps.
 * @throws ValueError where decaySteps ≤ 0 or another option is out of range.
 * @example sgd({ learningRate: exponentialDecay({ initialLearningRate: 0.1, decaySteps: 10_000, decayRate: 0.5 }) });
 * @see Keras 3 `schedules.ExponentialDecay`.
 */
export function exponentialDecay(given: RateDecayOptions): Schedule & Configured {
  const options = checkRateDecay("exponentialDecay", given);
  const { initialLearningRate, decaySteps, decayRate, staircase = false } = options;
  return schedule(
    "exponentialDecay",
    options,
    (step) => initialLearningRate * pow(decayRate, progress(step, decaySteps, staircase)),
  );
}

/**
 * lr₀/(1 + rate·s/steps).
 * @throws ValueError where decaySteps ≤ 0 or another option is out of range.
 * @see Keras 3 `schedules.InverseTimeDecay`.
 */
export function inverseTimeDecay(given: RateDecayOptions): Schedule & Configured {
  const options = checkRateDecay("inverseTimeDecay", given);
  const { initialLearningRate, decaySteps, decayRate, staircase = false } = options;
  return schedule(
    "inverseTimeDecay",
    options,
    (step) => initialLearningRate / (1 + decayRate * progress(step, decaySteps, staircase)),
  );
}

/** Options of {@link powerDecay}. */
export interface PowerDecayOptions extends DecayOptions {
  /** c in lr₀/(1 + s/steps)^c, ≥ 0. Default 1. */
  exponent?: number;
}

/**
 * Power scheduling: lr₀/(1 + s/steps)^c. With c = 1 the rate is halved after `decaySteps` steps, a third after twice as
 * many.
 * @throws ValueError where decaySteps ≤ 0 or another option is out of range.
 */
export function powerDecay(given: PowerDecayOptions): Schedule & Configured {
  const options = decayOptions("powerDecay", given, { exponent: "number" });
  const { initialLearningRate, decaySteps, exponent = 1 } = options;
  checkNonNegative("powerDecay", "exponent", exponent);
  return schedule("powerDecay", options, (step) => initialLearningRate / pow(1 + step / decaySteps, exponent));
}

/** Options of {@link piecewiseConstantDecay}. */
export interface PiecewiseConstantDecayOptions {
  /** Steps after which the next value holds, rising. The boundary itself has the value before it. */
  boundaries: readonly number[];
  /** The rates, one more than boundaries. */
  values: readonly number[];
}

/**
 * values[i] up to and with step boundaries[i], the last value beyond.
 * @throws ValueError where there is not one value more than boundaries, or these do not rise.
 * @example piecewiseConstantDecay({ boundaries: [10_000, 20_000], values: [0.01, 0.005, 0.001] });
 * @see Keras 3 `schedules.PiecewiseConstantDecay`.
 */
export function piecewiseConstantDecay(options: PiecewiseConstantDecayOptions): Schedule & Configured {
  const name = "piecewiseConstantDecay";
  const { boundaries, values } = checkOptions(name, options, { boundaries: "list!", values: "list!" });
  if (values.length !== boundaries.length + 1) {
    throw valueError(name, {
      rule: "there is one value more than boundaries",
      expected: `${boundaries.length + 1} values`,
      received: values.length,
    });
  }
  for (const value of values) checkNonNegative(name, "each value", value);
  if (boundaries.some((boundary, index) => index > 0 && boundary <= (boundaries[index - 1] as number))) {
    throw valueError(name, {
      rule: "boundaries must rise",
      expected: "each larger than the one before",
      received: boundaries,
    });
  }
  return schedule(name, options, (step) => {
    const at = boundaries.findIndex((boundary) => step <= boundary);
    return values[at < 0 ? values.length - 1 : at] as number;
  });
}

/** Options of {@link polynomialDecay}. */
export interface PolynomialDecayOptions extends DecayOptions {
  /** The rate at the end, ≥ 0. Default 1e-4. */
  endLearningRate?: number;
  /** > 0. Default 1: a straight line. */
  power?: number;
  /** Whether to begin again, over a longer time, once the end is reached. Default false. */
  cycle?: boolean;
}

/**
 * (lr₀ − end)·(1 − s/steps)^power + end, then `end`.
 * @throws ValueError where decaySteps ≤ 0 or another option is out of range.
 * @see Keras 3 `schedules.PolynomialDecay`.
 */
export function polynomialDecay(given: PolynomialDecayOptions): Schedule & Configured {
  const options = decayOptions("polynomialDecay", given, {
    endLearningRate: "number",
    power: "number",
    cycle: "boolean",
  });
  const { initialLearningRate, decaySteps, endLearningRate = 1e-4, power = 1, cycle = false } = options;
  checkNonNegative("polynomialDecay", "endLearningRate", endLearningRate);
  checkPositive("polynomialDecay", "power", power);
  return schedule("polynomialDecay", options, (step) => {
    const total = cycle ? decaySteps * Math.max(1, Math.ceil(step / decaySteps)) : decaySteps;
    return (initialLearningRate - endLearningRate) * pow(1 - Math.min(step, total) / total, power) + endLearningRate;
  });
}

/** Options of {@link cosineDecay}. */
export interface CosineDecayOptions extends DecayOptions {
  /** What is left at the end, as a share of the highest rate, in [0, 1]. Default 0. */
  alpha?: number;
  /** Where the warm-up goes to, ≥ 0; the decay begins there. Default no warm-up. */
  warmupTarget?: number;
  /** Steps of the warm-up, from initialLearningRate in a straight line, ≥ 0. Default 0. */
  warmupSteps?: number;
}

/**
 * Down along half a cosine: lr₀·((1 − α)·½(1 + cos πs/steps) + α); before it, if asked for, up in a straight line to
 * `warmupTarget`.
 * @throws ValueError where decaySteps ≤ 0 or another option is out of range.
 * @see Keras 3 `schedules.CosineDecay`; Loshchilov & Hutter 2017, arXiv:1608.03983.
 */
export function cosineDecay(given: CosineDecayOptions): Schedule & Configured {
  const options = decayOptions("cosineDecay", given, {
    alpha: "number",
    warmupTarget: "number",
    warmupSteps: "number",
  });
  const { initialLearningRate, decaySteps, alpha = 0, warmupTarget, warmupSteps = 0 } = options;
  checkShare("cosineDecay", "alpha", alpha);
  checkCount("cosineDecay", "warmupSteps", warmupSteps, 0);
  if (warmupTarget !== undefined) checkNonNegative("cosineDecay", "warmupTarget", warmupTarget);
  const warmup = warmupTarget === undefined ? 0 : warmupSteps;
  const top = warmupTarget ?? initialLearningRate;
  return schedule("cosineDecay", options, (step) => {
    if (step < warmup) return initialLearningRate + ((top - initialLearningRate) * step) / warmup;
    return top * ((1 - alpha) * (1 - cosineRise(Math.min(step - warmup, decaySteps) / decaySteps)) + alpha);
  });
}

/** Options of {@link cosineDecayRestarts}. */
export interface CosineDecayRestartsOptions {
  /** The rate at step 0, ≥ 0. */
  initialLearningRate: number;
  /** Steps of the first cycle, > 0. */
  firstDecaySteps: number;
  /** How many times longer each cycle is than the one before, ≥ 1. Default 2. */
  tMul?: number;
  /** The height of each cycle's start, as a share of the one before, ≥ 0. Default 1. */
  mMul?: number;
  /** What is left at the end of a cycle, as a share of initialLearningRate, in [0, 1]. Default 0. */
  alpha?: number;
}

/**
 * Cosine decay that begins again and again (warm restarts).
 * @throws ValueError where an option is out of range.
 * @see Keras 3 `schedules.CosineDecayRestarts`; Loshchilov & Hutter 2017, arXiv:1608.03983.
 */
export function cosineDecayRestarts(given: CosineDecayRestartsOptions): Schedule & Configured {
  const name = "cosineDecayRestarts";
  const table = {
    initialLearningRate: "number!",
    firstDecaySteps: "number!",
    tMul: "number",
    mMul: "number",
    alpha: "number",
  } as const;
  const options = checkOptions(name, given, table);
  const { initialLearningRate, firstDecaySteps, tMul = 2, mMul = 1, alpha = 0 } = options;
  checkNonNegative(name, "initialLearningRate", initialLearningRate);
  checkPositive(name, "firstDecaySteps", firstDecaySteps);
  checkNumber(name, "tMul", tMul, "a finite number ≥ 1", (value) => value >= 1);
  checkNonNegative(name, "mMul", mMul);
  checkShare(name, "alpha", alpha);
  return schedule(name, options, (step) => {
    const { cycle, share } = cycleAt(step / firstDecaySteps, tMul);
    return initialLearningRate * ((1 - alpha) * pow(mMul, cycle) * (1 - cosineRise(share)) + alpha);
  });
}

/** Which cycle a time (in first cycles) falls into, and how much of it has passed. */
function cycleAt(time: number, factor: number): { cycle: number; share: number } {
  if (factor === 1) return { cycle: Math.floor(time), share: time - Math.floor(time) };
  const beginOf = (cycle: number) => (1 - pow(factor, cycle)) / (1 - factor);
  let cycle = Math.max(0, Math.floor(log(1 - time * (1 - factor)) / log(factor)));
  // The logarithm may land on the wrong side of a restart by its last bit.
  if (beginOf(cycle + 1) <= time) cycle++;
  if (beginOf(cycle) > time) cycle--;
  return { cycle, share: (time - beginOf(cycle)) / pow(factor, cycle) };
}

const progress = (step: number, steps: number, staircase: boolean): number =>
  staircase ? Math.floor(step / steps) : step / steps;

function schedule(kind: string, options: object, at: Schedule): Schedule & Configured {
  return configured(kind, { ...options }, at);
}

/** Checks options that have a rate and a number of steps. @param table further options. */
function decayOptions<O extends DecayOptions>(name: string, given: O, table: OwnTable<NoInfer<O>, DecayOptions>): O {
  const options = checkOptions(name, given, {
    initialLearningRate: "number!",
    decaySteps: "number!",
    ...table,
  } as unknown as OptionTable<O>);
  checkNonNegative(name, "initialLearningRate", options.initialLearningRate);
  checkPositive(name, "decaySteps", options.decaySteps);
  return options;
}

function checkRateDecay(name: string, given: RateDecayOptions): RateDecayOptions {
  const options = decayOptions(name, given, { decayRate: "number!", staircase: "boolean" });
  checkNonNegative(name, "decayRate", options.decayRate);
  return options;
}
