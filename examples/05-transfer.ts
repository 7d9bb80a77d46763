/**
 * Reusing pretrained layers. Model A learns eight classes of Fashion-MNIST (all but sandal and shirt; 48 000 images, 5
 * epochs, nadam). Model B tells sandals from shirts from 200 images, on a copy of A's hidden layers: 4 epochs with
 * these frozen, then 16 with all trained. Against it: the same network from scratch, 20 epochs. Both under plain SGD at
 * three learning rates; batches of 32. Once with dense layers, once with convolutions.
 *
 *     npx tsx examples/05-transfer.ts [--short]
 *
 * Printed by a full run: test accuracy on the 2 000 sandals and shirts, mean ± standard deviation of seeds 1 to 5
 * (other weights, another A and another 200 images each):
 *
 *     dense, learning rate 0.001: on A 96.97 % ± 0.68 %, from scratch 96.73 % ± 0.62 %
 *     dense, learning rate 0.01: on A 99.77 % ± 0.12 %, from scratch 99.09 % ± 0.22 %
 *     dense, learning rate 0.1: on A 99.88 % ± 0.12 %, from scratch 99.44 % ± 0.26 %
 *     convolutional, learning rate 0.001: on A 95.52 % ± 0.98 %, from scratch 97.66 % ± 1.32 %
 *     convolutional, learning rate 0.01: on A 99.68 % ± 0.12 %, from scratch 99.71 % ± 0.11 %
 *     convolutional, learning rate 0.1: on A 99.88 % ± 0.05 %, from scratch 99.79 % ± 0.11 %
 *
 * The task is easy, so there is little to win in points. Dense, at the two larger rates, B on A makes a quarter (0.23
 * of 0.91 points) and a fifth (0.12 of 0.56) of the errors; at 0.001, where 140 steps are too few for either, the
 * difference is within the spread. Convolutional, nothing is won: from scratch, 200 images are enough for the same
 * accuracy, and at 0.001 B on A is behind, four of its epochs having trained the last layer alone.
 */
import {
  cloneModel,
  conv2d,
  dense,
  flatten,
  type Layer,
  type Model,
  maxPooling2d,
  nadam,
  reshape,
  sequential,
  sgd,
} from "aretejs";
import { choose, type ExampleOptions, imagesOf, type LabelledImages, percent, runAsScript, spread } from "./shared.ts";

const SANDAL = 5;
const SHIRT = 6;

const block = { activation: "elu", kernelInitializer: "heNormal" } as const;
/** The hidden layers of both models. */
const stacks = {
  dense: () => [flatten({ inputShape: [28, 28] }), dense(100, block), dense(100, block), dense(100, block)],
  convolutional: () => [
    reshape([28, 28, 1], { inputShape: [28, 28] }),
    conv2d(8, 3, block),
    maxPooling2d(2),
    conv2d(16, 3, block),
    maxPooling2d(2),
    flatten(),
    dense(50, block),
  ],
} satisfies Record<string, () => Layer[]>;
type Stack = keyof typeof stacks;

/** Model A: the eight other classes. */
async function trainA(stack: Stack, { x, y }: LabelledImages, seed: number, epochs: number): Promise<Model> {
  const model = sequential([...stacks[stack](), dense(8, { activation: "softmax" })], { seed });
  model.compile({
    optimizer: nadam({ learningRate: 1e-3 }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
  });
  await model.fit(x, y, { epochs, verbose: 0 });
  return model;
}

const compileB = (model: Model, learningRate: number) =>
  model.compile({ optimizer: sgd({ learningRate }), loss: "binaryCrossentropy", metrics: ["accuracy"] });

/**
 * Model B on a copy of A's layers: its new last layer alone first, so that its first large gradients do not spoil the
 * others; then all.
 */
async function transfer(
  a: Model,
  { x, y }: LabelledImages,
  learningRate: number,
  seed: number,
  [frozen, unfrozen]: readonly [number, number],
): Promise<Model> {
  const copy = cloneModel(a);
  copy.setWeights(await a.getWeights());
  const reused = copy.layers.slice(0, -1);
  const model = sequential([...reused, dense(1, { activation: "sigmoid" })], { seed });
  for (const layer of reused) layer.trainable = false;
  compileB(model, learningRate);
  await model.fit(x, y, { epochs: frozen, verbose: 0 });
  for (const layer of reused) layer.trainable = true;
  compileB(model, learningRate);
  await model.fit(x, y, { epochs: unfrozen, verbose: 0 });
  return model;
}

async function scratch(
  stack: Stack,
  { x, y }: LabelledImages,
  learningRate: number,
  seed: number,
  epochs: number,
): Promise<Model> {
  const model = sequential([...stacks[stack](), dense(1, { activation: "sigmoid" })], { seed });
  compileB(model, learningRate);
  await model.fit(x, y, { epochs, verbose: 0 });
  return model;
}

export interface TransferFigures {
  stack: Stack;
  learningRate: number;
  /** Test accuracies, by seed. */
  transferred: number[];
  fromScratch: number[];
}

export async function run(options: ExampleOptions): Promise<TransferFigures[]> {
  const { short = false, log = () => {} } = options;
  const { train, test } = await imagesOf(options);
  const eight = choose(train, { classes: [0, 1, 2, 3, 4, 7, 8, 9], ...(short ? { take: 400 } : {}) });
  const exam = choose(test, { classes: [SANDAL, SHIRT], ...(short ? { take: 200 } : {}) });
  const phases = short ? ([1, 1] as const) : ([4, 16] as const);
  const figures: TransferFigures[] = [];

  for (const stack of Object.keys(stacks) as Stack[]) {
    const rates = [1e-3, 1e-2, 1e-1].map(
      (learningRate): TransferFigures => ({ stack, learningRate, transferred: [], fromScratch: [] }),
    );
    for (const seed of short ? [1] : [1, 2, 3, 4, 5]) {
      const a = await trainA(stack, eight, seed, short ? 1 : 5);
      // Others for each seed.
      const few = choose(train, { classes: [SANDAL, SHIRT], skip: (seed - 1) * 200, take: 200 });
      for (const { learningRate, transferred, fromScratch } of rates) {
        const models = [
          await transfer(a, few, learningRate, seed, phases),
          await scratch(stack, few, learningRate, seed, phases[0] + phases[1]),
        ] as const;
        transferred.push((await models[0].evaluate(exam.x, exam.y)).accuracy as number);
        fromScratch.push((await models[1].evaluate(exam.x, exam.y)).accuracy as number);
      }
    }
    for (const { learningRate, transferred, fromScratch } of rates) {
      log(`${stack}, learning rate ${learningRate}: on A ${meanOf(transferred)}, from scratch ${meanOf(fromScratch)}`);
    }
    figures.push(...rates);
  }
  return figures;
}

const meanOf = (values: readonly number[]) => {
  const { mean, stddev } = spread(values);
  return `${percent(mean)} ± ${percent(stddev)}`;
};

await runAsScript(import.meta.url, run);
