import { setFlagsFromString } from "node:v8";
import { beforeAll, describe, expect, it } from "vitest";
import { compileGemm, Gemm, type Product } from "./gemm-module.ts";

const builds = [
  { name: "simd", features: "simd" },
  { name: "relaxed-simd", features: "simd,relaxed-simd" },
];
const layouts = ["NN", "TN", "NT", "TT"] as const;
/** Around the sizes of tiles (4, 5, 6, 8) and of lines of C (16); `depths` around the blocks of k (384). */
const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 23, 31, 33, 47, 64];
const depths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 100, 383, 384, 385, 769];

/** A small deterministic generator: the same cases at every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

interface ProductOptions {
  readonly batch?: number;
  readonly padding?: number;
  readonly repeatB?: boolean;
  readonly epilogue?: boolean;
}

/** A product whose operands lie in matrices `padding` elements wider than they need. */
function product(
  layout: (typeof layouts)[number],
  m: number,
  n: number,
  k: number,
  options: ProductOptions = {},
): Product {
  const { batch = 1, padding = 0, repeatB = false, epilogue = false } = options;
  const a =
    layout[0] === "N"
      ? { row: k + padding, column: 1, batch: m * (k + padding) }
      : { row: 1, column: m + padding, batch: k * (m + padding) };
  const b =
    layout[1] === "N"
      ? { row: n + padding, column: 1, batch: k * (n + padding) }
      : { row: 1, column: k + padding, batch: n * (k + padding) };
  return { batch, m, n, k, a, b: repeatB ? { ...b, batch: 0 } : b, epilogue };
}

/** Operands of exactly the extent that the strides reach, so that a read beyond shows in what comes after. */
function operands({ batch, m, n, k, a, b }: Product, random: () => number): [Float32Array, Float32Array] {
  const extent = (rows: number, columns: number, s: Product["a"]) =>
    rows * columns === 0 ? 0 : (batch - 1) * s.batch + (rows - 1) * s.row + (columns - 1) * s.column + 1;
  return [
    Float32Array.from({ length: extent(m, k, a) }, () => random() - 0.5),
    Float32Array.from({ length: extent(k, n, b) }, () => random() - 0.5),
  ];
}

/** Throws where C is further from the float64 result than float32 summation explains. */
function check(actual: Float32Array, p: Product, a: Float32Array, b: Float32Array): void {
  for (let entry = 0; entry < p.batch; entry++)
    for (let i = 0; i < p.m; i++)
      for (let j = 0; j < p.n; j++) {
        let sum = 0;
        let magnitude = 0;
        for (let k = 0; k < p.k; k++) {
          const x = a[entry * p.a.batch + i * p.a.row + k * p.a.column] as number;
          const term = x * (b[entry * p.b.batch + k * p.b.row + j * p.b.column] as number);
          sum += term;
          magnitude += Math.abs(term);
        }
        const expected = p.epilogue ? 2 * sum + 1 : sum;
        const value = actual[(entry * p.m + i) * p.n + j] as number;
        if (!(Math.abs(value - expected) <= 1e-6 * magnitude * 4 + 1e-6))
          throw new Error(`C[${entry}, ${i}, ${j}] is ${value}, not ${expected}: ${JSON.stringify(p)}`);
      }
}

function bits(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
}

describe.each(builds)("gemm, $name", async ({ features }) => {
  const binary = await compileGemm(features);
  // Node 20 can do relaxed SIMD, but not by default.
  if (!WebAssembly.validate(binary) && process.versions.node.startsWith("20."))
    setFlagsFromString("--experimental-wasm-relaxed-simd");
  const supported = WebAssembly.validate(binary);
  let gemm: Gemm;
  beforeAll(() => {
    if (supported) gemm = new Gemm(binary);
  });

  it.skipIf(!supported).each(layouts)("is right for edge sizes, %s", (layout) => {
    const random = generator(1);
    for (const m of sizes)
      for (const n of sizes) {
        const k = depths[Math.floor(random() * depths.length)] as number;
        const p = product(layout, m, n, k);
        const [a, b] = operands(p, random);
        check(gemm.run(p, a, b), p, a, b);
      }
  });

  it.skipIf(!supported)(
    "is right for slices, batches, repeated operands, epilogues and any number of threads, which change no bit",
    () => {
      const random = generator(2);
      const pick = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)] as T;
      for (let i = 0; i < 400; i++) {
        const p = product(pick(layouts), pick(sizes), pick(sizes), pick(depths), {
          batch: pick([1, 1, 2, 3]),
          padding: pick([0, 1, 5]),
          repeatB: random() < 0.3,
          epilogue: random() < 0.5,
        });
        const [a, b] = operands(p, random);
        const alone = gemm.run(p, a, b);
        check(alone, p, a, b);
        for (const threads of [2, 3, 7])
          expect(bits(gemm.run(p, a, b, threads)), JSON.stringify({ p, threads })).toBe(bits(alone));
      }
    },
  );

  it.skipIf(!supported).each([
    [319, 9, 400],
    [321, 12, 385],
    [1000, 3, 20],
    [7, 1030, 515],
    [33, 128, 400],
    [1, 700, 600],
    [700, 1, 600],
    [784, 30, 32],
  ])("is right beyond one block: %i×%i×%i", (m, n, k) => {
    const random = generator(3);
    for (const layout of layouts) {
      const p = product(layout, m, n, k, { epilogue: true, padding: 3 });
      const [a, b] = operands(p, random);
      const alone = gemm.run(p, a, b);
      check(alone, p, a, b);
      expect(bits(gemm.run(p, a, b, 3))).toBe(bits(alone));
    }
  });

  it.skipIf(!supported)("leaves nothing to do where a side is empty, and zeros where k is", () => {
    const none = new Float32Array(0);
    expect(gemm.run(product("NN", 0, 5, 3), none, new Float32Array(15))).toHaveLength(0);
    expect(gemm.run(product("NN", 5, 0, 3), new Float32Array(15), none)).toHaveLength(0);
    expect(gemm.run(product("NN", 5, 3, 4, { batch: 0 }), none, none)).toHaveLength(0);
    for (const [m, n] of [
      [5, 7],
      [1, 9],
      [9, 1],
    ] as const)
      expect(gemm.run(product("NN", m, n, 0), none, none)).toEqual(new Float32Array(m * n));
  });

  it.skipIf(!supported)("lets NaN and infinity through to their row and column, and nowhere else", () => {
    for (const layout of layouts)
      for (const [m, n, k] of [
        [6, 11, 9],
        [7, 3, 5],
        [1, 13, 9],
        [13, 1, 9],
        [33, 17, 300],
      ] as const)
        for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
          const p = product(layout, m, n, k);
          const [a, b] = operands(p, () => 0.75);
          const row = m - 1;
          const column = n - 1;
          a[row * p.a.row + (k - 1) * p.a.column] = value;
          const c = gemm.run(p, a, b);
          b[(k - 1) * p.b.row + column * p.b.column] = Number.NaN;
          const d = gemm.run(p, a, b);
          for (let i = 0; i < m; i++)
            for (let j = 0; j < n; j++) {
              expect(c[i * n + j]).toEqual(i === row ? value : k * 0.0625);
              expect(d[i * n + j]).toEqual(j === column ? Number.NaN : i === row ? value : k * 0.0625);
            }
        }
  });
});
