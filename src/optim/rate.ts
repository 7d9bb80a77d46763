import { checkNumber, valueError } from "../errors.ts";
import type { Schedule } from "./schedules.ts";

/** Checks a learning rate: a finite number ≥ 0, or a schedule. */
export function checkRate(name: string, what: string, rate: unknown): number | Schedule {
  if (typeof rate === "function") return rate as Schedule;
  return checkNumber(name, what, rate, "a finite number ≥ 0 or a schedule", (value) => value >= 0);
}

/** The value of a number or schedule at a 0-based step; what a schedule gives is checked. */
export function rateAt(name: string, what: string, rate: number | Schedule, step: number): number {
  if (typeof rate === "number") return rate;
  const value = rate(step);
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  throw valueError(name, { rule: `the ${what} schedule must give a finite number ≥ 0`, expected: "a number", received: value, context: `step ${step}` });
}

/** Checks a number in [0, 1), such as a decay rate of an average. */
export function checkDecay(name: string, what: string, value: unknown): number {
  return checkNumber(name, what, value, "a number in [0, 1)", (v) => v >= 0 && v < 1);
}

/** Checks a finite number ≥ 0. */
export function checkNonNegative(name: string, what: string, value: unknown): number {
  return checkNumber(name, what, value, "a finite number ≥ 0", (v) => v >= 0);
}

/** Checks a finite number > 0. */
export function checkPositive(name: string, what: string, value: unknown): number {
  return checkNumber(name, what, value, "a finite number > 0", (v) => v > 0);
}

/** Checks a whole number that is at least `least`. */
export function checkCount(name: string, what: string, value: unknown, least: number): number {
  return checkNumber(name, what, value, `an integer ≥ ${least}`, (v) => Number.isInteger(v) && v >= least);
}
