/**
 * Transfer learning with somebody else's network: the MobileNetV2 of the npm package nsfwjs, a TensorFlow.js model with
 * quantized weights. Its first ten blocks see Fashion-MNIST (28 × 28, enlarged to 56 × 56). A head of its own is
 * trained on 200 images of sandals and shirts, and on 10 images of each of the ten classes: on the frozen body, then
 * with the body's last block, too. Against it: the same head on the same body with random weights, and a small CNN from
 * scratch.
 *
 *     npm ci --prefix examples/transfer && npx tsx examples/transfer/index.ts [--short]
 *
 * Printed by a full run for 200 images of sandals and shirts: test accuracy on 500 images, mean ± standard deviation of
 * seeds 1 to 5:
 *
 *     MobileNetV2 frozen 99.6 % ± 0.1 %, its last block trained 99.6 % ± 0.1 %; the same with random weights 49.8 % ±
 *     1.0 %; small network from scratch 99.7 % ± 0.1 %
 *
 * That task is easy: the small network needs no help. A body of random weights tells nothing to a head, since its
 * normalization has the means and variances that it began with.
 */

import type { LabelledImages } from "../../scripts/fashion-mnist.ts";
import {
  type ArrayInput,
  adam,
  cloneModel,
  conv2d,
  dense,
  flatten,
  model as functional,
  globalAveragePooling2d,
  type Model,
  maxPooling2d,
  ops,
  reshape,
  type SymbolicTensor,
  sequential,
  type Tensor,
} from "../../src/index.ts";
import { loadModel, loadTfjsModel, saveModel, type TfjsModel } from "../../src/io/index.ts";
import { choose, type ExampleOptions, imagesOf, percent, runAsScript, spread } from "../shared.ts";

const size = 56;
/** Where the body ends: behind the tenth block, at a sixteenth of the image's size. */
const lastLayer = "block_10_project_BN";

/** A part of `model.json`, as far as this program changes it. */
interface Topology {
  readonly layers: readonly { readonly name: string; readonly config: object; readonly inbound_nodes: unknown }[];
}

/** What the package exports: functions that load the parts of a model, each the default export of a module. */
interface Package {
  readonly MobileNetV2Model: {
    modelJson(): Promise<{ readonly default: TfjsModel }>;
    readonly weightBundles: readonly (() => Promise<{ readonly default: string }>)[];
  };
}

/** The first ten blocks of the network in the package, for smaller images. */
export async function loadBody(): Promise<Model> {
  const name: string = "nsfwjs/models/mobilenet_v2";
  const { MobileNetV2Model: source } = (await import(name)) as Package;
  const { default: json } = await source.modelJson();
  const texts = await Promise.all(source.weightBundles.map((load) => load()));
  const shards = texts.map(({ default: text }) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)));
  const start = performance.now();
  const body = await loadTfjsModel(cutOff(json), { shards, strict: false, seed: 1, onNote: () => {} });
  loadingTime = performance.now() - start;
  return body;
}

let loadingTime = 0;

/** The same network up to {@link lastLayer}, with an input of another size. */
function cutOff(json: TfjsModel): TfjsModel {
  const topology = json.modelTopology as { readonly model_config: { readonly config: Topology } };
  const { config, ...rest } = topology.model_config;
  const end = config.layers.findIndex(({ name }) => name === lastLayer);
  const [first, ...layers] = config.layers.slice(0, end + 1);
  const start = { ...first, config: { ...first?.config, batch_input_shape: [null, size, size, 3] } };
  return {
    ...json,
    modelTopology: {
      model_config: { ...rest, config: { ...config, layers: [start, ...layers], output_layers: [[lastLayer, 0, 0]] } },
    },
  };
}

/** Grey images [n, 28, 28] in [0, 1] as the network takes them: three channels, enlarged. */
function enlarged({ x }: LabelledImages): Tensor {
  const [count = 0] = x.shape;
  const grey = ops.reshape(ops.tensor(x.data as Float32Array, x.shape), [count, 28, 28, 1]);
  const large = ops.resize(grey, [size, size]);
  return ops.concat([large, large, large], 3);
}

const compile = (model: Model, learningRate: number) =>
  model.compile({ optimizer: adam(learningRate), loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });

const accuracyOn = async (model: Model, x: ArrayInput, { y }: LabelledImages) =>
  (await model.evaluate(x, y)).accuracy as number;

/** Test accuracy of a head on a body: with the body frozen, and after its last block was trained, too. */
async function onBody(body: Model, few: LabelledImages, exam: LabelledImages, task: Task, seed: number) {
  const head = sequential(
    [
      globalAveragePooling2d({ inputShape: (body.outputs[0] as SymbolicTensor).shape.slice(1) }),
      dense(task.classes.length, { activation: "softmax" }),
    ],
    { seed },
  );
  body.trainable = false;
  const [images, questions] = [enlarged(few), enlarged(exam)];
  // What the frozen body gives does not change: it is computed once.
  const [features, examined] = [await body.predict(images), await body.predict(questions)];
  compile(head, 1e-2);
  await head.fit(features, few.y, { epochs: task.epochs, verbose: 0 });
  const frozen = await accuracyOn(head, examined, exam);

  if (task.unfrozenEpochs === 0) return { frozen, unfrozen: frozen, whole: head };
  const whole = functional({ inputs: body.inputs, outputs: head.apply(body.outputs[0] as SymbolicTensor), seed });
  // Normalization stays as it is: few images say little about means.
  for (const layer of body.layers) layer.trainable = layer.name.startsWith("block_10") && !layer.name.endsWith("BN");
  compile(whole, 1e-4);
  await whole.fit(images, few.y, { epochs: task.unfrozenEpochs, verbose: 0 });
  return { frozen, unfrozen: await accuracyOn(whole, questions, exam), whole };
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
  compile(model, 1e-3);
  await model.fit(few.x, few.y, { epochs: task.epochs, verbose: 0 });
  return accuracyOn(model, exam.x, exam);
}

interface Task {
  readonly name: string;
  readonly classes: readonly number[];
  /** Images to train on, of all classes together. */
  readonly images: number;
  readonly epochs: number;
  readonly unfrozenEpochs: number;
}

const tasks: readonly Task[] = [
  { name: "sandals and shirts, 200 images", classes: [5, 6], images: 200, epochs: 40, unfrozenEpochs: 5 },
  {
    name: "ten classes, 100 images",
    classes: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    images: 100,
    epochs: 80,
    unfrozenEpochs: 10,
  },
];

/** Test accuracies by seed. */
export interface TransferFigures {
  readonly task: string;
  readonly frozen: number[];
  readonly unfrozen: number[];
  readonly random: number[];
  readonly scratch: number[];
}

/** @param target where the last network is saved and read again. */
export async function run(options: ExampleOptions, target = "transfer.keras"): Promise<TransferFigures[]> {
  const { short = false, log = () => {} } = options;
  const { train, test } = await imagesOf(options);
  const body = await loadBody();
  const weights = await body.getWeights();
  log(`${body.layers.length} layers loaded in ${loadingTime.toFixed(0)} ms`);
  const all: TransferFigures[] = [];
  for (const task of tasks) {
    const figures: TransferFigures = { task: task.name, frozen: [], unfrozen: [], random: [], scratch: [] };
    const exam = choose(test, { classes: task.classes, take: short ? 50 : 500 });
    for (const seed of short ? [1] : [1, 2, 3, 4, 5]) {
      const take = short ? 20 : task.images;
      const few = choose(train, { classes: task.classes, skip: (seed - 1) * take, take });
      const brief = short ? { ...task, epochs: 1, unfrozenEpochs: 1 } : task;
      const { frozen, unfrozen, whole } = await onBody(body, few, exam, brief, seed);
      figures.frozen.push(frozen);
      figures.unfrozen.push(unfrozen);
      await saveModel(whole, target);
      const again = await accuracyOn(await loadModel(target), enlarged(exam), exam);
      if (again !== unfrozen) throw new Error(`the saved network gives ${again} rather than ${unfrozen}`);
      whole.dispose();
      // What was trained is undone for the next seed.
      body.setWeights(weights);
      const random = await onBody(cloneModel(body), few, exam, { ...brief, unfrozenEpochs: 0 }, seed);
      figures.random.push(random.frozen);
      random.whole.dispose();
      figures.scratch.push(await fromScratch(few, exam, brief, seed));
    }
    const text = (values: readonly number[]) => {
      const { mean, stddev } = spread(values);
      return `${percent(mean, 1)} ± ${percent(stddev, 1)}`;
    };
    log(
      `${task.name}: MobileNetV2 frozen ${text(figures.frozen)}, its last block trained ${text(figures.unfrozen)}; ` +
        `the same with random weights ${text(figures.random)}; small network from scratch ${text(figures.scratch)}`,
    );
    all.push(figures);
  }
  return all;
}

await runAsScript(import.meta.url, run);
