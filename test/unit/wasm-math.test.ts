import { beforeAll, describe, expect, it } from "vitest";
import { type WasmBackend, wasm } from "../../src/backends/wasm/index.ts";
import { numeric } from "../../src/tensor/numeric.ts";
import { bits, HandMade, inner } from "./wasm-programs.ts";

/** The elementary functions of assembly/simd.ts and special.ts against float64, over the whole range of float32. */

let backend: WasmBackend;
beforeAll(async () => {
  backend = await wasm();
  await backend.loadRest();
});

type Unary =
  | "exp"
  | "expm1"
  | "log"
  | "log1p"
  | "tanh"
  | "erf"
  | "erfinv"
  | "sin"
  | "cos"
  | "sqrt"
  | "sign"
  | "round"
  | "floor"
  | "ceil"
  | "abs"
  | "neg";
type Binary = "pow" | "min" | "max";

function apply(op: Unary | Binary, ...operands: readonly (readonly number[])[]): number[] {
  const program = new HandMade();
  const shape = [operands[0]?.length ?? 0];
  const inputs = operands.map((data) => program.operand(data, shape));
  const nodes = [
    ...inputs.map((_, index) => ({ op: "input" as const, index })),
    { op, args: inputs.map((_, index) => index) },
  ];
  const outputs = [program.result("y", shape)];
  const results = program.run(backend, [
    { kind: "map", shape, inputs, outputs, expression: { nodes, outputs: [inputs.length] } },
  ]);
  return inner(results.y as Float32Array);
}

/** Distance of neighbouring float32 numbers at x. */
function ulp(x: number): number {
  const bits = new Int32Array(new Float32Array([Math.abs(x)]).buffer)[0] as number;
  return 2 ** (Math.max(bits >>> 23, 1) - 150);
}

/** Every 4001st float32 number of either sign (a prime, so that all low bits occur), and the special ones. */
function samples(): number[] {
  const step = 4001;
  const count = Math.floor(2 ** 32 / step);
  const floats = new Float32Array(Uint32Array.from({ length: count }, (_, i) => i * step).buffer);
  const special = [
    0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-45, -1e-45, 1e-38, 88.72, 88.73, -87.34, -103.9, -104, 3.4e38, -3.4e38,
  ];
  return [...floats, ...special.map(Math.fround), Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
}

/** The largest error in ulp, where the exact result is finite; elsewhere results must be the same. */
function worst(
  actual: readonly number[],
  exact: (index: number) => number,
  describeCase: (index: number) => string,
): number {
  let most = 0;
  actual.forEach((y, index) => {
    const expected = exact(index);
    const rounded = Math.fround(expected);
    if (Object.is(y, rounded)) return;
    if (Number.isFinite(rounded) && Number.isFinite(y) && !(rounded === 0 && y === 0))
      most = Math.max(most, Math.abs(y - expected) / ulp(expected));
    else throw new Error(`${describeCase(index)}: ${y}, expected ${rounded}`);
  });
  return most;
}

describe("one argument", () => {
  const limits: Record<Unary, number> = {
    ...{ exp: 1, expm1: 2, log: 1, log1p: 1, tanh: 2, erf: 2, erfinv: 8, sin: 2, cos: 2, sqrt: 0.5 },
    ...{ sign: 0, round: 0, floor: 0, ceil: 0, abs: 0, neg: 0 },
  };
  const all = samples();
  for (const [op, limit] of Object.entries(limits) as [Unary, number][]) {
    it(`${op} is within ${limit} ulp for every float, infinities, NaN, −0 and subnormals included`, () => {
      const x = op === "sin" || op === "cos" ? all.filter((x) => !(Math.abs(x) > 1e5 && Number.isFinite(x))) : all;
      const error = worst(
        apply(op, x),
        (index) => numeric[op](x[index] as number),
        (index) => `${op}(${x[index]})`,
      );
      expect(error).toBeLessThanOrEqual(limit);
    });
  }
  it("sin and cos stay within [−1, 1] for the largest numbers", () => {
    const large = all.filter((x) => Math.abs(x) > 1e5 && Number.isFinite(x));
    expect([...apply("sin", large), ...apply("cos", large)].every((y) => Math.abs(y) <= 1)).toBe(true);
  });
});

describe("two arguments", () => {
  const special = [
    0,
    -0,
    1,
    -1,
    2,
    -2,
    3,
    -3,
    0.5,
    -0.5,
    1.5,
    -2.5,
    1e-45,
    -1e-40,
    1e38,
    -1e38,
    2 ** 24,
    -(2 ** 24) + 1,
    8388607.5,
    1 - 2 ** -24,
  ];
  const values = [...special.map(Math.fround), Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
  const pairs = values.flatMap((x) => values.map((y) => [x, y] as const));
  /** IEEE 754 says 1 where JavaScript says NaN. */
  const power = (x: number, y: number) =>
    x === -1 && Math.abs(y) === Number.POSITIVE_INFINITY ? 1 : numeric.pow(x, y);

  it("pow keeps to IEEE 754 at 0, infinity, NaN, negative bases", () => {
    const x = pairs.map(([x]) => x);
    const y = pairs.map(([, y]) => y);
    const error = worst(
      apply("pow", x, y),
      (index) => power(x[index] as number, y[index] as number),
      (index) => `pow(${pairs[index]})`,
    );
    expect(error).toBeLessThanOrEqual(0.51);
  });

  it("pow is within 1 ulp for ordinary numbers", () => {
    const x = Array.from({ length: 20000 }, (_, i) => Math.fround(Math.exp(10 * Math.sin(i))));
    const y = Array.from({ length: 20000 }, (_, i) => Math.fround(12 * Math.sin(i * 1.7)));
    const error = worst(
      apply("pow", x, y),
      (index) => power(x[index] as number, y[index] as number),
      (index) => `pow(${x[index]}, ${y[index]})`,
    );
    expect(error).toBeLessThanOrEqual(0.51);
  });

  it("min and max give NaN if either is, and order −0 before 0", () => {
    const x = pairs.map(([x]) => x);
    const y = pairs.map(([, y]) => y);
    for (const op of ["min", "max"] as const)
      expect(bits(apply(op, x, y))).toEqual(bits(pairs.map(([x, y]) => numeric[op](x, y))));
  });
});
