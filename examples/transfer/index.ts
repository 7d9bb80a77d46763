/**
 * Transfer learning with somebody else's network, the MobileNetV2 of the npm package nsfwjs: see README.md. Its first
 * blocks see Fashion-MNIST. A classifier is trained on 200 images of sandals and shirts, and on 100 images of all ten
 * classes: on the frozen network, then together with the network's last blocks. Against it: the same on the same
 * network with random weights, and a small CNN from scratch.
 *
 *     npm ci --prefix examples/transfer && npx tsx examples/transfer/index.ts [--short]
 */

import {
  type ArrayInput,
  adam,
  cloneModel,
  conv2d,
  dense,
  flatten,
  type Model,
  maxPooling2d,
  reshape,
  sequential,
} from "aretejs";
import { loadModel, saveModel } from "aretejs/io";
import { choose, type ExampleOptions, imagesOf, type LabelledImages, percent, runAsScript, spread } from "../shared.ts";
import { loadBody } from "./body.ts";
import { fromGrey, learn } from "./network.ts";

interface Task {
  readonly name: string;
  readonly classes: readonly number[];
  /** Images to train on, of all classes together. */
  readonly images: number;
  readonly epochs: number;
  readonly unfrozenEpochs: number;
}

const tasks: readonly Task[] = [
  { name: "sandals and shirts, 200 images", classes: [5, 6], images: 200, epochs: 30, unfrozenEpochs: 10 },
  {
    name: "ten classes, 100 images",
    classes: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    images: 100,
    epochs: 60,
    unfrozenEpochs: 20,
  },
];

/** Test accuracies by seed. */
export interface TransferFigures {
  readonly task: string;
  readonly frozen: number[];
  readonly unfrozen: number[];
  readonly randomFrozen: number[];
  readonly randomUnfrozen: number[];
  readonly scratch: number[];
}

const pictures = ({ x }: LabelledImages) => fromGrey(x.data);
const labels = ({ y }: LabelledImages) => y.data;

const accuracyOn = async (model: Model, x: ArrayInput, { y }: LabelledImages) =>
  (await model.evaluate(x, y)).accuracy as number;

/** Test accuracies of a classifier on a network, frozen and then not, and the whole network. */
async function onBody(body: Model, few: LabelledImages, exam: LabelledImages, task: Task, seed: number) {
  const questions = pictures(exam);
  let frozen = Number.NaN;
  const network = await learn(body, pictures(few), labels(few), task.classes.length, {
    ...task,
    seed,
    onFrozen: async (whole) => {
      frozen = await accuracyOn(whole, questions, exam);
    },
  });
  return { frozen, unfrozen: await accuracyOn(network, questions, exam), network };
}

/** Test accuracy of a small network of convolutions that has seen nothing but these images. */
async function fromScratch(few: LabelledImages, exam: LabelledImages, task: Task, seed: number): Promise<number> {
  const model = sequential(
    [
      reshape([28, 28, 1], { inputShape: [28, 28] }),
      conv2d(16, 3, { activation: "relu" }),
      maxPooling2d(2),
      conv2d(32, 3, { activation: "relu" }),
      maxPooling2d(2),
      flatten(),
      dense(task.classes.length, { activation: "softmax" }),
    ],
    { seed },
  );
  model.compile({ optimizer: adam(1e-3), loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
  await model.fit(few.x, few.y, { epochs: task.epochs, verbose: 0 });
  return accuracyOn(model, exam.x, exam);
}

/** Seconds that training takes with features computed once, and with the frozen layers in each epoch. */
async function compareTimes(body: Model, few: LabelledImages, task: Task, epochs: number): Promise<[number, number]> {
  const images = pictures(few);
  await images.data();
  const start = performance.now();
  const network = await learn(body, images, labels(few), task.classes.length, { epochs, unfrozenEpochs: 0 });
  const once = performance.now() - start;
  // Everything but the classifier is frozen still.
  await network.fit(images, labels(few), { epochs, verbose: 0 });
  return [once / 1000, (performance.now() - start - once) / 1000];
}

/** @param target where the last network is saved and read again. */
export async function run(options: ExampleOptions, target = "transfer.keras"): Promise<TransferFigures[]> {
  const { short = false, log = () => {} } = options;
  const { train, test } = await imagesOf(options);
  const start = performance.now();
  const body = await loadBody();
  const loadingTime = performance.now() - start;
  const weights = await body.getWeights();
  log(`${body.layers.length} layers loaded in ${loadingTime.toFixed(0)} ms`);
  const all: TransferFigures[] = [];
  for (const task of tasks) {
    const results: TransferFigures = {
      task: task.name,
      frozen: [],
      unfrozen: [],
      randomFrozen: [],
      randomUnfrozen: [],
      scratch: [],
    };
    const exam = choose(test, { classes: task.classes, take: short ? 50 : 500 });
    for (const seed of short ? [1] : [1, 2, 3, 4, 5]) {
      const take = short ? 40 : task.images;
      const few = choose(train, { classes: task.classes, skip: (seed - 1) * take, take });
      const brief = short ? { ...task, epochs: 20, unfrozenEpochs: 2 } : task;
      const { frozen, unfrozen, network } = await onBody(body, few, exam, brief, seed);
      results.frozen.push(frozen);
      results.unfrozen.push(unfrozen);
      await saveModel(network, target);
      const again = await accuracyOn(await loadModel(target), pictures(exam), exam);
      if (again !== unfrozen) throw new Error(`the saved network gives ${again} rather than ${unfrozen}`);
      await network.dispose();
      // What was trained is undone for the next seed.
      body.setWeights(weights);
      const random = await onBody(cloneModel(body), few, exam, brief, seed);
      results.randomFrozen.push(random.frozen);
      results.randomUnfrozen.push(random.unfrozen);
      await random.network.dispose();
      results.scratch.push(await fromScratch(few, exam, brief, seed));
    }
    const text = (values: readonly number[]) => {
      const { mean, stddev } = spread(values);
      return `${percent(mean, 1)} ± ${percent(stddev, 1)}`;
    };
    log(
      `${task.name}: MobileNetV2 frozen ${text(results.frozen)}, last blocks trained ${text(results.unfrozen)}; ` +
        `with random weights ${text(results.randomFrozen)}, ${text(results.randomUnfrozen)}; ` +
        `small network from scratch ${text(results.scratch)}`,
    );
    all.push(results);
  }
  const [task] = tasks as [Task];
  const few = choose(train, { classes: task.classes, take: short ? 40 : task.images });
  const epochs = short ? 1 : 10;
  const [once, always] = await compareTimes(body, few, task, epochs);
  log(
    `${epochs} epochs on ${few.y.data.length} images: ${once.toFixed(1)} s with features computed once, ` +
      `${always.toFixed(1)} s with the frozen network in each epoch`,
  );
  return all;
}

await runAsScript(import.meta.url, run);
