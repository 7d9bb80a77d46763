import { describe, expect, it } from "vitest";
import { expressionsOf, gains } from "../../scripts/known-expressions.ts";
import { js } from "../../src/backends/js/index.ts";
import { formOf } from "../../src/backends/wasm/kernel-key.ts";
import { fusedSlotOf } from "../../src/backends/wasm/map-record.ts";
import { needsRest } from "../../src/backends/wasm/needs-rest.ts";
import { rest } from "../../src/backends/wasm/rest.ts";
import type { Program } from "../../src/ir/program.ts";
import type { Layer } from "../../src/nn/layer.ts";
import * as layers from "../../src/nn/layers/index.ts";
import type { LossName } from "../../src/nn/losses.ts";
import { adam } from "../../src/optim/adam.ts";
import { adamW } from "../../src/optim/adam-w.ts";
import type { Optimizer } from "../../src/optim/optimizer.ts";
import { type OptimizerName, optimizerOf } from "../../src/optim/optimizers.ts";
import { rmsprop } from "../../src/optim/rmsprop.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { l2 } from "../../src/regularize/penalties.ts";
import { program } from "../../src/train/program.ts";
import { sequential } from "../../src/train/sequential.ts";

/**
 * Kernels are fused for the expressions that the build finds in the models of scripts/training-programs.ts. Here other
 * models of each family are compiled, and counted how many of the expressions of a train step find a kernel: fewer do
 * when the compiler makes other expressions, or keys no longer match.
 */
interface Family {
  readonly layers: readonly Layer[];
  readonly input?: readonly number[];
  readonly output?: "softmax" | "sigmoid" | "linear";
  readonly loss?: LossName;
  readonly optimizer?: Optimizer;
}

const { dense } = layers;
/** Of a batch, and more than a layer has units: no vector is longer. */
const rows = 12;
const hidden = (
  activation: "relu" | "elu" | "leakyRelu" | "gelu" | "silu" | "sigmoid" | "tanh" | "selu" | "softplus",
) => dense(7, { activation });
const relu = () => [hidden("relu")];
const image = [8, 8, 3];
const series = [6, 5];

async function trainProgram({
  layers: middle,
  input = [9],
  output = "softmax",
  loss = "sparseCategoricalCrossentropy",
  optimizer = sgd(),
}: Family): Promise<Program> {
  const last = dense(output === "sigmoid" ? 1 : 3, { activation: output });
  const model = sequential([layers.inputLayer(input), ...middle, last], { seed: 2 });
  model.compile({ optimizer, loss, backend: js() });
  return program(model, "train", { batchSize: rows });
}

/** Of the expressions that gain by fusing, how many have a kernel in core, in rest, and how many have none. */
function count({ instructions }: Program): readonly number[] {
  const expressions = instructions.flatMap((instruction) => expressionsOf(instruction, rows)).filter(gains);
  const hashes = expressions.map((expression) => formOf(expression).hash);
  const core = hashes.filter((hash) => fusedSlotOf(hash, undefined) > 0).length;
  const found = hashes.filter((hash) => fusedSlotOf(hash, rest) > 0).length;
  return [core, found - core, hashes.length - found];
}

type Families = Readonly<Record<string, () => Family | Promise<Family>>>;

/** For these the core module is enough, and all that gains by fusing has a kernel. */
const common: Families = {
  linear: () => ({ layers: [dense(7)] }),
  relu: () => ({ layers: [hidden("relu"), hidden("relu")] }),
  elu: () => ({ layers: [hidden("elu"), hidden("elu")] }),
  leakyRelu: () => ({ layers: [hidden("leakyRelu"), hidden("leakyRelu")] }),
  silu: () => ({ layers: [hidden("silu"), hidden("silu")] }),
  sigmoid: () => ({ layers: [hidden("sigmoid"), hidden("sigmoid")] }),
  tanh: () => ({ layers: [hidden("tanh"), hidden("tanh")] }),
  dropout: () => ({ layers: [hidden("relu"), layers.dropout(0.3), hidden("relu"), layers.dropout(0.3)] }),
  "batch normalization": () => ({ layers: [dense(7), layers.batchNormalization(), dense(7)] }),
  "batch normalization after elu": () => ({ layers: [hidden("elu"), layers.batchNormalization()] }),
  l2: () => ({ layers: [dense(7, { activation: "relu", kernelRegularizer: l2(0.01) })] }),
  momentum: () => ({ layers: relu(), optimizer: sgd({ momentum: 0.8 }) }),
  nesterov: () => ({ layers: relu(), optimizer: sgd({ momentum: 0.8, nesterov: true }) }),
  "momentum, clipped by norm": () => ({ layers: relu(), optimizer: sgd({ momentum: 0.8, clipNorm: 2 }) }),
  rmsprop: () => ({ layers: relu(), optimizer: rmsprop() }),
  adam: () => ({ layers: relu(), optimizer: adam(2e-3) }),
  adamW: () => ({ layers: relu(), optimizer: adamW({ weightDecay: 0.01 }) }),
  "adam, clipped by norm": () => ({ layers: relu(), optimizer: adam({ clipNorm: 2 }) }),
  "adam, clipped by global norm": () => ({ layers: relu(), optimizer: adam({ globalClipNorm: 2 }) }),
  categoricalCrossentropy: () => ({ layers: relu(), loss: "categoricalCrossentropy" }),
  binaryCrossentropy: () => ({ layers: relu(), output: "sigmoid", loss: "binaryCrossentropy" }),
  meanSquaredError: () => ({ layers: relu(), output: "linear", loss: "meanSquaredError" }),
};

const optimizers: readonly OptimizerName[] = ["nadam", "adagrad", "adadelta", "adamax", "lion"];
const losses: readonly LossName[] = ["meanAbsoluteError", "huber", "logCosh", "meanSquaredLogarithmicError", "poisson"];

const others: Families = {
  gelu: () => ({ layers: [hidden("gelu"), hidden("gelu")] }),
  selu: () => ({ layers: [hidden("selu"), hidden("selu")] }),
  softplus: () => ({ layers: [hidden("softplus"), hidden("softplus")] }),
  conv: () => ({ input: image, layers: [layers.conv2d(4, 3, { activation: "relu" }), layers.flatten()] }),
  "conv and pooling": () => ({
    input: image,
    layers: [layers.conv2d(4, 3, { activation: "relu" }), layers.maxPooling2d(2), layers.flatten()],
  }),
  "conv and batch normalization": () => ({
    input: image,
    layers: [layers.conv2d(4, 3), layers.batchNormalization(), layers.reluLayer(), layers.globalAveragePooling2d()],
  }),
  lstm: () => ({ input: series, layers: [layers.lstm(4)] }),
  gru: () => ({ input: series, layers: [layers.gru(4)] }),
  embedding: () => ({ input: [6], layers: [layers.embedding(20, 4), layers.globalAveragePooling1d()] }),
  "layer normalization": () => ({ layers: [dense(7), layers.layerNormalization(), dense(7)] }),
  prelu: () => ({ layers: [dense(7), layers.prelu()] }),
  ...Object.fromEntries(
    optimizers.map((name) => [name, async () => ({ layers: relu(), optimizer: await optimizerOf(name) })]),
  ),
  ...Object.fromEntries(losses.map((loss) => [loss, () => ({ layers: relu(), output: "linear" as const, loss })])),
};

async function programsOf(families: Families): Promise<[string, Program][]> {
  const programs: [string, Program][] = [];
  for (const [name, make] of Object.entries(families)) programs.push([name, await trainProgram(await make())]);
  return programs;
}

describe("fused kernels of models", () => {
  it("are all in the core module for common models, which do without the rest module", async () => {
    const programs = await programsOf(common);
    const counts = Object.fromEntries(programs.map(([name, program]) => [name, count(program)]));
    expect(counts).toEqual({
      linear: [3, 0, 0],
      relu: [8, 0, 0],
      elu: [6, 0, 0],
      leakyRelu: [8, 0, 0],
      silu: [6, 0, 0],
      sigmoid: [6, 0, 0],
      tanh: [6, 0, 0],
      dropout: [8, 0, 0],
      "batch normalization": [7, 0, 0],
      "batch normalization after elu": [6, 0, 0],
      l2: [5, 0, 0],
      momentum: [5, 0, 0],
      nesterov: [5, 0, 0],
      "momentum, clipped by norm": [5, 0, 0],
      rmsprop: [5, 0, 0],
      adam: [5, 0, 0],
      adamW: [5, 0, 0],
      "adam, clipped by norm": [5, 0, 0],
      "adam, clipped by global norm": [5, 0, 0],
      categoricalCrossentropy: [4, 0, 0],
      binaryCrossentropy: [3, 0, 0],
      meanSquaredError: [5, 0, 0],
    });
    for (const [name, { instructions }] of programs)
      expect([name, needsRest(instructions, false)]).toEqual([name, false]);
  });

  it("are in both modules for others", async () => {
    const counts = Object.fromEntries((await programsOf(others)).map(([name, program]) => [name, count(program)]));
    expect(counts).toEqual({
      gelu: [4, 2, 0],
      selu: [6, 2, 0],
      softplus: [4, 0, 0],
      conv: [5, 0, 0],
      "conv and pooling": [5, 0, 0],
      "conv and batch normalization": [4, 2, 0],
      lstm: [4, 12, 0],
      gru: [4, 7, 0],
      embedding: [2, 0, 1],
      "layer normalization": [5, 4, 0],
      prelu: [3, 2, 0],
      nadam: [3, 2, 0],
      adagrad: [3, 2, 0],
      adadelta: [3, 2, 0],
      adamax: [3, 2, 0],
      lion: [3, 4, 0],
      meanAbsoluteError: [4, 1, 0],
      huber: [4, 0, 1],
      logCosh: [4, 0, 1],
      meanSquaredLogarithmicError: [4, 0, 1],
      poisson: [4, 0, 1],
    });
  });
});
