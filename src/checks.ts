import { checkNumber } from "./errors.ts";

/** Checks a number in [0, 1), such as the decay rate of an average. @throws ValueError. */
export function checkDecay(name: string, what: string, value: unknown): number {
  return checkNumber(name, what, value, "a number in [0, 1)", (v) => v >= 0 && v < 1);
}

/** Checks a finite number ≥ 0. `also` says what else would do. @throws ValueError. */
export function checkNonNegative(name: string, what: string, value: unknown, also = ""): number {
  return checkNumber(name, what, value, `a finite number ≥ 0${also}`, (v) => v >= 0);
}

/** Checks a finite number > 0. @throws ValueError. */
export function checkPositive(name: string, what: string, value: unknown): number {
  return checkNumber(name, what, value, "a finite number > 0", (v) => v > 0);
}

/** Checks a number in (0, 1), such as a share. @throws ValueError. */
export function checkFraction(name: string, what: string, value: unknown, alternative = ""): number {
  return checkNumber(name, what, value, `a number in (0, 1)${alternative}`, (v) => v > 0 && v < 1);
}

/** Checks a whole number that is at least `least`. @throws ValueError. */
export function checkCount(name: string, what: string, value: unknown, least: number): number {
  return checkNumber(name, what, value, `an integer ≥ ${least}`, (v) => Number.isInteger(v) && v >= least);
}

/** Checks a seed: an integer in [0, 2⁵³). @throws ValueError. */
export function checkSeed(name: string, seed: unknown): number {
  return checkNumber(name, "seed", seed, "an integer in [0, 2^53)", (v) => Number.isSafeInteger(v) && v >= 0);
}
