import { describe, expect, it } from "vitest";
import { cosineRise, log, pow } from "../../src/tensor/portable.ts";

const values = Array.from({ length: 400 }, (_, i) => 1.07 ** (i - 200));

describe("portable functions", () => {
  it("log as Math.log", () => {
    for (const x of values)
      expect(Math.abs(log(x) - Math.log(x))).toBeLessThanOrEqual(4e-16 * Math.max(1, Math.abs(Math.log(x))));
    expect([log(1), log(0), log(Number.POSITIVE_INFINITY)]).toEqual([
      0,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
    expect([log(-1), log(Number.NaN)]).toEqual([Number.NaN, Number.NaN]);
    expect(log(Number.MIN_VALUE)).toBeCloseTo(Math.log(Number.MIN_VALUE), 10);
  });

  it("pow as **", () => {
    for (const x of values) {
      for (const y of [-3, -1.5, -0.5, 0, 0.1, 0.5, 1, 2, 2.25, 7])
        expect(Math.abs(pow(x, y) / x ** y - 1)).toBeLessThanOrEqual(4e-14);
    }
    expect([pow(2, 10), pow(3, 30), pow(10, -1), pow(0.5, 3)]).toEqual([1024, 3 ** 30, 0.1, 0.125]);
    expect([pow(0, 0), pow(0, 0.5), pow(0, 3), pow(0, -0.5), pow(1, 1e6 + 0.5)]).toEqual([
      1,
      0,
      0,
      Number.POSITIVE_INFINITY,
      1,
    ]);
    expect([pow(0.9, 1e6), pow(2, -2000), pow(0.5, 1500.5)]).toEqual([0, 0, 0]);
  });

  it("half a cosine, from 0 to 1 exactly", () => {
    for (let i = 0; i <= 1000; i++)
      expect(Math.abs(cosineRise(i / 1000) - 0.5 * (1 - Math.cos((Math.PI * i) / 1000)))).toBeLessThanOrEqual(4e-16);
    expect([cosineRise(0), cosineRise(1)]).toEqual([0, 1]);
    expect(cosineRise(0.5)).toBeCloseTo(0.5, 15);
  });
});
