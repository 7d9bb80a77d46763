import { describe, expect, it } from "vitest";
import { sizeOf } from "../../src/ir/shape.ts";
import { fansOf } from "../../src/nn/fans.ts";
import { initializers as named } from "../../src/nn/initializer-names.ts";
import { type Initializer, stft } from "../../src/nn/initializers.ts";
import { erf } from "../../src/tensor/numeric.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { expectClose, type GoldenTensor, golden, titleOf, values } from "./nn-support.ts";

const initializers = { ...named, stft };

interface Distribution {
  kind: "truncatedNormal" | "normal" | "uniform";
  mean: number;
  stddev: number;
  low: number;
  high: number;
}

interface InitializerCase {
  initializer?: keyof typeof initializers;
  config: Record<string, unknown>;
  shape: number[];
  fans?: { fanIn: number; fanOut: number };
  distribution?: Distribution;
  mean?: number;
  stddev?: number;
  orthonormal?: "rows" | "columns";
  gain?: number;
  values?: GoldenTensor;
}

const renamed: Record<string, string> = { minval: "minValue", maxval: "maxValue" };

function make({ initializer, config }: InitializerCase): Initializer {
  const options = Object.fromEntries(Object.entries(config).map(([key, value]) => [renamed[key] ?? key, value]));
  return (initializers[initializer as keyof typeof initializers] as (options: object) => Initializer)(options);
}

async function sample(given: InitializerCase, seed = 1, stream = 0): Promise<number[]> {
  const initial = make(given)(given.shape, { seed, stream });
  if (typeof initial === "number") return new Array<number>(sizeOf(given.shape)).fill(initial);
  return initial instanceof Tensor
    ? ((await values(initial))[0] as number[])
    : Array.from(initial as ArrayLike<number>);
}

const normalCdf = (z: number): number => (1 + erf(z / Math.SQRT2)) / 2;

function cdf({ kind, mean, stddev, low, high }: Distribution, x: number): number {
  if (kind === "uniform") return Math.min(1, Math.max(0, (x - low) / (high - low)));
  const p = normalCdf((x - mean) / stddev);
  if (kind === "normal") return p;
  const [from, to] = [normalCdf((low - mean) / stddev), normalCdf((high - mean) / stddev)];
  return Math.min(1, Math.max(0, (p - from) / (to - from)));
}

/** The largest distance between the sample's distribution function and the expected one. */
function kolmogorovSmirnov(sorted: readonly number[], distribution: Distribution): number {
  const n = sorted.length;
  return sorted.reduce((worst, x, i) => {
    const p = cdf(distribution, x);
    return Math.max(worst, Math.abs(p - i / n), Math.abs(p - (i + 1) / n));
  }, 0);
}

const cases = golden<InitializerCase>("initializers");

describe("fans agree with Keras 3", () => {
  for (const { shape, fans } of cases.filter((one) => one.initializer === undefined)) {
    it(`[${shape}]`, () => expect(fansOf(shape)).toEqual({ in: fans?.fanIn, out: fans?.fanOut }));
  }
});

describe("random initializers have Keras 3's distribution", () => {
  for (const one of cases.filter((c) => c.distribution)) {
    it(titleOf(one.initializer as string, one.config, `[${one.shape}]`), async () => {
      const numbers = (await sample(one)).sort((a, b) => a - b);
      const { low, high } = one.distribution as Distribution;
      const n = numbers.length;
      const mean = numbers.reduce((a, b) => a + b, 0) / n;
      const stddev = Math.sqrt(numbers.reduce((a, b) => a + (b - mean) ** 2, 0) / n);
      // Five standard errors: the seed is fixed, so this holds always or never.
      expect(Math.abs(mean - (one.mean as number))).toBeLessThan((5 * (one.stddev as number)) / Math.sqrt(n));
      expect(Math.abs(stddev / (one.stddev as number) - 1)).toBeLessThan(5 / Math.sqrt(2 * n));
      if (Number.isFinite(low)) expect(numbers[0]).toBeGreaterThanOrEqual(low * (1 + 1e-6) - 1e-9);
      if (Number.isFinite(high)) expect(numbers.at(-1)).toBeLessThanOrEqual(high * (1 + 1e-6) + 1e-9);
      // Kolmogorov's critical value for a significance of 0.1 %.
      expect(kolmogorovSmirnov(numbers, one.distribution as Distribution)).toBeLessThan(1.95 / Math.sqrt(n));
    });
  }
});

describe("orthogonal gives orthonormal rows or columns", () => {
  for (const one of cases.filter((c) => c.orthonormal)) {
    it(`${JSON.stringify(one.config)} [${one.shape}]: ${one.orthonormal}`, async () => {
      const data = await sample(one);
      const columns = one.shape.at(-1) as number;
      const rows = data.length / columns;
      const at = (i: number, k: number) =>
        (one.orthonormal === "rows" ? data[i * columns + k] : data[k * columns + i]) as number;
      const [count, length] = one.orthonormal === "rows" ? [rows, columns] : [columns, rows];
      for (let i = 0; i < count; i++) {
        for (let j = 0; j < count; j++) {
          let dot = 0;
          for (let k = 0; k < length; k++) dot += at(i, k) * at(j, k);
          expect(dot).toBeCloseTo(i === j ? (one.gain as number) ** 2 : 0, 6);
        }
      }
    });
  }
});

describe("other initializers agree with Keras 3", () => {
  for (const one of cases.filter((c) => c.values)) {
    it(titleOf(one.initializer as string, one.config, `[${one.shape}]`), async () => {
      // Keras takes sines of float32 multiples of π.
      expectClose(await sample(one), one.values as GoldenTensor, one.initializer === "stft" ? 2e-6 : 0);
    });
  }
});
