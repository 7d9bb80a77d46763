import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { elementwise } from "../../src/tensor/ops/elementwise.ts";
import { tensor } from "../../src/tensor/ops/leaf.ts";
import { mod } from "../../src/tensor/scalar/remainder.ts";
import * as trigonometry from "../../src/tensor/scalar/trigonometry.ts";

const rows = { ...trigonometry, mod };

/** Distance of neighbouring float32 numbers at x. */
function ulp(x: number): number {
  const bits = new Int32Array(new Float32Array([Math.abs(x)]).buffer)[0] as number;
  return 2 ** (Math.max(bits >>> 23, 1) - 150);
}

/** Floats of all sizes and signs, a prime number of steps apart, so that all low bits occur; and the special ones. */
const all = [
  ...new Float32Array(Uint32Array.from({ length: 60_000 }, (_, i) => i * 71_569).buffer),
  ...Array.from({ length: 20_000 }, (_, i) => Math.fround((i - 10_000) / 10_000)),
  ...[0, -0, 1, -1, 2.4142137, 0.66, 89, -89, 39.9999, 40.0001].map(Math.fround),
  ...[1e-45, -1e-45, 3.4028234663852886e38, 1 / 0, -1 / 0, Number.NaN].map(Math.fround),
];

const remainder = (x: number, y: number): number => {
  const rest = x % y;
  return rest !== 0 && Math.sign(rest) !== Math.sign(y) ? rest + y : rest;
};
/** Two lists that meet in all pairs. */
const pairs = (a: readonly number[], b: readonly number[]) => [a.flatMap((x) => b.map(() => x)), a.flatMap(() => b)];
const special = [0, -0, 1, -1, 0.3, -0.7, 5, -5, 1e-40, -1e-40, 1e30, -1e30, 1 / 0, -1 / 0, Number.NaN].map(
  Math.fround,
);
const scattered = Array.from({ length: 120 }, (_, i) => Math.fround(Math.sin(i * 7.3) * 10 ** ((i % 9) - 4)));

type Case = [keyof typeof rows, (...x: number[]) => number, limit: number, inputs: number[][]];
const cases: Case[] = [
  // Between multiples of π/2 and far from them; near them the rounding of x itself is the error.
  ["tan", Math.tan, 4, [all.filter((x) => !Number.isFinite(x) || (Math.abs(x) < 1e4 && Math.abs(Math.cos(x)) > 1e-3))]],
  ["asin", Math.asin, 4, [all]],
  ["acos", Math.acos, 4, [all]],
  ["atan", Math.atan, 2, [all]],
  ["atan2", Math.atan2, 4, pairs([...special, ...scattered], [...special, ...scattered])],
  ["sinh", Math.sinh, 4, [all]],
  ["cosh", Math.cosh, 4, [all]],
  ["atanh", Math.atanh, 4, [all]],
  // Quotients beyond 2^24 have no exact float32.
  ["mod", remainder, 0.5, pairs([...special, ...scattered], [3, -3, 0.1, -0.1, 7.25, 1 / 0, -1 / 0].map(Math.fround))],
];

describe.each(cases)("%s", (name, exact, limit, given) => {
  const keep = given[0]?.map((x, i) => name !== "mod" || !(Math.abs(x / (given[1]?.[i] as number)) > 2 ** 23)) ?? [];
  const inputs = given.map((list) => list.filter((_, i) => keep[i]));
  const recorded = elementwise(
    rows[name],
    inputs.map((list) => tensor(Float32Array.from(list))),
  );
  const expected = inputs[0]?.map((_, i) => exact(...inputs.map((list) => list[i] as number))) ?? [];

  it.each([
    ["wasm", async () => wasm()],
    ["js in float32", async () => js({ precision: "float32" })],
  ])(`is within ${limit} ulp in float32 over the whole range: %s`, async (_, backend) => {
    const [actual] = await evaluate([recorded], await backend());
    const errors = expected.map((y, i) => {
      const got = actual?.[i] as number;
      if (Object.is(got, Math.fround(y)) || (got === 0 && y === 0)) return 0;
      const error = Math.abs(got - y) / ulp(y);
      return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
    });
    const at = errors.indexOf(Math.max(...errors.map((e) => e)));
    const text = `${name}(${inputs.map((list) => list[at])}) = ${actual?.[at]}, exactly ${expected[at]}`;
    expect(errors[at], text).toBeLessThanOrEqual(limit);
  });

  // The others are made of sin, exp and log, which the two backends compute in different ways.
  it.runIf(["asin", "acos", "atan", "atan2", "mod"].includes(name))("has equal bits on both", async () => {
    const [[a], [b]] = [await evaluate([recorded], await wasm()), await evaluate([recorded], js())];
    expect(a?.findIndex((y, i) => !Object.is(y, b?.[i]))).toBe(-1);
  });

  it("is as accurate in float64", async () => {
    const [actual] = await evaluate([recorded], js({ precision: "float64" }));
    const wrong = expected.flatMap((y, i) => {
      const got = actual?.[i] as number;
      return got === y || (Number.isNaN(got) && Number.isNaN(y)) || Math.abs(got - y) <= 2e-14 * Math.abs(y) ? [] : [i];
    });
    expect(
      wrong.map((i) => `${name}(${inputs.map((list) => list[i])}) = ${actual?.[i]}, exactly ${expected[i]}`),
    ).toEqual([]);
  });
});
