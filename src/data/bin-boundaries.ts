// Boundaries of bins that hold about as many values each, for `discretization`.
import { checkCount, checkFraction } from "../checks.ts";
import { valueError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { type ArrayInput, type HostArray, toHostArrayAsync } from "./array.ts";

/** Options of {@link binBoundaries}. */
export interface BinBoundariesOptions {
  /** How many bins, ≥ 2. */
  numBins: number;
  /** Tolerated error of the shares: a smaller one keeps more values while it reads. Default 0.01. */
  epsilon?: number;
}

/** Values in rising order, and how many of the data each stands for. */
interface Summary {
  readonly values: readonly number[];
  readonly weights: readonly number[];
}

/**
 * Boundaries that put about as many of the values into each of `numBins` bins, estimated in one pass.
 * @param data an array; or arrays, read one by one, as an asynchronous generator gives them.
 * @returns numBins − 1 rising numbers, as `discretization` takes them; fewer where values repeat.
 * @throws ValueError without data, on what is not finite, and on options out of range.
 * @example const age = discretization(await binBoundaries(people.numbers("age"), { numBins: 4 }));
 * @see Keras 3 `layers.Discretization.adapt`, with its float32 numbers.
 */
export async function binBoundaries(
  data: ArrayInput | AsyncIterable<ArrayInput>,
  options: BinBoundariesOptions,
): Promise<number[]> {
  const owner = "binBoundaries";
  const { numBins, epsilon = 0.01 } = checkOptions(owner, options, { numBins: "number!", epsilon: "number" });
  checkCount(owner, "numBins", numBins, 2);
  checkFraction(owner, "epsilon", epsilon);
  const isStream = typeof data === "object" && data !== null && Symbol.asyncIterator in data;
  const batches = isStream ? (data as AsyncIterable<ArrayInput>) : [data as ArrayInput];
  const boundaries = await quantiles(owner, batches, numBins, epsilon);
  return boundaries.filter((value, at) => at === 0 || value > (boundaries[at - 1] as number));
}

/** As {@link binBoundaries}, with those that repeat. @param owner begins messages. */
export async function quantiles(
  owner: string,
  batches: AsyncIterable<unknown> | Iterable<unknown>,
  numBins: number,
  epsilon: number,
): Promise<number[]> {
  let all: Summary = { values: [], weights: [] };
  for await (const given of batches) {
    const batch = await toHostArrayAsync(owner, given as ArrayInput);
    all = compress(merge(summarize(owner, batch, epsilon), all), epsilon);
  }
  if (all.values.length === 0)
    throw valueError(owner, { rule: "there must be data", expected: "at least one number", received: "none" });
  return compress(all, 1 / numBins).values.slice(0, -1);
}

/** Every n-th of the sorted values, so that about 1/epsilon are left. */
function summarize(owner: string, { data }: HostArray, epsilon: number): Summary {
  const values = Float32Array.from(data).sort();
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong !== undefined)
    throw valueError(owner, { rule: "values must be finite", expected: "finite numbers", received: wrong });
  const step = Math.max(values.length * epsilon, 1);
  const chosen: number[] = [];
  for (let at = Math.trunc(step - 1); at < values.length; at += Math.trunc(step)) chosen.push(values[at] as number);
  return { values: chosen, weights: chosen.map(() => step) };
}

function merge(a: Summary, b: Summary): Summary {
  const pairs = [a, b].flatMap(({ values, weights }) =>
    values.map((value, at) => [value, weights[at] as number] as const),
  );
  pairs.sort(([x], [y]) => x - y);
  return { values: pairs.map(([value]) => value), weights: pairs.map(([, weight]) => weight) };
}

/** The values at equal steps of the cumulated weights, and what lies between them. */
function compress(summary: Summary, epsilon: number): Summary {
  const { values, weights } = summary;
  if (values.length * epsilon < 1) return summary;
  const sums: number[] = [];
  weights.reduce((sum, weight, at) => {
    sums[at] = sum + weight;
    return sum + weight;
  }, 0);
  const total = sums.at(-1) as number;
  const shares = sums.map((sum) => sum / total);
  const wanted = Array.from({ length: Math.ceil(1 / epsilon - 1e-9) }, (_, at) => epsilon + at * epsilon);
  const found = wanted.map((share) => Math.fround(interpolate(share, shares, values)));
  const cumulated = wanted.map((share) => interpolate(share, shares, sums));
  return { values: found, weights: cumulated.map((sum, at) => Math.fround(sum - (cumulated[at - 1] ?? 0))) };
}

/** NumPy's `interp`. */
function interpolate(x: number, xs: readonly number[], ys: readonly number[]): number {
  const at = xs.findIndex((value) => value >= x);
  if (at === 0) return ys[0] as number;
  if (at < 0) return ys.at(-1) as number;
  const [x0, x1, y0, y1] = [xs[at - 1], xs[at], ys[at - 1], ys[at]] as [number, number, number, number];
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}
