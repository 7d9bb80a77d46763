/**
 * Reusing pretrained layers. Model A learns eight classes of Fashion-MNIST (all but sandal and shirt; 48 000 images, 5 epochs, nadam). Model B
 * tells sandals from shirts from 200 images, on a copy of A's hidden layers: 4 epochs with these frozen, then 16 with all trained. Against it: the
 * same network from scratch, 20 epochs. Both under plain SGD at three learning rates; batches of 32.
 *
 *     npx tsx examples/05-transfer.ts [--short]
 *
 * Printed by a full run: test accuracy on the 2 000 sandals and shirts, mean ± standard deviation of seeds 1 to 5 (other weights, another A and
 * another 200 images each):
 *
 *     learning rate    on A               from scratch
 *     0.001            96.97 % ± 0.68 %   96.73 % ± 0.62 %
 *     0.01             99.77 % ± 0.12 %   99.09 % ± 0.22 %
 *     0.1              99.88 % ± 0.12 %   99.44 % ± 0.26 %
 *
 * The task is easy, so there is little to win in points: at the two larger rates B on A makes a quarter (0.23 of 0.91 points) and a fifth (0.12 of
 * 0.56) of the errors. At 0.001, where 140 steps are too few for either, the difference is within the spread; for seed 3 A's layers were a little worse.
 */
import { cloneModel, dense, flatten, type Model, nadam, sequential, sgd } from "../src/index.ts";
import type { LabelledImages } from "./fashion-mnist.ts";
import { choose, type ExampleOptions, imagesOf, percent, runAsScript, spread } from "./shared.ts";

const SANDAL = 5;
const SHIRT = 6;

const block = { activation: "elu", kernelInitializer: "heNormal" } as const;
const hidden = () => [flatten({ inputShape: [28, 28] }), dense(100, block), dense(100, block), dense(100, block)];

/** Model A: the eight other classes. */
async function trainA({ x, y }: LabelledImages, seed: number, epochs: number): Promise<Model> {
  const model = sequential([...hidden(), dense(8, { activation: "softmax" })], { seed });
  model.compile({ optimizer: nadam({ learningRate: 1e-3 }), loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
  await model.fit(x, y, { epochs, verbose: 0 });
  return model;
}

const compileB = (model: Model, learningRate: number) => model.compile({ optimizer: sgd({ learningRate }), loss: "binaryCrossentropy", metrics: ["accuracy"] });

/** Model B on a copy of A's layers: its new last layer alone first, so that its first large gradients do not spoil the others; then all. */
async function transfer(a: Model, { x, y }: LabelledImages, learningRate: number, seed: number, [frozen, unfrozen]: readonly [number, number]): Promise<Model> {
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

async function scratch({ x, y }: LabelledImages, learningRate: number, seed: number, epochs: number): Promise<Model> {
  const model = sequential([...hidden(), dense(1, { activation: "sigmoid" })], { seed });
  compileB(model, learningRate);
  await model.fit(x, y, { epochs, verbose: 0 });
  return model;
}

export interface TransferFigures {
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
  const figures = [1e-3, 1e-2, 1e-1].map((learningRate): TransferFigures => ({ learningRate, transferred: [], fromScratch: [] }));

  for (const seed of short ? [1] : [1, 2, 3, 4, 5]) {
    const a = await trainA(eight, seed, short ? 1 : 5);
    const few = choose(train, { classes: [SANDAL, SHIRT], skip: (seed - 1) * 200, take: 200 }); // Others for each seed.
    for (const { learningRate, transferred, fromScratch } of figures) {
      const models = [await transfer(a, few, learningRate, seed, phases), await scratch(few, learningRate, seed, phases[0] + phases[1])] as const;
      const [onA, alone] = [await models[0].evaluate(exam.x, exam.y), await models[1].evaluate(exam.x, exam.y)];
      transferred.push(onA.accuracy as number);
      fromScratch.push(alone.accuracy as number);
      log(`seed ${seed}, learning rate ${learningRate}: on A ${percent(onA.accuracy as number)}, from scratch ${percent(alone.accuracy as number)}`);
    }
  }
  for (const { learningRate, transferred, fromScratch } of figures) {
    const [on, off] = [spread(transferred), spread(fromScratch)];
    log(
      `learning rate ${learningRate}: on A ${percent(on.mean)} ± ${percent(on.stddev)}, from scratch ${percent(off.mean)} ± ${percent(off.stddev)} ` +
        `(mean ± standard deviation, ${transferred.length} seeds, ${exam.y.data.length} test images)`,
    );
  }
  return figures;
}

await runAsScript(import.meta.url, run);
