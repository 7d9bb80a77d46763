// The networks of the race against native Keras. They are made here and reach Keras as files, with the same weights.
import {
  adam,
  addLayer,
  batchNormalization,
  conv2d,
  dense,
  flatten,
  globalAveragePooling2d,
  gru,
  input,
  type Layer,
  layerNormalization,
  lstm,
  type Model,
  maxPooling2d,
  model,
  multiHeadAttention,
  type Optimizer,
  reluLayer,
  separableConv2d,
  sequential,
  sgd,
} from "../../src/index.ts";

/** One row of the table. */
export interface Race {
  readonly name: string;
  /** Shape of a sample. */
  readonly inputShape: readonly number[];
  /** How many classes the labels have; 0 for a regression on one number. */
  readonly classes: number;
  readonly batchSize: number;
  /** Steps of one call of `fit`, which is what is timed: enough that its start does not count. */
  readonly steps: number;
  make(): Model;
  optimizer(): Optimizer;
}

const layered = (...layers: Layer[]) => sequential(layers, { seed: 1 });
const relu = { activation: "relu" } as const;
const softmax = { activation: "softmax" } as const;

const convolution = (filters: number) => conv2d(filters, 3, { ...relu, padding: "same" });

/** Two blocks of attention and dense layers, normalized before each. */
function transformer(): Model {
  const [tokens, width, heads] = [64, 64, 4];
  const sequence = input([tokens, width]);
  let x = sequence;
  for (let block = 0; block < 2; block++) {
    const attended = multiHeadAttention(heads, width / heads).apply(layerNormalization().apply(x));
    x = addLayer().apply([x, attended]);
    const hidden = dense(4 * width, { activation: "gelu" }).apply(layerNormalization().apply(x));
    x = addLayer().apply([x, dense(width).apply(hidden)]);
  }
  return model({ inputs: sequence, outputs: dense(10, softmax).apply(flatten().apply(x)), seed: 1 });
}

const separable = (filters: number) => [
  separableConv2d(filters, 3, { padding: "same", useBias: false }),
  batchNormalization(),
  reluLayer(),
  maxPooling2d(),
];

/** All rows, in the order of the table. */
export const races: readonly Race[] = [
  {
    name: "tiny: 20-64-64-1, adam, batch 32",
    inputShape: [20],
    classes: 0,
    batchSize: 32,
    steps: 400,
    make: () => layered(dense(64, { ...relu, inputShape: [20] }), dense(64, relu), dense(1)),
    optimizer: () => adam(),
  },
  {
    name: "MLP: 784-300-100-10, momentum, batch 128",
    inputShape: [784],
    classes: 10,
    batchSize: 128,
    steps: 50,
    make: () => layered(dense(300, { ...relu, inputShape: [784] }), dense(100, relu), dense(10, softmax)),
    optimizer: () => sgd({ learningRate: 0.01, momentum: 0.9 }),
  },
  {
    name: "MLP: 784-512-256-10, adam, batch 64",
    inputShape: [784],
    classes: 10,
    batchSize: 64,
    steps: 50,
    make: () => layered(dense(512, { ...relu, inputShape: [784] }), dense(256, relu), dense(10, softmax)),
    optimizer: () => adam(),
  },
  {
    name: "large dense: 1024-2048-2048-100, gelu, adam, batch 128",
    inputShape: [1024],
    classes: 100,
    batchSize: 128,
    steps: 4,
    make: () =>
      layered(
        dense(2048, { activation: "gelu", inputShape: [1024] }),
        dense(2048, { activation: "gelu" }),
        dense(100, softmax),
      ),
    optimizer: () => adam(),
  },
  {
    name: "CNN: conv 32, pool, conv 64, pool, dense 128, on 28×28, momentum, batch 32",
    inputShape: [28, 28, 1],
    classes: 10,
    batchSize: 32,
    steps: 20,
    make: () =>
      layered(
        conv2d(32, 3, { ...relu, inputShape: [28, 28, 1] }),
        maxPooling2d(),
        conv2d(64, 3, relu),
        maxPooling2d(),
        flatten(),
        dense(128, relu),
        dense(10, softmax),
      ),
    optimizer: () => sgd({ learningRate: 0.01, momentum: 0.9 }),
  },
  {
    name: "VGG-like: 2 × conv 32, 64, 128, on 32×32, momentum, batch 32",
    inputShape: [32, 32, 3],
    classes: 10,
    batchSize: 32,
    steps: 4,
    make: () =>
      layered(
        conv2d(32, 3, { ...relu, padding: "same", inputShape: [32, 32, 3] }),
        convolution(32),
        maxPooling2d(),
        convolution(64),
        convolution(64),
        maxPooling2d(),
        convolution(128),
        convolution(128),
        maxPooling2d(),
        flatten(),
        dense(256, relu),
        dense(10, softmax),
      ),
    optimizer: () => sgd({ learningRate: 0.01, momentum: 0.9 }),
  },
  {
    name: "separable CNN: 32, 64, 128, batch norm, on 64×64, adam, batch 32",
    inputShape: [64, 64, 3],
    classes: 10,
    batchSize: 32,
    steps: 6,
    make: () =>
      layered(
        conv2d(32, 3, { ...relu, padding: "same", strides: 2, inputShape: [64, 64, 3] }),
        ...separable(32),
        ...separable(64),
        ...separable(128),
        globalAveragePooling2d(),
        dense(10, softmax),
      ),
    optimizer: () => adam(),
  },
  {
    name: "LSTM: 64 units, 50 steps of 16, adam, batch 32",
    inputShape: [50, 16],
    classes: 10,
    batchSize: 32,
    steps: 20,
    make: () => layered(lstm(64, { inputShape: [50, 16] }), dense(10, softmax)),
    optimizer: () => adam(),
  },
  {
    name: "GRU: 64 units, 50 steps of 16, adam, batch 32",
    inputShape: [50, 16],
    classes: 10,
    batchSize: 32,
    steps: 20,
    make: () => layered(gru(64, { inputShape: [50, 16] }), dense(10, softmax)),
    optimizer: () => adam(),
  },
  {
    name: "transformer: 2 blocks, width 64, 64 tokens, adam, batch 16",
    inputShape: [64, 64],
    classes: 10,
    batchSize: 16,
    steps: 10,
    make: transformer,
    optimizer: () => adam(),
  },
];
