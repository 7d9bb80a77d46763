// Bins for strings and whole numbers, by Keras's hash functions.
import { literal, valueError } from "../../../errors.ts";
import { fingerprint64 } from "./farmhash.ts";
import { siphash24 } from "./siphash.ts";

/** One whole number, which counts twice, or two: makes the bins others than those of other salts. */
export type Salt = number | readonly [number, number];

/** Two whole numbers. @throws ValueError. */
export function checkSalt(owner: string, salt: Salt): readonly [number, number] {
  const pair = Array.isArray(salt) ? salt : [salt, salt];
  if (pair.length === 2 && pair.every(Number.isSafeInteger)) return pair as unknown as readonly [number, number];
  throw valueError(owner, {
    rule: "salt is one whole number or two",
    expected: "such as 133 or [1, 2]",
    received: salt,
  });
}

/** Puts values into bins 0 … count − 1. Equal values are hashed once. */
export class Bins {
  private readonly known = new Map<string | number, number>();
  private readonly encoder = new TextEncoder();
  private readonly key: readonly [bigint, bigint] | undefined;

  constructor(
    private readonly owner: () => string,
    private readonly count: number,
    salt?: readonly [number, number],
  ) {
    this.key = salt && [BigInt(salt[0]), BigInt(salt[1])];
  }

  /** The bin of a string, or of a number: that of its whole part in decimal digits. */
  of(value: string | number): number {
    const found = this.known.get(value);
    if (found !== undefined) return found;
    const bytes = this.encoder.encode(typeof value === "string" ? value : this.digits(value));
    const hash = this.key ? siphash24(bytes, this.key) : fingerprint64(bytes);
    const bin = Number(hash % BigInt(this.count));
    // A stream of values that never come again must not fill the memory.
    if (this.known.size >= 1 << 16) this.known.clear();
    this.known.set(value, bin);
    return bin;
  }

  private digits(value: number): string {
    const whole = Math.trunc(value);
    if (Number.isSafeInteger(whole)) return String(whole + 0 === 0 ? 0 : whole);
    throw valueError(this.owner(), {
      rule: "numbers are hashed by their digits",
      expected: "whole numbers of at most 53 bits",
      received: literal(value),
    });
  }
}
