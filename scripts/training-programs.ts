/**
 * Small models like those that people train: the build fuses what the compiler makes of their elementwise work. Sizes
 * do not matter, because fused kernels know none. Kernels of the `common` ones are in the core module, those of the
 * others in the rest module.
 */
import { js } from "../src/backends/js/index.ts";
import { compile } from "../src/compiler/compile.ts";
import type { Program } from "../src/ir/program.ts";
import { type ActivationName, activations } from "../src/nn/activation-names.ts";
import { glorotUniform, heNormal } from "../src/nn/initializers.ts";
import type { Layer } from "../src/nn/layer.ts";
import {
  alphaDropout,
  batchNormalization,
  dense,
  dropout,
  eluLayer,
  gaussianDropout,
  gaussianNoise,
  gru,
  inputLayer,
  layerNormalization,
  leakyReluLayer,
  lstm,
  prelu,
  reluLayer,
  rmsNormalization,
} from "../src/nn/layers/index.ts";
import type { LossName } from "../src/nn/losses.ts";
import { adam } from "../src/optim/adam.ts";
import { nadam } from "../src/optim/nadam.ts";
import type { Optimizer } from "../src/optim/optimizer.ts";
import { type OptimizerName, optimizerNames, optimizerOf } from "../src/optim/optimizers.ts";
import { rmsprop } from "../src/optim/rmsprop.ts";
import { sgd } from "../src/optim/sgd.ts";
import { l2 } from "../src/regularize/penalties.ts";
import type { Tensor } from "../src/tensor/tensor.ts";
import type { MetricGiven } from "../src/train/objective.ts";
import { program } from "../src/train/program.ts";
import { sequential } from "../src/train/sequential.ts";

const [rows, features, hidden, classes] = [8, 6, 5, 4];

/** The most numbers of a vector; matrices have more. */
export const longestVector: number = Math.max(rows, features, hidden, classes);

/** A network and what it is trained for. */
interface Training {
  readonly common: boolean;
  /** Shape of one input. Default: one row of features. */
  readonly input?: readonly number[];
  readonly middle: readonly Layer[];
  /** Activation of the output. Default softmax. */
  readonly output?: ActivationName;
  readonly units?: number;
  readonly loss?: LossName;
  readonly metrics?: readonly MetricGiven[];
  readonly optimizer?: Optimizer;
}

/** A program, and whether it is one of a common model. */
export interface Declared {
  readonly common: boolean;
  readonly program: Program;
}

/** Programs like those that users run, of each of the models below: a train, a test and a prediction step. */
export async function trainingPrograms(): Promise<Declared[]> {
  const programs: Declared[] = [];
  const trainings = [
    ...activationTrainings(),
    ...(await optimizerTrainings()),
    ...layerTrainings(),
    ...lossTrainings(),
  ];
  for (const training of trainings)
    programs.push(...(await programsOf(training)).map((program) => ({ common: training.common, program })));
  return [...programs, ...initializerPrograms()];
}

/** Uniform and normal first weights. */
function initializerPrograms(): Declared[] {
  const source = { seed: 1, stream: 0 };
  const weights = [glorotUniform(), heNormal()].map((init) => init([features, hidden], source) as Tensor);
  return weights.map((tensor, index) => ({
    common: index === 0,
    program: compile({ outputs: { tensor } }).program,
  }));
}

const commonActivations: readonly string[] = ["linear", "relu", "elu", "leakyRelu", "gelu", "silu", "sigmoid", "tanh"];

/** A dense net with each activation. Those that work along an axis are no elementwise expressions. */
function activationTrainings(): Training[] {
  const alongAxis: readonly string[] = ["softmax", "logSoftmax", "sparsemax", "glu"];
  const names = (Object.keys(activations) as ActivationName[]).filter((name) => !alongAxis.includes(name));
  return names.map((name) => ({
    common: commonActivations.includes(name),
    middle: [dense(hidden, { activation: name }), dense(hidden, { activation: name })],
  }));
}

const commonOptimizers: readonly string[] = ["sgd", "adam", "adamW", "rmsprop"];

async function optimizerTrainings(): Promise<Training[]> {
  const names = Object.keys(optimizerNames.known) as OptimizerName[];
  const named = await Promise.all(
    names.map(async (name) => ({ common: commonOptimizers.includes(name), optimizer: await optimizerOf(name) })),
  );
  const common = [
    sgd({ momentum: 0.9 }),
    sgd({ momentum: 0.9, nesterov: true }),
    sgd({ momentum: 0.9, clipNorm: 1 }),
    adam({ clipNorm: 1 }),
    adam({ globalClipNorm: 1 }),
  ];
  const rare = [rmsprop({ momentum: 0.9 }), adam({ amsgrad: true }), nadam({ clipNorm: 1 })];
  return [
    ...named,
    ...common.map((optimizer) => ({ common: true, optimizer })),
    ...rare.map((optimizer) => ({ common: false, optimizer })),
  ].map((training) => ({ ...training, middle: [dense(hidden, { activation: "relu" })] }));
}

function layerTrainings(): Training[] {
  const common: readonly (() => readonly Layer[])[] = [
    () => [dense(hidden), batchNormalization()],
    () => [dense(hidden, { activation: "elu" }), batchNormalization()],
    () => [dense(hidden, { activation: "relu" }), dropout(0.2)],
    () => [dense(hidden, { activation: "relu", kernelRegularizer: l2(1e-4) })],
  ];
  const rare: readonly (() => readonly Layer[])[] = [
    () => [dense(hidden), batchNormalization(), reluLayer()],
    () => [dense(hidden, { useBias: false }), batchNormalization(), eluLayer()],
    () => [dense(hidden, { useBias: false }), batchNormalization(), leakyReluLayer()],
    () => [dense(hidden), layerNormalization()],
    () => [dense(hidden), rmsNormalization()],
    () => [dense(hidden, { activation: "selu" }), alphaDropout(0.2)],
    () => [gaussianNoise(0.1), dense(hidden, { activation: "relu" }), gaussianDropout(0.2)],
    () => [dense(hidden), prelu()],
  ];
  const series: readonly (() => readonly Layer[])[] = [() => [lstm(hidden)], () => [gru(hidden)]];
  return [
    ...common.map((make) => ({ common: true, middle: make() })),
    ...rare.map((make) => ({ common: false, middle: make() })),
    ...series.map((make) => ({ common: false, input: [3, features], middle: make() })),
  ];
}

/** Losses that are often taken over large outputs; on a handful of classes the interpreter will do. */
function lossTrainings(): Training[] {
  const base = () => ({ common: true, middle: [dense(hidden, { activation: "relu" })] });
  const regression = (loss: LossName, metrics: readonly MetricGiven[] = ["meanAbsoluteError"]): Training => ({
    ...base(),
    common: loss === "meanSquaredError",
    output: "linear",
    loss,
    metrics,
  });
  return [
    regression("meanSquaredError", []),
    regression("meanSquaredError"),
    regression("meanAbsoluteError"),
    regression("huber"),
    { ...base(), loss: "categoricalCrossentropy", metrics: ["accuracy"] },
    // A number for each step of a sequence, as for each pixel of an image.
    {
      ...base(),
      input: [3, features],
      output: "sigmoid",
      units: 1,
      loss: "binaryCrossentropy",
      metrics: ["accuracy"],
    },
  ];
}

/** The programs of a train, a test and a prediction step. */
async function programsOf({
  input = [features],
  middle,
  output = "softmax",
  units = classes,
  loss = "sparseCategoricalCrossentropy",
  metrics = loss === "sparseCategoricalCrossentropy" ? ["accuracy"] : [],
  optimizer = sgd(),
}: Training): Promise<Program[]> {
  const model = sequential([inputLayer(input), ...middle, dense(units, { activation: output })], { seed: 1 });
  model.compile({ optimizer, loss, metrics, backend: js() });
  return Promise.all((["train", "test", "predict"] as const).map((mode) => program(model, mode, { batchSize: rows })));
}
