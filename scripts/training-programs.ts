import { js } from "../src/backends/js/index.ts";
import { compile } from "../src/compiler/compile.ts";
import type { Program } from "../src/ir/instruction.ts";
import { type ActivationName, activations } from "../src/nn/activations.ts";
import { glorotUniform, heNormal } from "../src/nn/initializers.ts";
import type { Layer } from "../src/nn/layer.ts";
import { eluLayer, leakyReluLayer, prelu } from "../src/nn/layers/activation.ts";
import { batchNormalization } from "../src/nn/layers/batch-normalization.ts";
import { dense } from "../src/nn/layers/dense.ts";
import { dropout } from "../src/nn/layers/dropout.ts";
import { alphaDropout, gaussianDropout, gaussianNoise } from "../src/nn/layers/noise.ts";
import { layerNormalization, rmsNormalization } from "../src/nn/layers/normalization.ts";
import { inputLayer } from "../src/nn/layers/shape.ts";
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

/** A small network and what it is trained for; sizes do not matter, because fused kernels know none. */
interface Training {
  readonly middle: readonly Layer[];
  readonly output?: ActivationName;
  readonly units?: number;
  readonly loss?: LossName;
  readonly metrics?: readonly MetricGiven[];
  readonly optimizer?: Optimizer;
}

/** Programs like those that users run: what they compute elementwise gets fused kernels. */
export async function trainingPrograms(): Promise<Program[]> {
  const programs: Program[] = [];
  for (const training of [
    ...activationTrainings(),
    ...(await optimizerTrainings()),
    ...layerTrainings(),
    ...lossTrainings(),
  ]) {
    programs.push(...(await programsOf(training)));
  }
  return [...programs, initializerProgram()];
}

/** Uniform and normal first weights. */
function initializerProgram(): Program {
  const source = { seed: 1, stream: 0 };
  return compile({
    outputs: {
      uniform: glorotUniform()([features, hidden], source) as Tensor,
      normal: heNormal()([features, hidden], source) as Tensor,
    },
  }).program;
}

function activationTrainings(): Training[] {
  const gates: readonly string[] = ["softmax", "logSoftmax", "sparsemax", "glu"];
  const names = (Object.keys(activations) as ActivationName[]).filter((name) => !gates.includes(name));
  return names.map((name) => ({ middle: [dense(hidden, { activation: name }), dense(hidden, { activation: name })] }));
}

async function optimizerTrainings(): Promise<Training[]> {
  const middle = () => [dense(hidden, { activation: "relu" })];
  const given = [
    ...(await Promise.all((Object.keys(optimizerNames.known) as OptimizerName[]).map((name) => optimizerOf(name)))),
    sgd({ momentum: 0.9 }),
    sgd({ momentum: 0.9, nesterov: true }),
    sgd({ momentum: 0.9, clipNorm: 1 }),
    rmsprop({ momentum: 0.9 }),
    adam({ amsgrad: true }),
    adam({ globalClipNorm: 1 }),
    nadam({ clipNorm: 1 }),
  ];
  return given.map((optimizer) => ({ middle: middle(), optimizer }));
}

function layerTrainings(): Training[] {
  const layers: readonly (() => readonly Layer[])[] = [
    () => [dense(hidden), batchNormalization()],
    () => [dense(hidden, { activation: "elu" }), batchNormalization()],
    () => [dense(hidden, { useBias: false }), batchNormalization(), eluLayer()],
    () => [dense(hidden, { useBias: false }), batchNormalization(), leakyReluLayer()],
    () => [dense(hidden), layerNormalization()],
    () => [dense(hidden), rmsNormalization()],
    () => [dense(hidden, { activation: "relu" }), dropout(0.2)],
    () => [dense(hidden, { activation: "selu" }), alphaDropout(0.2)],
    () => [gaussianNoise(0.1), dense(hidden, { activation: "relu" }), gaussianDropout(0.2)],
    () => [dense(hidden), prelu()],
    () => [dense(hidden, { activation: "relu", kernelRegularizer: l2(1e-4) })],
  ];
  return layers.map((make) => ({ middle: make() }));
}

/** Losses that are often taken over large outputs; on a handful of classes the interpreter will do. */
function lossTrainings(): Training[] {
  const dense1 = () => [dense(hidden, { activation: "relu" })];
  const regressions: LossName[] = ["meanSquaredError", "meanAbsoluteError", "huber"];
  return [
    ...regressions.map(
      (loss): Training => ({ middle: dense1(), output: "linear", loss, metrics: ["meanAbsoluteError"] }),
    ),
    { middle: dense1(), loss: "categoricalCrossentropy", metrics: ["accuracy"] },
    {
      middle: dense1(),
      output: "sigmoid",
      units: 1,
      loss: "binaryCrossentropy",
      metrics: ["accuracy"],
    },
  ];
}

/** The programs of a train, a test and a prediction step. */
async function programsOf({
  middle,
  output = "softmax",
  units = classes,
  loss = "sparseCategoricalCrossentropy",
  metrics = loss === "sparseCategoricalCrossentropy" ? ["accuracy"] : [],
  optimizer = sgd(),
}: Training): Promise<Program[]> {
  const model = sequential([inputLayer([features]), ...middle, dense(units, { activation: output })], { seed: 1 });
  model.compile({ optimizer, loss, metrics, backend: js() });
  return Promise.all((["train", "test", "predict"] as const).map((mode) => program(model, mode, { batchSize: rows })));
}
