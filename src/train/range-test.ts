import { checkCount, checkDecay, checkPositive } from "../checks.ts";
import { type Dataset, dataset } from "../data/dataset.ts";
import { checkNumber, stateError, valueError } from "../errors.ts";
import type { TypedArray } from "../ir/dtype.ts";
import { checkOptions } from "../options.ts";
import { pow } from "../tensor/portable.ts";
import type { ArraysGiven, InputsGiven } from "./columns.ts";
import type { Model } from "./model.ts";
import { runOnBatch } from "./on-batch.ts";
import { sessionOf } from "./session.ts";
import type { Logs } from "./step-runner.ts";

/** Options of {@link learningRateRangeTest}. */
export interface RangeTestOptions {
  /** The first rate, > 0. Default 1e-6. */
  minLearningRate?: number;
  /** The last rate, larger than the first. Default 10. */
  maxLearningRate?: number;
  /** How many steps, ≥ 2: the rate grows by one factor in each. Default 200. */
  steps?: number;
  /** Samples per step. Default 32. */
  batchSize?: number;
  /** Decay of the running average of the loss, in [0, 1). Default 0.9. */
  smoothing?: number;
  /** The test ends when the smoothed loss is so many times its smallest, > 1. Default 4. */
  divergence?: number;
  /** Of the order of the samples. Default the model's seed. */
  seed?: number;
}

/** The result of a range test. */
export interface RangeTest {
  readonly learningRates: readonly number[];
  /** The loss of each step. */
  readonly losses: readonly number[];
  /** Running averages of the losses, corrected for their start at 0. */
  readonly smoothed: readonly number[];
  /** A tenth of the rate at which the smoothed loss was smallest: a good peak for 1cycle, or constant rate. */
  readonly suggestion: number;
  /** The smoothed loss over the logarithm of the rate, as text. */
  readonly chart: string;
}

/**
 * Learning-rate range test: trains a few steps with a rate that grows from very small to very large, and finds where
 * the loss falls and where it rises. Weights and the optimizer are restored afterwards. The optimizer must have been
 * made with a number as learningRate.
 * @throws StateError before `compile`, or where the learning rate follows a schedule; ValueError where an option is out
 * of range.
 * @example const { suggestion, chart } = await learningRateRangeTest(model, x, y); console.log(chart);
 * @see Smith 2017, arXiv:1506.01186; Géron, Hands-On Machine Learning, ch. 11.
 */
export async function learningRateRangeTest(
  model: Model,
  x: InputsGiven,
  y: ArraysGiven,
  options: RangeTestOptions = {},
): Promise<RangeTest> {
  const {
    minLearningRate = 1e-6,
    maxLearningRate = 10,
    steps = 200,
    batchSize = 32,
    smoothing = 0.9,
    divergence = 4,
    seed = model.seed,
  } = checkOptions("learningRateRangeTest", options, {
    minLearningRate: "number",
    maxLearningRate: "number",
    steps: "number",
    batchSize: "number",
    smoothing: "number",
    divergence: "number",
    seed: "number",
  });
  checkRanges({ minLearningRate, maxLearningRate, steps, batchSize, smoothing, divergence, seed });
  const session = sessionOf("learningRateRangeTest", model);
  return session.run("learningRateRangeTest", async (compiled) => {
    const trainOnBatch = (x: InputsGiven, y: ArraysGiven) =>
      runOnBatch(session, "learningRateRangeTest", "train", compiled, { x, y });
    if (model.optimizer.isScheduled) {
      throw stateError("learningRateRangeTest", {
        rule: "the test sets the learning rate",
        expected: "an optimizer made with a number",
        received: "a schedule",
      });
    }
    const restore = await remember(model);
    try {
      const batches = dataset({ x, y }).shuffle({ seed }).batch(batchSize) as Dataset<Samples>;
      const points = await sweep(model, trainOnBatch, batches, {
        minLearningRate,
        maxLearningRate,
        steps,
        smoothing,
        divergence,
      });
      return await report(points);
    } finally {
      restore();
    }
  });
}

interface Samples {
  readonly x: InputsGiven;
  readonly y: ArraysGiven;
}

interface Point {
  readonly rate: number;
  readonly loss: number;
  readonly smoothed: number;
}

type Sweep = Required<
  Pick<RangeTestOptions, "minLearningRate" | "maxLearningRate" | "steps" | "smoothing" | "divergence">
>;

async function sweep(
  model: Model,
  trainOnBatch: (x: InputsGiven, y: ArraysGiven) => Logs | Promise<Logs>,
  batches: Dataset<Samples>,
  options: Sweep,
): Promise<Point[]> {
  const { minLearningRate, maxLearningRate, steps, smoothing, divergence } = options;
  const points: Point[] = [];
  let average = 0;
  let least = Number.POSITIVE_INFINITY;
  while (points.length < steps) {
    for await (const { x, y } of batches) {
      const rate = minLearningRate * pow(maxLearningRate / minLearningRate, points.length / (steps - 1));
      model.optimizer.learningRate = rate;
      const { loss = Number.NaN } = await trainOnBatch(x, y);
      average = smoothing * average + (1 - smoothing) * loss;
      const smoothed = average / (1 - pow(smoothing, points.length + 1));
      // Written so that NaN ends the test, too.
      if (!(smoothed <= divergence * least)) return points;
      points.push({ rate, loss, smoothed });
      least = Math.min(least, smoothed);
      if (points.length === steps) break;
    }
  }
  return points;
}

async function report(points: readonly Point[]): Promise<RangeTest> {
  const smoothed = points.map((point) => point.smoothed);
  const lowest = points[smoothed.indexOf(Math.min(...smoothed))];
  if (!lowest) {
    throw stateError("learningRateRangeTest", {
      rule: "the loss must be finite at the first rate",
      expected: "a finite loss",
      received: "none",
      advice: "Check the data, or begin with a smaller minLearningRate.",
    });
  }
  const learningRates = points.map(({ rate }) => rate);
  // Each rate is the one before times one factor, so that the index is the logarithm.
  const { textChart } = await import("../plot/text-chart.ts");
  const [first, last] = [learningRates[0] as number, learningRates.at(-1) as number];
  return {
    learningRates,
    losses: points.map(({ loss }) => loss),
    smoothed,
    suggestion: lowest.rate / 10,
    chart: textChart(smoothed, [first.toExponential(1), last.toExponential(1)]),
  };
}

/** Copies weights and the optimizer's state; gives a function that restores them. */
async function remember(model: Model): Promise<() => void> {
  const { optimizer } = model;
  optimizer.build(model.trainableVariables);
  const variables = [...model.variables, ...optimizer.variables];
  const values: TypedArray[] = [];
  for (const variable of variables) values.push(await variable.read());
  const { rawSteps, learningRate } = optimizer;
  return () => {
    variables.forEach((variable, index) => {
      variable.assign(values[index] as TypedArray);
    });
    optimizer.rawSteps = rawSteps;
    optimizer.learningRate = learningRate;
  };
}

function checkRanges(options: Required<RangeTestOptions>): void {
  const name = "learningRateRangeTest";
  checkPositive(name, "minLearningRate", options.minLearningRate);
  checkPositive(name, "maxLearningRate", options.maxLearningRate);
  if (options.maxLearningRate <= options.minLearningRate) {
    throw valueError(name, {
      rule: "the rates must rise",
      expected: `maxLearningRate > ${options.minLearningRate}`,
      received: options.maxLearningRate,
    });
  }
  checkCount(name, "steps", options.steps, 2);
  checkCount(name, "batchSize", options.batchSize, 1);
  checkDecay(name, "smoothing", options.smoothing);
  checkNumber(name, "divergence", options.divergence, "a finite number > 1", (value) => value > 1);
}
