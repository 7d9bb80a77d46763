// The scalar primitives on WebGPU over the whole range of float32, against float64.
import { describe, expect, it } from "vitest";
import { evaluate } from "../../../src/backends/evaluate.ts";
import type { TypedArray } from "../../../src/ir/dtype.ts";
import { arity, type Primitive } from "../../../src/ir/primitive.ts";
import { numeric } from "../../../src/tensor/numeric.ts";
import { mod } from "../../../src/tensor/ops/elementwise.ts";
import { tensor } from "../../../src/tensor/ops/leaf.ts";
import { bitsOf, noise, runByHand } from "./by-hand.ts";
import { backend, reference } from "./support.ts";

/**
 * Most units in the last place that results may be off: on SwiftShader, and what WGSL's rules for division (2.5),
 * square roots and contracted products add on any other adapter (lavapipe contracts them). What is exact is 0.
 */
const limits: { readonly [P in Primitive]: readonly [swiftShader: number, other: number] } = {
  neg: [0, 0],
  abs: [0, 0],
  sign: [0, 0],
  floor: [0, 0],
  ceil: [0, 0],
  round: [0, 0],
  sqrt: [0.5, 3],
  exp: [1, 2],
  expm1: [2, 2],
  log: [1, 1],
  log1p: [1, 2],
  tanh: [2, 3],
  erf: [2, 3],
  erfinv: [8, 10],
  sin: [2, 2],
  cos: [2, 2],
  add: [0.5, 0.5],
  sub: [0.5, 0.5],
  mul: [0.5, 0.5],
  div: [0.5, 2.5],
  min: [0, 0],
  max: [0, 0],
  pow: [2, 3],
  equal: [0, 0],
  notEqual: [0, 0],
  less: [0, 0],
  lessEqual: [0, 0],
  select: [0, 0],
};

const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN];
const leastNormal = 2 ** -126;
const special = [
  ...[0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3, -3, 1e-45, -1e-45, 1e-38, 2e-38, 1e38, -1e38, 3.4e38, -3.4e38],
  ...[2 ** 24, -(2 ** 24) + 1, 8388607.5, 1 - 2 ** -24, 88.72, 88.73, -87.34, -103.9, 0.7853981, 0.7853982, 1e-8],
  ...[Math.PI, Math.PI / 2, inf, -inf, nan],
].map(Math.fround);

/** Every 16001st float32 number of either sign (a prime, so that all low bits occur), and the special ones. */
const samples = (() => {
  const step = 16001;
  const bits = Uint32Array.from({ length: Math.floor(2 ** 32 / step) }, (_, i) => i * step);
  return Float32Array.from([...new Float32Array(bits.buffer), ...special]);
})();

/** Distance of neighbouring float32 numbers at x. */
function ulp(x: number): number {
  const bits = new Int32Array(Float32Array.of(Math.abs(x)).buffer)[0] as number;
  return 2 ** (Math.max(bits >>> 23, 1) - 150);
}

async function apply(op: Primitive, rows: readonly Float32Array[]): Promise<TypedArray> {
  const count = (rows[0] as Float32Array).length;
  const { y } = await runByHand(backend, (hand) => [
    {
      kind: "map",
      shape: [count],
      inputs: rows.map((row) => hand.given(row)),
      outputs: [hand.room("y", [count])],
      expression: {
        nodes: [...rows.map((_, index) => ({ op: "input", index }) as const), { op, args: [...rows.keys()] }],
        outputs: [rows.length],
      },
    },
  ]);
  return y as TypedArray;
}

/** How far a result is from the exact one, in ulp. Of NaN, infinities and zeros, there is one right answer each. */
function apart(got: number, exact: number): number {
  const rounded = Math.fround(exact);
  if (Object.is(got, rounded) || (Number.isNaN(got) && Number.isNaN(rounded))) return 0;
  if (!Number.isFinite(got) || !Number.isFinite(rounded) || (got === 0 && rounded === 0)) return inf;
  return Math.abs(got - exact) / ulp(exact);
}

/**
 * As `apart`, but adapters may take numbers below the smallest normal one for 0 (with its sign), as operands and as
 * results; so do those here.
 */
function error(op: Primitive, got: number, operands: readonly number[]): number {
  const exactOf = numeric[op] as (...xs: number[]) => number;
  const isTiny = (x: number) => x !== 0 && Math.abs(x) < leastNormal;
  const variants = operands.reduce<number[][]>(
    (all, x) =>
      all.flatMap((list) =>
        isTiny(x)
          ? [
              [...list, x],
              [...list, x < 0 ? -0 : 0],
            ]
          : [[...list, x]],
      ),
    [[]],
  );
  return Math.min(
    ...variants.map((list) => {
      const exact = exactOf(...list);
      // What is added up on the way may be so small that it vanishes, too.
      const isVanishing = Math.abs(exact) < 2 * leastNormal && (exact !== 0 || isTiny(got));
      if (isVanishing && Math.abs(got - exact) < leastNormal) return 0;
      return apart(got, exact);
    }),
  );
}

/** The largest error, with the operands that have it. */
async function worstOf(op: Primitive, rows: readonly Float32Array[]): Promise<{ most: number; at: string }> {
  const results = await apply(op, rows);
  let [most, at] = [0, ""];
  results.forEach((got, i) => {
    const operands = rows.map((row) => row[i] as number);
    const found = error(op, got, operands);
    if (found > most) [most, at] = [found, `${op}(${operands.join(", ")}) = ${got}`];
  });
  return { most, at };
}

/** All pairs of special numbers, then pairs of the ordinary and of any size. */
function pairs(): [Float32Array, Float32Array] {
  const both = special.flatMap((x) => special.map((y) => [x, y] as const));
  const u = noise(40000, 3);
  const ordinary = Array.from({ length: 20000 }, (_, i) => [
    Math.exp(20 * (u[2 * i] as number) - 10),
    24 * (u[2 * i + 1] as number) - 12,
  ]);
  const any = Array.from({ length: 20000 }, (_, i) => [
    samples[Math.floor((u[i] as number) * samples.length)] as number,
    samples[Math.floor((u[i + 20000] as number) * samples.length)] as number,
  ]);
  const all = [...both, ...ordinary, ...any];
  return [Float32Array.from(all, ([x]) => x as number), Float32Array.from(all, ([, y]) => y as number)];
}

const { vendor = "", architecture = "", device = "", description = "" } = backend.device.adapterInfo ?? {};
const isSwiftShader = /swiftshader|google/i.test(`${vendor} ${architecture} ${device} ${description}`);
const found: string[] = [];

describe("every primitive, for numbers of all sizes, zeros, infinities and NaN", () => {
  for (const op of Object.keys(limits) as Primitive[]) {
    const limit = limits[op][isSwiftShader ? 0 : 1];
    it(`${op} is within ${limit} ulp`, async () => {
      const [x, y] = pairs();
      const rows = { 1: [samples], 2: [x, y], 3: [x, y, y.slice().reverse()] }[arity[op]];
      const { most, at } = await worstOf(op, rows);
      found.push(`${op} ${most.toFixed(2)}`);
      expect(most, at).toBeLessThanOrEqual(limit);
    });
  }
  it("says what was measured", () => {
    console.log(`largest errors in ulp: ${found.join(", ")}`);
    expect(found).toHaveLength(Object.keys(limits).length);
  });
});

describe("numbers of other kinds", () => {
  it("float32 becomes int32 towards 0, at the ends of the range too, and int32 becomes the nearest float32", async () => {
    const floats = Float32Array.from([
      ...special,
      ...[1.9, -1.9, 2147483520, 2147483648, -2147483648, -2147483904, 1e20, -1e20, 16777217, 0.99999994],
    ]);
    const ints = Int32Array.from(
      floats,
      (_, i) => [2 ** 24 + 1, 2 ** 24 + 3, 2 ** 31 - 1, -(2 ** 31), 123456789][i % 5] as number,
    );
    const run = (on: typeof reference) =>
      runByHand(on, (hand) => [
        {
          kind: "map",
          shape: [floats.length],
          inputs: [hand.given(floats), hand.given(ints)],
          outputs: [hand.room("ints", [floats.length], "int32"), hand.room("floats", [floats.length])],
          expression: {
            nodes: [
              { op: "input", index: 0 },
              { op: "input", index: 1 },
            ],
            outputs: [0, 1],
          },
        },
      ]);
    expect(await run(backend)).toEqual(await run(reference));
  });

  it("mod is exact, as on wasm", async () => {
    const u = noise(20000, 5);
    const x = Float32Array.from({ length: 10000 }, (_, i) => (2 * (u[i] as number) - 1) * 1e5);
    const y = Float32Array.from({ length: 10000 }, (_, i) => 0.1 + 9 * (u[10000 + i] as number));
    const rest = (on: typeof reference) => evaluate([mod(tensor(x), tensor(y))], on);
    expect(await rest(backend)).toEqual(await rest(reference));
  });

  it("round takes halves to the even neighbour and keeps the sign of 0", async () => {
    const x = Float32Array.of(0.5, 1.5, 2.5, -0.5, -1.5, -2.5, -0.2, -0, 8388607.5, -8388606.5);
    expect(bitsOf(await apply("round", [x]))).toEqual(
      bitsOf(Float32Array.of(0, 2, 2, -0, -2, -2, -0, -0, 8388608, -8388606)),
    );
  });
});
