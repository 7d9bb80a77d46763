import { describe, expect, it } from "vitest";
import { HostRandom, permutation } from "../../src/data/rng.ts";

describe("permutation", () => {
  it("holds every number once", () => {
    for (const count of [0, 1, 2, 3, 1000]) {
      expect(Array.from(permutation(count, 7)).sort((a, b) => a - b)).toEqual(
        Array.from({ length: count }, (_, i) => i),
      );
    }
  });

  it("is the same for the same seed and epoch, and another for any other", () => {
    expect(permutation(100, 1, 2)).toEqual(permutation(100, 1, 2));
    expect(permutation(100, 1, 2)).not.toEqual(permutation(100, 1, 3));
    expect(permutation(100, 1, 2)).not.toEqual(permutation(100, 2, 2));
    expect(permutation(100, 1)).not.toEqual(permutation(100, 1 + 2 ** 32));
  });

  it("stays as it is from release to release: trained weights hang on it", () => {
    expect(Array.from(permutation(10, 42, 0))).toEqual([7, 3, 4, 6, 9, 0, 8, 2, 5, 1]);
  });

  it("writes into the array that it is given, whatever was in it", () => {
    const out = new Int32Array(100).fill(-1);
    expect(permutation(100, 1, 0, out)).toBe(out);
    permutation(100, 9, 9, out);
    expect(permutation(100, 1, 0, out)).toEqual(permutation(100, 1, 0));
  });

  it("makes every order equally likely", () => {
    const counts = new Map<string, number>();
    for (let epoch = 0; epoch < 6000; epoch++) {
      const order = permutation(3, 5, epoch).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    // Six orders, 1000 expected of each: χ² over 5 degrees of freedom stays under 20.5 in 999 of 1000 runs.
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(20.5);
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])("refuses the seed %d", (seed) => {
    expect(() => permutation(3, seed)).toThrow("random: seed must be an integer in [0, 2^53)");
  });
});

describe("HostRandom", () => {
  it("stays below the bound, also for the largest", () => {
    const random = new HostRandom(3, 1, 0);
    for (const bound of [1, 2, 7, 2 ** 31 - 1]) {
      for (let i = 0; i < 200; i++) {
        const value = random.below(bound);
        expect(Number.isInteger(value) && value >= 0 && value < bound).toBe(true);
      }
    }
  });
});
