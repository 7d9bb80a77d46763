// Checks of numbers that arguments and options share.
import { checkNumber, literal, valueError } from "./errors.ts";

/** Checks a number in [0, 1), such as the decay rate of an average. @throws ValueError. */
export function checkDecay(name: string, what: string, value: unknown): number {
  return checkNumber(name, what, value, "a number in [0, 1)", (v) => v >= 0 && v < 1);
}

/** Checks a finite number ≥ 0. `also` names an alternative, for the message. @throws ValueError. */
export function checkNonNegative(name: string, what: string, value: unknown, also = ""): number {
  return checkNumber(name, what, value, `a finite number ≥ 0${also}`, (v) => v >= 0);
}

/** Checks a number in [0, 1], such as a share. @throws ValueError. */
export function checkShare(name: string, what: string, value: unknown): number {
  return checkNumber(name, what, value, "a number in [0, 1]", (v) => v >= 0 && v <= 1);
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

/** Checks that each of several numbers, by its name, is a whole number ≥ 1. @throws ValueError. */
export function checkCounts(name: string, counts: Readonly<Record<string, unknown>>): void {
  for (const [what, count] of Object.entries(counts)) {
    if (Number.isInteger(count) && (count as number) >= 1) continue;
    throw valueError(name, {
      rule: `${what} must be a whole number`,
      expected: "an integer ≥ 1",
      received: literal(count),
    });
  }
}

/** Checks a seed: an integer in [0, 2⁵³). @throws ValueError. */
export function checkSeed(name: string, seed: unknown): number {
  return checkNumber(name, "seed", seed, "an integer in [0, 2^53)", (v) => Number.isSafeInteger(v) && v >= 0);
}

/** Checks that a factory with a short form, such as `adam(0.1)`, got no further arguments. @throws ValueError. */
export function checkNoMore(name: string, extra: readonly unknown[], first: string): void {
  if (extra.length > 0)
    throw valueError(name, {
      rule: "there is one argument",
      expected: `${name}(${first}) or ${name}({ ${first}, … })`,
      received: `${extra.length + 1} arguments`,
      advice: "Name the others in an options object.",
    });
}
