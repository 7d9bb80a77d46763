/**
 * A race of optimizers on one chart: the same network, the same seed, the same batches; each at a rate that suits it.
 *
 *     npx tsx examples/06-optimizers.ts [--short]
 *
 * Printed by a full run (seed 42; the first 20 000 training images, batches of 32, 4 epochs; 10 000 test images), after
 * the chart of the loss:
 *
 *     muon      loss 0.168, test accuracy 87.12 %
 *     lion      loss 0.326, test accuracy 85.42 %
 *     nadam     loss 0.341, test accuracy 83.93 %
 *     adam      loss 0.351, test accuracy 83.66 %
 *     adamW     loss 0.352, test accuracy 83.57 %
 *     rmsprop   loss 0.366, test accuracy 84.69 %
 *     adamax    loss 0.366, test accuracy 83.47 %
 *     nesterov  loss 0.367, test accuracy 83.36 %
 *     adadelta  loss 0.369, test accuracy 84.20 %
 *     momentum  loss 0.379, test accuracy 82.32 %
 *     lamb      loss 0.400, test accuracy 82.81 %
 *     adagrad   loss 0.425, test accuracy 82.96 %
 *     sgd       loss 0.476, test accuracy 81.51 %
 *
 * One seed and one rate each: the order among the adaptive ones says little; that plain descent comes last, and muon
 * far ahead, says more.
 */
import { inspect } from "node:util";
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  dense,
  flatten,
  lamb,
  lambdaCallback,
  lion,
  muon,
  nadam,
  type Optimizer,
  rmsprop,
  sequential,
  sgd,
} from "aretejs";
import { plotHistory } from "aretejs/plot";
import { choose, type ExampleOptions, imagesOf, percent, runAsScript } from "./shared.ts";

const runners: Record<string, () => Optimizer> = {
  sgd: () => sgd({ learningRate: 0.01 }),
  momentum: () => sgd({ learningRate: 0.01, momentum: 0.9 }),
  nesterov: () => sgd({ learningRate: 0.01, momentum: 0.9, nesterov: true }),
  adagrad: () => adagrad({ learningRate: 0.01 }),
  adadelta: () => adadelta({ learningRate: 1 }),
  rmsprop: () => rmsprop({ learningRate: 1e-3 }),
  adam: () => adam({ learningRate: 1e-3 }),
  adamax: () => adamax({ learningRate: 2e-3 }),
  nadam: () => nadam({ learningRate: 1e-3 }),
  adamW: () => adamW({ learningRate: 1e-3, weightDecay: 0.01 }),
  lion: () => lion({ learningRate: 1e-4 }),
  lamb: () => lamb({ learningRate: 5e-3 }),
  muon: () => muon({ learningRate: 2e-3 }),
};

export interface RaceFigures {
  /** Running loss of the epoch, taken twenty times an epoch. */
  loss: number[];
  testAccuracy: number;
}

export async function run(options: ExampleOptions): Promise<Record<string, RaceFigures>> {
  const { short = false, log = () => {} } = options;
  const images = await imagesOf(options);
  const [train, test] = [
    choose(images.train, { take: short ? 640 : 20_000 }),
    choose(images.test, short ? { take: 200 } : {}),
  ];
  const every = Math.max(1, Math.floor(train.y.data.length / 32 / 20));
  const figures: Record<string, RaceFigures> = {};
  for (const [name, make] of Object.entries(runners)) {
    const model = sequential(
      [
        flatten({ inputShape: [28, 28] }),
        dense(100, { activation: "elu", kernelInitializer: "heNormal" }),
        dense(100, { activation: "elu", kernelInitializer: "heNormal" }),
        dense(10, { activation: "softmax" }),
      ],
      { seed: 42 },
    );
    model.compile({ optimizer: make(), loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
    const loss: number[] = [];
    const watch = lambdaCallback({
      onTrainBatchEnd: (batch, logs) => void (batch % every === every - 1 && loss.push(logs.loss as number)),
    });
    await model.fit(train.x, train.y, { epochs: short ? 1 : 4, callbacks: [watch], verbose: 0 });
    const { accuracy } = await model.evaluate(test.x, test.y);
    figures[name] = { loss, testAccuracy: accuracy as number };
  }
  const runs = Object.fromEntries(Object.entries(figures).map(([name, { loss }]) => [name, { history: { loss } }]));
  // As a chart in text; `plotHistory(runs).save("losses.svg")` would make a picture.
  log(inspect(plotHistory(runs)));
  const byLoss = Object.entries(figures).sort(([, a], [, b]) => (a.loss.at(-1) as number) - (b.loss.at(-1) as number));
  for (const [name, { loss, testAccuracy }] of byLoss) {
    log(`${name.padEnd(9)} loss ${(loss.at(-1) as number).toFixed(3)}, test accuracy ${percent(testAccuracy)}`);
  }
  return figures;
}

await runAsScript(import.meta.url, run);
