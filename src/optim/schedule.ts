// What a learning-rate schedule is, and checks of what it gives.
import { checkNonNegative } from "../checks.ts";
import { valueError } from "../errors.ts";

/** A learning rate (or momentum) as a function of the 0-based step. It should be pure: the same step, the same rate. */
export type Schedule = (step: number) => number;

/** Checks a learning rate: a finite number ≥ 0, or a schedule. */
export function checkRate(name: string, what: string, rate: unknown): number | Schedule {
  return typeof rate === "function" ? (rate as Schedule) : checkNonNegative(name, what, rate, " or a schedule");
}

/** The value of a number or schedule at a 0-based step; what a schedule gives is checked. */
export function rateAt(name: string, what: string, rate: number | Schedule, step: number): number {
  if (typeof rate === "number") return rate;
  const value = rate(step);
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  throw valueError(name, {
    rule: `the ${what} schedule must give a finite number ≥ 0`,
    expected: "a number",
    received: value,
    context: `step ${step}`,
  });
}
