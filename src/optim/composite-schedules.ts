// Learning-rate schedules made of several parts: warm-up, sequences, 1cycle.
import { checkCount, checkDecay, checkNonNegative, checkPositive } from "../checks.ts";
import { checkNumber, valueError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { type Configured, configured } from "../regularize/config.ts";
import { cosineRise } from "../tensor/portable.ts";
import { rateAt, type Schedule } from "./schedule.ts";

/** Options of {@link warmup}. */
export interface WarmupOptions {
  /** How many steps the warm-up takes, ≥ 1. */
  steps: number;
  /** The rate at step 0, ≥ 0. Default 0. */
  from?: number;
  /** What follows: a rate, or a schedule, which begins at its step 0 when the warm-up is over. */
  target: number | Schedule;
}

/**
 * A straight line from `from` to where `target` begins, then `target`.
 * @throws ValueError where steps < 1 or a rate is negative.
 * @example adam({ learningRate: warmup({ steps: 1000, target: cosineDecay({ initialLearningRate: 1e-3, decaySteps:
 * 20_000 }) }) });
 */
export function warmup(given: WarmupOptions): Schedule & Configured {
  const options = checkOptions("warmup", given, { steps: "number!", from: "number", target: "number or function!" });
  const { steps, from = 0, target } = options;
  checkCount("warmup", "steps", steps, 1);
  checkNonNegative("warmup", "from", from);
  if (typeof target === "number") checkNonNegative("warmup", "target", target);
  const after = (step: number) => rateAt("warmup", "target", target, step);
  return configured("warmup", { ...options }, (step: number) =>
    step < steps ? from + ((after(0) - from) * step) / steps : after(step - steps),
  );
}

/** A schedule for a number of steps, ≥ 1. The last part of a sequence needs no number: it continues. */
export interface Part {
  schedule: number | Schedule;
  steps?: number;
}

/**
 * Schedules one after the other, each beginning at its step 0.
 * @throws ValueError where there are none, or one before the last has no steps.
 * @example inSequence([{ schedule: 0.01, steps: 500 }, { schedule: exponentialDecay({ … }) }]);
 */
export function inSequence(parts: readonly Part[]): Schedule & Configured {
  if (parts.length === 0)
    throw valueError("inSequence", {
      rule: "there must be a schedule",
      expected: "at least one part",
      received: "none",
    });
  parts.forEach((part, index) => {
    const { schedule, steps } = checkOptions(`inSequence: part ${index}`, part, {
      schedule: "number or function!",
      steps: "number",
    });
    if (index < parts.length - 1 || steps !== undefined) checkCount("inSequence", `steps of part ${index}`, steps, 1);
    if (typeof schedule === "number") checkNonNegative("inSequence", `the rate of part ${index}`, schedule);
  });
  return configured("inSequence", { parts }, (step: number) => {
    let rest = step;
    for (const { schedule, steps = Number.POSITIVE_INFINITY } of parts.slice(0, -1)) {
      if (rest < steps) return rateAt("inSequence", "part's", schedule, rest);
      rest -= steps;
    }
    return rateAt("inSequence", "part's", (parts.at(-1) as Part).schedule, rest);
  });
}

/** Options of {@link oneCycle}. */
export interface OneCycleOptions {
  /** The highest rate, > 0: find it with `learningRateRangeTest`. */
  maxLearningRate: number;
  /** Steps of the whole run, ≥ 2: epochs · steps per epoch. */
  steps: number;
  /** The share of the steps on the way up, in (0, 1). Default 0.3. */
  warmupShare?: number;
  /** The first rate is maxLearningRate divided by this, ≥ 1. Default 25. */
  divideBy?: number;
  /** The last rate is the first divided by this, ≥ 1. Default 1e4. */
  finalDivideBy?: number;
  /** Momentum at the ends, in [0, 1). Default 0.95. */
  maxMomentum?: number;
  /** Momentum at the peak of the rate, in [0, 1). Default 0.85. */
  minMomentum?: number;
  /** Along half cosines, or along straight lines. Default "cosine". */
  shape?: "cosine" | "linear";
}

/** Two schedules that belong together. */
export interface OneCycle {
  readonly learningRate: Schedule & Configured;
  /** Goes down while the rate goes up, and back. */
  readonly momentum: Schedule & Configured;
}

/**
 * The 1cycle policy: the rate up to its peak and down to almost nothing within one run, momentum the other way.
 * Hand both over: `const cycle = oneCycle({…}); sgd({ learningRate: cycle.learningRate, momentum: cycle.momentum })`.
 * Steps beyond the last have the last rate.
 * @throws ValueError where an option is out of range.
 * @see Smith & Topin 2018, arXiv:1708.07120; as PyTorch's OneCycleLR (two phases).
 */
export function oneCycle(given: OneCycleOptions): OneCycle {
  const options = checkOptions("oneCycle", given, {
    maxLearningRate: "number!",
    steps: "number!",
    warmupShare: "number",
    divideBy: "number",
    finalDivideBy: "number",
    maxMomentum: "number",
    minMomentum: "number",
    shape: "string",
  });
  const {
    maxLearningRate,
    steps,
    warmupShare = 0.3,
    divideBy = 25,
    finalDivideBy = 1e4,
    maxMomentum = 0.95,
    minMomentum = 0.85,
    shape = "cosine",
  } = options;
  checkCycle({ maxLearningRate, steps, warmupShare, divideBy, finalDivideBy, maxMomentum, minMomentum, shape });
  const first = maxLearningRate / divideBy;
  const peak = warmupShare * steps - 1;
  const along = (at: readonly [number, number, number]) => (step: number) => {
    const [from, top, to] = at;
    if (step < peak) return between(from, top, step / peak, shape);
    return between(top, to, Math.min(1, (step - peak) / (steps - 1 - peak)), shape);
  };
  return {
    learningRate: configured(
      "oneCycle.learningRate",
      { ...options },
      along([first, maxLearningRate, first / finalDivideBy]),
    ),
    momentum: configured("oneCycle.momentum", { ...options }, along([maxMomentum, minMomentum, maxMomentum])),
  };
}

function between(from: number, to: number, share: number, shape: "cosine" | "linear"): number {
  return from + (to - from) * (shape === "linear" ? share : cosineRise(share));
}

function checkCycle(options: Required<OneCycleOptions>): void {
  const name = "oneCycle";
  checkPositive(name, "maxLearningRate", options.maxLearningRate);
  checkCount(name, "steps", options.steps, 2);
  checkNumber(name, "warmupShare", options.warmupShare, "a number in (0, 1)", (value) => value > 0 && value < 1);
  for (const what of ["divideBy", "finalDivideBy"] as const)
    checkNumber(name, what, options[what], "a finite number ≥ 1", (value) => value >= 1);
  for (const what of ["minMomentum", "maxMomentum"] as const) checkDecay(name, what, options[what]);
  if (options.minMomentum > options.maxMomentum) {
    throw valueError(name, {
      rule: "momentum must be in order",
      expected: `minMomentum ≤ maxMomentum (${options.maxMomentum})`,
      received: options.minMomentum,
    });
  }
  if (options.shape !== "cosine" && options.shape !== "linear") {
    throw valueError(name, { rule: "unknown shape", expected: '"cosine" or "linear"', received: options.shape });
  }
}
