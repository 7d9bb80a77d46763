import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { bind, evaluate } from "../../src/backends/evaluate.ts";
import { js } from "../../src/backends/js/index.ts";
import { wasm } from "../../src/backends/wasm/index.ts";
import { compile } from "../../src/compiler/compile.ts";
import * as losses from "../../src/nn/losses.ts";
import type { Metric } from "../../src/nn/metric.ts";
import { lossMetric } from "../../src/nn/metrics/mean.ts";
import { RunningSum } from "../../src/nn/metrics/running-sum.ts";
import * as metrics from "../../src/nn/metrics.ts";
import { type Operand, placeholder, tensor } from "../../src/tensor/ops/leaf.ts";
import { Variable } from "../../src/tensor/variable.ts";

/**
 * Metrics against the same thing computed in float64 from the same float32 data, split into batches at random, and
 * after as many samples as 2^40: sums of what a metric has seen are multiplied by a power of two, as if that had come
 * so many times.
 */
const backends: Record<string, Backend> = { js: js(), wasm: await wasm() };
const tolerance = 1e-6;

/** Samples by the row; `times` says how often each came. */
interface Samples {
  readonly width: number;
  readonly y: readonly (readonly number[])[];
  readonly p: readonly (readonly number[])[];
  readonly weights: readonly number[];
  readonly times: readonly number[];
}

interface Kind {
  readonly make: () => Metric;
  readonly host: (samples: Samples) => number[];
  /** Labels and predictions of one sample from a source of numbers in [0, 1). */
  readonly draw: (next: () => number, width: number) => [y: number[], p: number[]];
  readonly width?: number;
  /** What the error is measured by, where it is not the result itself: areas and scores are shares of 1. */
  readonly scale?: number;
}

/** What Keras adds to what these metrics divide by. */
const epsilon = 1e-7;

const grid = (value: number) => Math.floor(value * 65) / 64;
const array = <T>(length: number, make: (index: number) => T) => Array.from({ length }, (_, index) => make(index));
const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const safely = (a: number, b: number) => (b === 0 ? 0 : a / b);
const largest = (row: readonly number[]) => row.indexOf(Math.max(...row));

const binary: Kind["draw"] = (next, width) => [
  array(width, () => Math.floor(2 * next())),
  array(width, () => grid(next())),
];
const oneHot: Kind["draw"] = (next, width) => {
  const label = Math.floor(width * next());
  return [array(width, (at) => (at === label ? 1 : 0)), array(width, next)];
};
const classes: Kind["draw"] = (next) => [[Math.floor(4 * next())], [Math.floor(4 * next())]];
const numbers: Kind["draw"] = (next, width) => {
  const y = array(width, () => Math.fround(1000 + 4 * next()));
  return [y, y.map((value) => Math.fround(value + next() - 0.4))];
};

/** The weight of a sample in all. */
const massOf = ({ weights, times }: Samples, row: number) => (weights[row] as number) * (times[row] as number);
const sumOver = (samples: Samples, value: (y: readonly number[], p: readonly number[]) => number) =>
  total(samples.y.map((y, row) => massOf(samples, row) * value(y, samples.p[row] as number[])));
const meanOver = (samples: Samples, value: (y: readonly number[], p: readonly number[]) => number) =>
  safely(
    sumOver(samples, value),
    sumOver(samples, () => 1),
  );

function countsAt(samples: Samples, threshold: number) {
  const count = (holds: (y: number, p: number) => boolean) =>
    sumOver(samples, (y, p) => y.filter((label, at) => holds(label, p[at] as number)).length);
  return {
    tp: count((y, p) => y === 1 && p > threshold),
    fp: count((y, p) => y === 0 && p > threshold),
    fn: count((y, p) => y === 1 && p <= threshold),
    tn: count((y, p) => y === 0 && p <= threshold),
  };
}

const thresholds = [-1e-7, ...array(198, (at) => (at + 1) / 199), 1 + 1e-7];
const halved = (list: readonly number[], area: (at: number) => number) => total(list.slice(1).map((_, at) => area(at)));

function rocArea(samples: Samples): number {
  const counts = thresholds.map((threshold) => countsAt(samples, threshold));
  const [x, y] = [counts.map(({ fp, tn }) => safely(fp, fp + tn)), counts.map(({ tp, fn }) => safely(tp, tp + fn))] as [
    number[],
    number[],
  ];
  return halved(
    x,
    (at) => ((x[at] as number) - (x[at + 1] as number)) * (((y[at] as number) + (y[at + 1] as number)) / 2),
  );
}

function prArea(samples: Samples): number {
  const counts = thresholds.map((threshold) => countsAt(samples, threshold));
  return halved(thresholds, (at) => {
    const [a, b] = [counts[at], counts[at + 1]] as [ReturnType<typeof countsAt>, ReturnType<typeof countsAt>];
    const [p0, p1] = [a.tp + a.fp, b.tp + b.fp];
    const slope = safely(a.tp - b.tp, p0 - p1);
    // log(p0 / p1), which would be off by 1e-6 where few are added to 2^33.
    const log = p0 > 0 && p1 > 0 ? Math.log1p((p0 - p1) / p1) : 0;
    return safely(slope * (a.tp - b.tp + (b.tp - slope * p1) * log), b.tp + b.fn);
  });
}

function meanOverlap(samples: Samples): number {
  const cells = array(4, (label) =>
    array(4, (guess) => sumOver(samples, ([y], [p]) => (y === label && p === guess ? 1 : 0))),
  );
  const scores = array(4, (id) => {
    const union =
      total(cells[id] as number[]) + total(cells.map((row) => row[id] as number)) - (cells[id]?.[id] as number);
    return union > 1e-9 ? (cells[id]?.[id] as number) / (union + epsilon) : undefined;
  }).filter((score) => score !== undefined);
  return total(scores) / (scores.length + epsilon);
}

function f1(samples: Samples): number[] {
  return array(samples.width, (at) => {
    const hits = (value: (label: number, isHit: number) => number) =>
      sumOver(samples, (y, p) => value(y[at] as number, (p[at] as number) >= Math.max(...p) ? 1 : 0));
    const [tp, fp, fn] = [hits((y, hit) => y * hit), hits((y, hit) => (1 - y) * hit), hits((y, hit) => y * (1 - hit))];
    const [precision, recall] = [tp / (tp + fp + epsilon), tp / (tp + fn + epsilon)];
    return (2 * precision * recall) / (precision + recall + epsilon);
  });
}

function r2(samples: Samples): number[] {
  return array(samples.width, (at) => {
    const mean = meanOver(samples, (y) => y[at] as number);
    const spread = sumOver(samples, (y) => ((y[at] as number) - mean) ** 2);
    return 1 - sumOver(samples, (y, p) => ((y[at] as number) - (p[at] as number)) ** 2) / spread;
  });
}

const kinds: Record<string, Kind> = {
  "mean of a loss": {
    make: () => lossMetric(losses.meanAbsoluteError()),
    host: (s) => [meanOver(s, (y, p) => total(y.map((v, at) => Math.abs(v - (p[at] as number)))) / s.width)],
    draw: binary,
  },
  rootMeanSquaredError: {
    make: metrics.rootMeanSquaredError,
    host: (s) => [Math.sqrt(meanOver(s, (y, p) => total(y.map((v, at) => (v - (p[at] as number)) ** 2)) / s.width))],
    draw: binary,
  },
  binaryAccuracy: {
    make: metrics.binaryAccuracy,
    host: (s) => [
      meanOver(s, (y, p) => total(y.map((v, at) => ((p[at] as number) > 0.5 === (v === 1) ? 1 : 0))) / s.width),
    ],
    draw: binary,
  },
  categoricalAccuracy: {
    make: metrics.categoricalAccuracy,
    host: (s) => [meanOver(s, (y, p) => (largest(y) === largest(p) ? 1 : 0))],
    draw: oneHot,
    width: 3,
  },
  truePositives: {
    make: () => metrics.truePositives({ thresholds: [0.25, 0.5] }),
    host: (s) => [0.25, 0.5].map((t) => countsAt(s, t).tp),
    draw: binary,
  },
  trueNegatives: { make: metrics.trueNegatives, host: (s) => [countsAt(s, 0.5).tn], draw: binary },
  "falseNegatives, few": {
    make: metrics.falseNegatives,
    host: (s) => [countsAt(s, 0.5).fn],
    draw: (next, width) => [array(width, () => 1), array(width, () => (next() < 0.002 ? 0.25 : 0.75))],
  },
  precision: {
    make: metrics.precision,
    host: (s) => [safely(countsAt(s, 0.5).tp, countsAt(s, 0.5).tp + countsAt(s, 0.5).fp)],
    draw: binary,
  },
  recall: {
    make: metrics.recall,
    host: (s) => [safely(countsAt(s, 0.5).tp, countsAt(s, 0.5).tp + countsAt(s, 0.5).fn)],
    draw: binary,
  },
  "auc ROC": { make: metrics.auc, host: (s) => [rocArea(s)], draw: binary, scale: 1 },
  "auc PR": { make: () => metrics.auc({ curve: "PR" }), host: (s) => [prArea(s)], draw: binary, scale: 1 },
  meanIou: { make: () => metrics.meanIou({ numClasses: 4 }), host: (s) => [meanOverlap(s)], draw: classes, width: 1 },
  f1Score: { make: metrics.f1Score, host: f1, draw: oneHot, width: 3 },
  r2Score: { make: () => metrics.r2Score({ classAggregation: null }), host: r2, draw: numbers, scale: 1 },
};

/** Numbers in [0, 1) in float32, drawn from a seed. */
function source(seed: number): () => number {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround((state >>> 8) / 2 ** 24);
  };
}

function drawn(kind: Kind, rows: number, seed: number, isWeighted: boolean, times: number): Samples {
  const next = source(seed);
  const width = kind.width ?? 1 + (seed % 2);
  const samples = array(rows, () => kind.draw(next, width));
  const weights = array(rows, () => (isWeighted ? Math.fround(0.1 + next()) : 1));
  return { width, y: samples.map(([y]) => y), p: samples.map(([, p]) => p), weights, times: array(rows, () => times) };
}

const join = (a: Samples, b: Samples): Samples => ({
  width: a.width,
  y: [...a.y, ...b.y],
  p: [...a.p, ...b.p],
  weights: [...a.weights, ...b.weights],
  times: [...a.times, ...b.times],
});

/** Runs a metric over the samples in batches that end at these rows. */
async function feed(
  metric: Metric,
  { y, p, weights, width }: Samples,
  isWeighted: boolean,
  ends: readonly number[],
  backend: Backend,
): Promise<void> {
  let start = 0;
  for (const end of ends) {
    const rows = end - start;
    const of = (list: readonly (readonly number[])[]) =>
      tensor(Float32Array.from(list.slice(start, end).flat()), [rows, width]);
    const weight = isWeighted ? tensor(Float32Array.from(weights.slice(start, end))) : undefined;
    const executable = await bind(compile({ outputs: {}, updates: metric.update(of(y), of(p), weight) }), backend);
    executable.run();
    executable.dispose();
    start = end;
  }
}

function expectNear(actual: ArrayLike<number>, expected: readonly number[], what: string, least = 1e-30): void {
  const scale = Math.max(...expected.map(Math.abs), least);
  expected.forEach((value, at) => {
    expect(Math.abs((actual[at] as number) - value) / scale, `${what}: ${actual[at]} for ${value}`).toBeLessThan(
      tolerance,
    );
  });
}

describe("metrics agree with float64, however data are split and after up to 2^40 samples", () => {
  for (const [name, kind] of Object.entries(kinds)) {
    for (const [backendName, backend] of Object.entries(backends)) {
      it(`${name}, ${backendName}`, async () => {
        const cases = fc.record({
          seed: fc.nat(10_000),
          isWeighted: fc.boolean(),
          rows: fc.integer({ min: 2, max: 40 }),
          cut: fc.integer({ min: 1, max: 40 }),
          doublings: fc.integer({ min: 0, max: 34 }),
        });
        const property = fc.asyncProperty(cases, async ({ seed, isWeighted, rows, cut, doublings }) => {
          const [many, few] = [
            drawn(kind, rows, seed, isWeighted, 2 ** doublings),
            drawn(kind, rows, seed + 2, isWeighted, 1),
          ];
          const ends = [...new Set([Math.min(cut, rows), rows])];
          const metric = kind.make().fresh();
          await feed(metric, many, isWeighted, ends, backend);
          for (const variable of metric.variables) {
            if (!variable.name.endsWith("/shift"))
              variable.assign((await variable.read()).map((value) => value * 2 ** doublings));
          }
          await feed(metric, few, isWeighted, ends, backend);
          const [actual] = await evaluate([metric.result()], backend);
          expectNear(
            actual as Float32Array,
            kind.host(join(many, few)),
            JSON.stringify({ seed, isWeighted, rows, cut, doublings }),
            kind.scale,
          );
        });
        // Few positives among very many samples.
        await fc.assert(property, {
          numRuns: 3,
          examples: [[{ seed: 4, isWeighted: false, rows: 3, cut: 1, doublings: 33 }]],
        });
      });
    }
  }

  it("in one large batch of samples with weights", async () => {
    const rows = 8000;
    for (const name of [
      "mean of a loss",
      "auc ROC",
      "meanIou",
      "f1Score",
      "r2Score",
      "trueNegatives",
      "falseNegatives, few",
    ]) {
      const kind = kinds[name] as Kind;
      const samples = {
        ...drawn(kind, rows, 4, true, 1),
        weights: array(rows, (row) => Math.fround(row % 5 === 0 ? 3.7 : 0.1)),
      };
      const backend = backends.wasm as Backend;
      const metric = kind.make();
      await feed(metric, samples, true, [rows], backend);
      const [actual] = await evaluate([metric.result()], backend);
      // With two hundred thresholds the host's way takes long: by their sums instead.
      if (name !== "auc ROC") expectNear(actual as Float32Array, kind.host(samples), name, kind.scale);
      else {
        const mass = total(samples.weights);
        const [tp, fp] = await Promise.all([0, 3].map((at) => (metric.variables[at] as Variable).read()));
        expectNear([(tp?.[0] as number) + (fp?.[0] as number)], [mass], name);
      }
    }
  });
});

describe("a running sum", () => {
  /** A program that adds one term per run, and the variables behind it. */
  async function adder(backend: Backend, fuse = true, term: Operand = placeholder("term", [])) {
    const variables: Variable[] = [];
    const sum = new RunningSum("sum", (name) => {
      const variable = new Variable([], { initial: 0, name });
      variables.push(variable);
      return variable;
    });
    const executable = await bind(compile({ outputs: {}, updates: sum.add(term), fuse }), backend);
    const port = typeof term === "number" ? undefined : executable.input("term");
    return {
      add(value: number) {
        port?.write(Float32Array.of(value));
        executable.run();
      },
      read: async () => Promise.all(variables.map(async (variable) => (await variable.read())[0] as number)),
      set: (parts: readonly number[]) => {
        variables.forEach((variable, at) => {
          variable.assign(Float32Array.of(parts[at] as number));
        });
      },
    };
  }

  it("has the same bits on all backends, fused and not, and is exact to 60 bits of the largest term", async () => {
    const ways = [
      await adder(backends.js as Backend),
      await adder(backends.wasm as Backend),
      await adder(backends.wasm as Backend, false),
    ];
    const term = fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e30), max: Math.fround(1e30) });
    await fc.assert(
      fc.asyncProperty(fc.array(term, { maxLength: 60 }), async (terms) => {
        const found: number[][] = [];
        for (const way of ways) {
          way.set([0, 0, 0]);
          for (const one of terms) way.add(one);
          found.push(await way.read());
        }
        expect(found[1]).toEqual(found[0]);
        expect(found[2]).toEqual(found[0]);
        const [high, middle, low] = found[0] as [number, number, number];
        const exact = terms.map(toUnits).reduce((a, b) => a + b, 0n);
        const error = toUnits(high) + toUnits(middle) + toUnits(low) - exact;
        const most = terms.map(toUnits).reduce((a, b) => (magnitude(b) > a ? magnitude(b) : a), 0n);
        expect(magnitude(error) * 2n ** 60n <= most * 64n).toBe(true);
        // The high part alone is what is reported.
        expect(Math.abs(high - (high + middle + low))).toBeLessThanOrEqual(Math.abs(high) * 2 ** -23);
      }),
      { numRuns: 60 },
    );
  });

  it("still takes in each of many equal terms near 2^40", async () => {
    const way = await adder(backends.wasm as Backend);
    for (const [term, count] of [
      [Math.fround(0.1), 2 ** 40 - 12_345],
      [1, 2 ** 40],
      [Math.fround(0.7), 2 ** 39 + 1],
    ] as const) {
      const start = toUnits(term) * BigInt(count);
      way.set(partsOf(start));
      const steps = 2000;
      for (let step = 0; step < steps; step++) way.add(term);
      const grown = (await way.read()).map(toUnits).reduce((a, b) => a + b, 0n) - start;
      const due = toUnits(term) * BigInt(steps);
      expect(Number(((grown - due) * 10n ** 9n) / due) / 1e9, `${count} times ${term}`).toBeCloseTo(0, 6);
    }
  });

  it("of counts is exact near 2^40, too", async () => {
    const way = await adder(backends.wasm as Backend, true, 7);
    way.set(partsOf(toUnits(1) * BigInt(2 ** 40 - 12_345)));
    for (let step = 0; step < 3000; step++) way.add(7);
    expect((await way.read()).map(toUnits).reduce((a, b) => a + b, 0n)).toBe(
      toUnits(1) * BigInt(2 ** 40 - 12_345 + 21_000),
    );
  });

  it("stays infinite once it is, and NaN", async () => {
    const way = await adder(backends.wasm as Backend);
    for (const term of [1, Number.POSITIVE_INFINITY, 2]) way.add(term);
    expect((await way.read())[0]).toBe(Number.POSITIVE_INFINITY);
    way.add(Number.NEGATIVE_INFINITY);
    expect((await way.read())[0]).toBeNaN();
  });
});

describe("counting past what one float32 can hold", () => {
  it("loses no sample and no rate", async () => {
    // 24 million samples, of which a float32 sum would report at most 16.8 million.
    const [rows, steps] = [2048, 12_000];
    const [y, p] = [tensor(new Float32Array(rows).fill(1), [rows, 1]), placeholder("p", [rows, 1])];
    const [hits, error] = [metrics.truePositives(), lossMetric(losses.meanAbsoluteError())];
    const executable = await bind(
      compile({ outputs: {}, updates: [...hits.update(y, p), ...error.update(y, p)] }),
      backends.wasm as Backend,
    );
    const [port, predictions] = [executable.input("p"), new Float32Array(rows).fill(Math.fround(0.9))];
    for (let step = 0; step < steps; step++) {
      port.write(predictions);
      executable.run();
    }
    const [count, mean] = await evaluate([hits.result(), error.result()], backends.wasm);
    expect(count?.[0]).toBe(rows * steps);
    expectNear([mean?.[0] as number], [1 - Math.fround(0.9)], "mean absolute error");
  });
});

/** A float32 as a whole number of 2^−149. */
function toUnits(value: number): bigint {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0] as number;
  const exponent = (bits >>> 23) & 255;
  const mantissa = BigInt(exponent === 0 ? bits & 0x7fffff : (bits & 0x7fffff) | 0x800000);
  const magnitudeOf = mantissa << BigInt(Math.max(0, exponent - 1));
  return value < 0 ? -magnitudeOf : magnitudeOf;
}

const magnitude = (x: bigint) => (x < 0n ? -x : x);

/** A whole number of 2^−149 as three float32 of falling size. */
function partsOf(units: bigint): number[] {
  const parts: number[] = [];
  let rest = units;
  for (let part = 0; part < 3; part++) {
    // Exact enough to pick the nearest float32; what that leaves is taken from the whole number.
    const nearest = Math.fround(Number(rest) * 2 ** -149);
    parts.push(nearest);
    rest -= toUnits(nearest);
  }
  return parts;
}
