/**
 * Learning-rate schedules: each drawn and tried; a range test that finds a peak; and 1cycle against constant rates, at
 * equal epochs.
 *
 *     npx tsx examples/07-schedules.ts [--short]
 *
 * Printed by a full run (the first 10 000 training images, batches of 32, 5 epochs, Nesterov momentum 0.9; 10 000 test
 * images), after the charts:
 *
 *     constant: test accuracy 84.57 %
 *     power (exponent 0.5): test accuracy 83.71 %
 *     inverse time: test accuracy 84.18 %
 *     exponential: test accuracy 83.91 %
 *     piecewise constant: test accuracy 84.91 %
 *     polynomial: test accuracy 85.03 %
 *     cosine: test accuracy 84.92 %
 *     cosine with restarts: test accuracy 84.96 %
 *     warm-up, then cosine: test accuracy 84.77 %
 *     1cycle: test accuracy 84.81 %
 *     reduceLrOnPlateau: test accuracy 84.57 %
 *     suggested peak: 0.0030
 *     rate 0.005: constant 83.18 % ± 0.42 %, 1cycle up to it 82.97 % ± 0.12 %
 *     rate 0.01: constant 83.58 % ± 0.45 %, 1cycle up to it 83.92 % ± 0.17 %
 *     rate 0.02: constant 83.38 % ± 0.72 %, 1cycle up to it 84.67 % ± 0.17 %
 *     rate 0.05: constant 82.27 % ± 1.58 %, 1cycle up to it 85.48 % ± 0.18 %
 *     rate 0.1: constant 11.66 % ± 3.33 %, 1cycle up to it 85.53 % ± 0.10 %
 *
 * Mean ± standard deviation of seeds 1 to 5; above it one seed each, which says nothing about a few tenths. 1cycle at
 * its best is 1.95 points better than the best constant rate, bears a rate at which a constant one fails, and spreads
 * less. The range test's suggestion, a tenth of where the loss was lowest, is on the safe side here.
 */
import { inspect } from "node:util";
import {
  cosineDecay,
  cosineDecayRestarts,
  dense,
  exponentialDecay,
  flatten,
  inverseTimeDecay,
  learningRateRangeTest,
  type Model,
  oneCycle,
  piecewiseConstantDecay,
  polynomialDecay,
  powerDecay,
  reduceLrOnPlateau,
  type Schedule,
  sequential,
  sgd,
  warmup,
} from "aretejs";
import { plotSchedule } from "aretejs/plot";
import { choose, type ExampleOptions, imagesOf, percent, runAsScript, spread } from "./shared.ts";

const PEAK = 0.02;

/** The schedules for a run of so many steps. */
const schedules = (steps: number): Record<string, Schedule> => ({
  constant: () => PEAK,
  "power (exponent 0.5)": powerDecay({ initialLearningRate: PEAK, decaySteps: steps / 100, exponent: 0.5 }),
  "inverse time": inverseTimeDecay({ initialLearningRate: PEAK, decaySteps: steps, decayRate: 9 }),
  exponential: exponentialDecay({ initialLearningRate: PEAK, decaySteps: steps, decayRate: 0.01 }),
  "piecewise constant": piecewiseConstantDecay({
    boundaries: [Math.round(steps / 2), Math.round(steps * 0.8)],
    values: [PEAK, PEAK / 10, PEAK / 100],
  }),
  polynomial: polynomialDecay({ initialLearningRate: PEAK, decaySteps: steps, endLearningRate: 1e-4, power: 1 }),
  cosine: cosineDecay({ initialLearningRate: PEAK, decaySteps: steps }),
  "cosine with restarts": cosineDecayRestarts({ initialLearningRate: PEAK, firstDecaySteps: steps / 7 }),
  "warm-up, then cosine": warmup({
    steps: Math.round(steps / 10),
    target: cosineDecay({ initialLearningRate: PEAK, decaySteps: Math.round(steps * 0.9) }),
  }),
  "1cycle": oneCycle({ maxLearningRate: PEAK, steps }).learningRate,
});

export interface ScheduleFigures {
  /** Test accuracy by schedule, one seed. */
  schedules: Record<string, number>;
  suggestion: number;
  /** Test accuracies, one per seed: of 1cycle by its peak, of constant rates by the rate. */
  oneCycle: Record<string, number[]>;
  constant: Record<string, number[]>;
}

export async function run(options: ExampleOptions): Promise<ScheduleFigures> {
  const { short = false, log = () => {} } = options;
  const images = await imagesOf(options);
  const [train, test] = [
    choose(images.train, { take: short ? 640 : 10_000 }),
    choose(images.test, short ? { take: 200 } : {}),
  ];
  const epochs = short ? 1 : 5;
  const steps = epochs * Math.ceil(train.y.data.length / 32);
  const accuracyOf = async (model: Model, callbacks: Parameters<Model["fit"]>[2] = {}): Promise<number> => {
    await model.fit(train.x, train.y, { epochs, verbose: 0, ...callbacks });
    return (await model.evaluate(test.x, test.y)).accuracy as number;
  };

  const all = schedules(steps);
  for (const [name, schedule] of Object.entries(all)) {
    log(inspect(plotSchedule({ [name]: schedule }, { steps })));
  }
  const figures: Record<string, number> = {};
  for (const [name, schedule] of Object.entries(all)) figures[name] = await accuracyOf(network(42, schedule));
  figures.reduceLrOnPlateau = await accuracyOf(network(42, PEAK), {
    callbacks: [reduceLrOnPlateau({ monitor: "loss", factor: 0.5, patience: 1 })],
  });
  for (const [name, accuracy] of Object.entries(figures)) log(`${name}: test accuracy ${percent(accuracy)}`);

  const { suggestion, chart: curve } = await learningRateRangeTest(network(42, 0.01), train.x, train.y, {
    steps: short ? 40 : 300,
  });
  log(`range test:\n${curve}\nsuggested peak: ${suggestion.toPrecision(2)}`);

  const [rates, seeds] = short
    ? [[0.02], [1]]
    : [
        [0.005, 0.01, 0.02, 0.05, 0.1],
        [1, 2, 3, 4, 5],
      ];
  const constant: Record<string, number[]> = {};
  const cycle: Record<string, number[]> = {};
  for (const rate of rates) {
    const { learningRate, momentum } = oneCycle({ maxLearningRate: rate, steps });
    const plain: number[] = [];
    const cycled: number[] = [];
    for (const seed of seeds) {
      plain.push(await accuracyOf(network(seed, rate)));
      cycled.push(await accuracyOf(network(seed, learningRate, momentum)));
    }
    constant[rate] = plain;
    cycle[rate] = cycled;
    log(`rate ${rate}: constant ${meanOf(plain)}, 1cycle up to it ${meanOf(cycled)}`);
  }
  return { schedules: figures, suggestion, oneCycle: cycle, constant };
}

const meanOf = (values: readonly number[]) => {
  const { mean, stddev } = spread(values);
  return `${percent(mean)} ± ${percent(stddev)}`;
};

function network(seed: number, learningRate: number | Schedule, momentum: number | Schedule = 0.9): Model {
  const hidden = [100, 100].map((units) => dense(units, { activation: "elu", kernelInitializer: "heNormal" }));
  const model = sequential([flatten({ inputShape: [28, 28] }), ...hidden, dense(10, { activation: "softmax" })], {
    seed,
  });
  model.compile({
    optimizer: sgd({ learningRate, momentum, nesterov: true }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
  });
  return model;
}

await runAsScript(import.meta.url, run);
