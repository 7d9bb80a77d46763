// Networks that are built to be ill, each with what a diagnosis must find, and where.
import {
  adam,
  conv2d,
  dense,
  embedding,
  flatten,
  initializers,
  input,
  losses,
  type Model,
  model,
  sequential,
  sgd,
  simpleRnn,
} from "../../src/index.ts";
import type { FindingKind } from "../../src/train/diagnose/finding.ts";
import { bars, clusters, curve, oneHot, type Samples, sequences, tokens } from "./data.ts";
import { twoTowers } from "./healthy.ts";

export interface IllNetwork {
  readonly model: Model;
  readonly data: Samples;
  readonly kind: FindingKind;
  /** Undefined where the whole model is concerned. */
  readonly layer: string | undefined;
  /** Words that the advice must have. */
  readonly advice: RegExp;
  /** Whether it is no more than a word of caution. */
  readonly isCaution?: boolean;
}

const sparse = "sparseCategoricalCrossentropy";
const { constant, randomNormal, zeros } = initializers;

interface StackOptions {
  readonly depth?: number;
  readonly units?: number;
  readonly activation?: string;
  readonly initializer?: unknown;
  readonly last?: Record<string, unknown>;
  readonly classes?: number;
  readonly features?: number;
}

/** A dense stack; its layers are called dense, dense_1, …. */
function stack(seed: number, options: StackOptions = {}): Model {
  const {
    depth = 4,
    units = 40,
    activation: name = "relu",
    initializer = "heNormal",
    classes = 5,
    last = {},
  } = options;
  const hidden = Array.from({ length: depth }, (_, index) =>
    dense(units, {
      activation: name as "relu",
      kernelInitializer: initializer as "heNormal",
      ...(index === 0 && { inputShape: [options.features ?? 20] }),
    }),
  );
  return sequential([...hidden, dense(classes, { activation: "softmax", ...last })], { seed });
}

const compiled = (net: Model, options: Parameters<Model["compile"]>[0]): Model => {
  net.compile(options);
  return net;
};

export const ill: Readonly<Record<string, (seed: number) => IllNetwork>> = {
  "ten layers of sigmoid": (seed) => ({
    model: compiled(stack(seed, { depth: 10, activation: "sigmoid", initializer: "glorotUniform" }), {
      optimizer: sgd(0.1),
      loss: sparse,
    }),
    data: clusters(seed),
    kind: "vanishingGradients",
    layer: "dense",
    advice: /relu.*heNormal.*batchNormalization/,
  }),
  "ten layers of sigmoid in the second of two towers": (seed) => ({
    ...twoTowers(seed, "sigmoid", 10),
    kind: "vanishingGradients",
    layer: "dense_10",
    advice: /relu.*heNormal.*batchNormalization/,
  }),
  "weights that begin too small": (seed) => ({
    model: compiled(stack(seed, { depth: 6, initializer: randomNormal({ stddev: 0.01 }) }), {
      optimizer: sgd(0.1),
      loss: sparse,
    }),
    data: clusters(seed),
    kind: "weightsTooSmall",
    layer: "dense",
    advice: /heNormal/,
  }),
  "weights that begin too large, relu": (seed) => ({
    model: compiled(stack(seed, { depth: 6, initializer: randomNormal({ stddev: 1 }) }), {
      optimizer: adam(),
      loss: sparse,
    }),
    data: clusters(seed),
    kind: "weightsTooLarge",
    layer: "dense",
    advice: /heNormal/,
  }),
  "weights that begin too large, tanh": (seed) => ({
    model: compiled(stack(seed, { depth: 6, activation: "tanh", initializer: randomNormal({ stddev: 2 }) }), {
      optimizer: adam(),
      loss: sparse,
    }),
    data: clusters(seed),
    kind: "weightsTooLarge",
    layer: "dense",
    advice: /glorotUniform/,
  }),
  "weights that begin as zeros": (seed) => ({
    model: compiled(stack(seed, { initializer: zeros() }), { optimizer: adam(), loss: sparse }),
    data: clusters(seed),
    kind: "symmetricUnits",
    layer: "dense",
    advice: /heNormal/,
  }),
  "weights that begin as one constant, tanh": (seed) => ({
    model: compiled(stack(seed, { activation: "tanh", initializer: constant({ value: 0.1 }) }), {
      optimizer: adam(),
      loss: sparse,
    }),
    data: clusters(seed),
    kind: "symmetricUnits",
    layer: "dense",
    advice: /glorotUniform/,
  }),
  "relus with a bias far below 0": (seed) => {
    const net = sequential(
      [
        dense(40, { activation: "relu", kernelInitializer: "heNormal", inputShape: [20] }),
        dense(40, {
          activation: "relu",
          kernelInitializer: "heNormal",
          biasInitializer: constant({ value: -20 }),
          name: "cold",
        }),
        dense(5, { activation: "softmax" }),
      ],
      { seed },
    );
    return {
      model: compiled(net, { optimizer: adam(), loss: sparse }),
      data: clusters(seed),
      kind: "deadUnits",
      layer: "cold",
      advice: /leakyRelu/,
    };
  },
  "saturated sigmoid behind large biases": (seed) => {
    const net = sequential(
      [
        dense(40, { activation: "relu", kernelInitializer: "heNormal", inputShape: [20] }),
        dense(40, { activation: "sigmoid", biasInitializer: constant({ value: 9 }), name: "full" }),
        dense(5, { activation: "softmax" }),
      ],
      { seed },
    );
    return {
      model: compiled(net, { optimizer: adam(), loss: sparse }),
      data: clusters(seed),
      kind: "saturatedUnits",
      layer: "full",
      advice: /glorotUniform/,
    };
  },
  "a recurrent layer whose state explodes": (seed) => ({
    model: compiled(
      sequential(
        [
          simpleRnn(24, {
            activation: "relu",
            recurrentInitializer: randomNormal({ stddev: 0.6 }),
            inputShape: [24, 4],
          }),
          dense(4, { activation: "softmax" }),
        ],
        { seed },
      ),
      { optimizer: sgd(0.01), loss: sparse },
    ),
    data: sequences(seed, { time: 24 }),
    kind: "explodingInTime",
    layer: "simpleRnn",
    advice: /globalClipNorm.*orthogonal/,
  }),
  "a rate that is far too high, momentum": (seed) => ({
    model: compiled(stack(seed), { optimizer: sgd({ learningRate: 5, momentum: 0.9 }), loss: sparse }),
    data: clusters(seed),
    kind: "rateTooHigh",
    layer: undefined,
    advice: /learningRate: 0\.\d/,
  }),
  "a rate that is far too high, adam": (seed) => ({
    model: compiled(stack(seed), { optimizer: adam(1), loss: sparse }),
    data: clusters(seed),
    kind: "rateTooHigh",
    layer: undefined,
    advice: /learningRate: 0\.\d/,
  }),
  "a rate that is far too low, sgd": (seed) => ({
    model: compiled(stack(seed), { optimizer: sgd(1e-6), loss: sparse }),
    data: clusters(seed),
    kind: "rateTooLow",
    layer: undefined,
    advice: /learningRate: 0\.\d/,
  }),
  "a rate that is far too low, adam": (seed) => ({
    model: compiled(stack(seed), { optimizer: adam(1e-8), loss: sparse }),
    data: clusters(seed),
    kind: "rateTooLow",
    layer: undefined,
    advice: /learningRate: 0\.0/,
  }),
  "pixels from 0 to 255": (seed) => {
    const { x, y } = bars(seed);
    const net = sequential(
      [
        conv2d(8, 3, { activation: "relu", inputShape: [12, 12, 1] }),
        flatten(),
        dense(32, { activation: "relu" }),
        dense(4, { activation: "softmax" }),
      ],
      { seed },
    );
    return {
      model: compiled(net, { optimizer: adam(), loss: sparse }),
      data: { x: { data: Float32Array.from(x.data, (v) => Math.round(255 * v)), shape: x.shape }, y },
      kind: "unscaledInputs",
      layer: "conv2d",
      advice: /rescaling\(1 \/ 255\)/,
    };
  },
  "table columns far from 0": (seed) => ({
    model: compiled(stack(seed), { optimizer: adam(), loss: sparse }),
    data: clusters(seed, { scale: 40, offset: 300 }),
    kind: "unscaledInputs",
    layer: "dense",
    advice: /normalization\(\)/,
  }),
  "class numbers with a loss for one-hot labels": (seed) => ({
    model: compiled(stack(seed), { optimizer: adam(), loss: "categoricalCrossentropy" }),
    data: clusters(seed),
    kind: "labelsDoNotFit",
    layer: "dense_4",
    advice: /sparseCategoricalCrossentropy/,
  }),
  "one-hot labels with a loss for class numbers": (seed) => {
    const { x, y } = clusters(seed);
    return {
      model: compiled(stack(seed), { optimizer: adam(), loss: sparse }),
      data: { x, y: oneHot(y, 5) },
      kind: "labelsDoNotFit",
      layer: "dense_4",
      advice: /"categoricalCrossentropy"/,
    };
  },
  "classes numbered from 1": (seed) => {
    const { x, y } = clusters(seed);
    return {
      model: compiled(stack(seed), { optimizer: adam(), loss: sparse }),
      data: { x, y: { data: Int32Array.from(y.data, (label) => label + 1), shape: y.shape } },
      kind: "labelsDoNotFit",
      layer: "dense_4",
      advice: /subtract 1/,
    };
  },
  "labels -1 and 1 with binary crossentropy": (seed) => {
    const { x, y } = clusters(seed, { classes: 2 });
    return {
      model: compiled(stack(seed, { classes: 1, last: { activation: "sigmoid" } }), {
        optimizer: adam(),
        loss: "binaryCrossentropy",
      }),
      data: { x, y: { data: Float32Array.from(y.data, (label) => 2 * label - 1), shape: [y.data.length, 1] } },
      kind: "labelsDoNotFit",
      layer: "dense_4",
      advice: /\(y \+ 1\) \/ 2/,
    };
  },
  "softmax with fromLogits": (seed) => ({
    model: compiled(stack(seed), {
      optimizer: adam(),
      loss: losses.sparseCategoricalCrossentropy({ fromLogits: true }),
    }),
    data: clusters(seed),
    kind: "activationDoesNotFit",
    layer: "dense_4",
    advice: /Leave out fromLogits/,
  }),
  "sigmoid with categorical crossentropy": (seed) => {
    const { x, y } = clusters(seed);
    return {
      model: compiled(stack(seed, { last: { activation: "sigmoid" } }), {
        optimizer: adam(),
        loss: "categoricalCrossentropy",
      }),
      data: { x, y: oneHot(y, 5) },
      kind: "activationDoesNotFit",
      layer: "dense_4",
      advice: /softmax/,
    };
  },
  "logits without fromLogits": (seed) => ({
    model: compiled(stack(seed, { last: { activation: "linear" } }), { optimizer: adam(), loss: sparse }),
    data: clusters(seed),
    kind: "activationDoesNotFit",
    layer: "dense_4",
    advice: /fromLogits: true/,
  }),
  "softmax of one unit": (seed) => {
    const { x, y } = clusters(seed, { classes: 2 });
    return {
      model: compiled(stack(seed, { classes: 1 }), { optimizer: adam(), loss: "binaryCrossentropy" }),
      data: { x, y: { data: Float32Array.from(y.data), shape: [y.data.length, 1] } },
      kind: "activationDoesNotFit",
      layer: "dense_4",
      advice: /sigmoid/,
    };
  },
  "targets in the thousands": (seed) => ({
    model: compiled(stack(seed, { features: 8, classes: 1, last: { activation: "linear" } }), {
      optimizer: adam(),
      loss: "meanSquaredError",
    }),
    data: curve(seed, { scale: 800, offset: 5000 }),
    kind: "unscaledLabels",
    layer: "dense_4",
    advice: /Train on \(y − /,
  }),
  "negative targets behind relu": (seed) => ({
    model: compiled(stack(seed, { features: 8, classes: 1, last: { activation: "relu" } }), {
      optimizer: adam(),
      loss: "meanSquaredError",
    }),
    data: curve(seed),
    kind: "activationDoesNotFit",
    layer: "dense_4",
    advice: /Leave the activation/,
  }),
  "everything frozen": (seed) => {
    const net = stack(seed);
    for (const layer of net.layers) layer.trainable = false;
    return {
      model: compiled(net, { optimizer: adam(), loss: sparse }),
      data: clusters(seed),
      kind: "nothingTrains",
      layer: undefined,
      advice: /trainable = true/,
    };
  },
  "a layer that no loss depends on": (seed) => {
    const points = input([20]);
    const hidden = dense(30, { activation: "relu", kernelInitializer: "heNormal" }).apply(points);
    const used = dense(5, { activation: "softmax", name: "used" }).apply(hidden);
    const idle = dense(3, { name: "idle" }).apply(hidden);
    return {
      model: compiled(model({ inputs: points, outputs: [used, idle], seed }), {
        optimizer: adam(),
        loss: { used: sparse, idle: null },
      }),
      data: { x: clusters(seed).x, y: { used: clusters(seed).y } as never },
      kind: "noGradient",
      layer: "idle",
      advice: /Connect the layer/,
    };
  },
  "samples that are all the same": (seed) => {
    const { x, y } = clusters(seed);
    return {
      model: compiled(stack(seed), { optimizer: adam(), loss: sparse }),
      data: { x: { data: x.data.map((_, i) => x.data[i % 20] as number), shape: x.shape }, y },
      kind: "constantInputs",
      layer: "input",
      advice: /how the data are read/,
    };
  },
  "labels that are all the same": (seed) => {
    const { x, y } = clusters(seed);
    return {
      model: compiled(stack(seed), { optimizer: adam(), loss: sparse }),
      data: { x, y: { data: new Int32Array(y.data.length).fill(2), shape: y.shape } },
      kind: "constantLabels",
      layer: "dense_4",
      advice: /shuffle/,
    };
  },
  "one class almost everywhere": (seed) => {
    const { x, y } = clusters(seed);
    return {
      model: compiled(stack(seed), { optimizer: adam(), loss: sparse }),
      data: { x, y: { data: Int32Array.from(y.data, (label, row) => (row % 40 === 0 ? label : 3)), shape: y.shape } },
      kind: "unevenClasses",
      layer: "dense_4",
      advice: /classWeight/,
      isCaution: true,
    };
  },
  "NaN among the samples": (seed) => {
    const { x, y } = clusters(seed, { rows: 256 });
    const data = Float32Array.from(x.data);
    data[77] = Number.NaN;
    return {
      model: compiled(stack(seed), { optimizer: adam(), loss: sparse }),
      data: { x: { data, shape: x.shape }, y },
      kind: "notFinite",
      layer: "input",
      advice: /Remove or replace/,
    };
  },
  "a weight that is infinite": (seed) => {
    const net = stack(seed);
    const kernel = net.getLayer("dense_2").weight("kernel");
    kernel.assign(new Float32Array(1600).fill(Number.POSITIVE_INFINITY));
    return {
      model: compiled(net, { optimizer: adam(), loss: sparse }),
      data: clusters(seed),
      kind: "notFinite",
      layer: "dense_2",
      advice: /weights that are not finite/,
    };
  },
  "tanh recurrence over embeddings, all weights large": (seed) => ({
    model: compiled(
      sequential(
        [
          embedding(30, 16, { inputShape: [12] }),
          simpleRnn(24, {
            recurrentInitializer: randomNormal({ stddev: 3 }),
            kernelInitializer: randomNormal({ stddev: 3 }),
          }),
          dense(2, { activation: "softmax" }),
        ],
        { seed },
      ),
      { optimizer: sgd(0.01), loss: sparse },
    ),
    data: tokens(seed),
    kind: "explodingInTime",
    layer: "simpleRnn",
    advice: /orthogonal/,
  }),
};
