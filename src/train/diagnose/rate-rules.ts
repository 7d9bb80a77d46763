// Findings about the learning rate: from trial steps, whose effect is seen on the samples that they were made with.
import { type Finding, figure } from "./finding.ts";
import type { Measures } from "./measures.ts";
import { limits } from "./thresholds.ts";

/** What trial steps did. */
export interface TrialResult {
  readonly steps: number;
  readonly rate: number;
  readonly before: number;
  readonly after: number;
  /** The largest loss of a step. */
  readonly peak: number;
}

/** What the rate rules need. */
export interface RateFacts {
  readonly measures: Measures;
  readonly trial: TrialResult;
  /** Whether the rate changes by a schedule. */
  readonly isScheduled: boolean;
  /** The loss of a model that knows nothing of its inputs, where that is known. */
  readonly chance: number | undefined;
  /** Makes the trial with another rate; gives the loss after it. */
  readonly retry: (rate: number) => Promise<number>;
}

/** Whether the rate is too high or too low, with a rate that works better on these samples. */
export async function rateFindings(facts: RateFacts): Promise<Finding[]> {
  const { measures, trial, isScheduled, chance } = facts;
  const { before, after, peak, rate, steps } = trial;
  if (!Number.isFinite(before)) return [];
  const ratios = measures.variables
    .filter(({ shape, weight }) => shape.length >= 2 && weight > 0)
    .map(({ ratio }) => ratio)
    .sort((a, b) => a - b);
  const largest = ratios.at(-1) ?? 0;
  // Where a loss is far below chance, noise is a large part of it.
  const isWorse = !(after <= limits.worse * before + 0.02 * (chance ?? 0));
  const peaks = !(peak <= limits.peak * Math.max(before, chance ?? before));
  if (isWorse || peaks) {
    const better = isScheduled ? undefined : await lowerRate(facts);
    return [
      {
        kind: "rateTooHigh",
        severity: "error",
        layer: undefined,
        confidence: !Number.isFinite(after) || after > 2 * before ? 0.95 : 0.75,
        message: `the learning rate ${figure(rate)} is too high: in ${steps} steps the loss of the samples that are trained on goes from ${figure(before)} to ${figure(isWorse ? after : peak)}${isWorse ? "" : " on the way"}`,
        advice: better
          ? `Use learningRate: ${figure(better.rate)}, with which it goes to ${figure(better.after)}; learningRateRangeTest finds the best.`
          : "Lower it by a factor of 10 or more, and add globalClipNorm: 1.",
        evidence: { rate, before, after, peak, steps, update: largest, ...(better && { suggestion: better.rate }) },
      },
    ];
  }
  const gain = (before - after) / Math.abs(before || 1);
  const hasLearned = chance !== undefined && before < 0.5 * chance;
  if (isScheduled || hasLearned || rate === 0 || largest > limits.smallUpdate || gain > limits.better) return [];
  const better = await firstThatHelps(facts, [10, 100, 1000, 1e4, 1e5]);
  return [
    {
      kind: "rateTooLow",
      severity: "warning",
      layer: undefined,
      confidence: better ? 0.9 : 0.6,
      message: `the learning rate ${figure(rate)} is too low: an update changes the weights by ${figure(largest)} of their size (about 1e-3 is usual), and ${steps} steps take the loss from ${figure(before)} to ${figure(after)}`,
      advice: better
        ? `Use learningRate: ${figure(better.rate)}, with which the same steps take it to ${figure(better.after)}; learningRateRangeTest finds the best.`
        : "Raise it by a factor of 10 or more; learningRateRangeTest finds the best.",
      evidence: { rate, before, after, steps, update: largest, ...(better && { suggestion: better.rate }) },
    },
  ];
}

/** A lower rate that works: the first of the tenths, or the next if that is better, for the first is near the edge. */
async function lowerRate(facts: RateFacts): Promise<{ rate: number; after: number } | undefined> {
  for (const factor of [0.1, 0.01, 0.001, 0.0001]) {
    const found = await firstThatHelps(facts, [factor]);
    if (!found) continue;
    const next = await firstThatHelps(facts, [factor / 10]);
    return next && next.after < found.after ? next : found;
  }
  return undefined;
}

/** The first of some rates, as factors of the present one, whose steps lower the loss. */
async function firstThatHelps(
  { trial, retry }: RateFacts,
  factors: readonly number[],
): Promise<{ rate: number; after: number } | undefined> {
  for (const factor of factors) {
    const rate = Number((trial.rate * factor).toPrecision(3));
    const after = await retry(rate);
    if (after < (1 - limits.better) * trial.before) return { rate, after };
  }
  return undefined;
}
