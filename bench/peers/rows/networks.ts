import {
  adam,
  batchNormalization,
  conv2d,
  dense,
  eluLayer,
  flatten,
  type Layer,
  maxPooling2d,
  type Optimizer,
  sgd,
} from "../../../src/index.ts";
import { type JaxArray, jax, np } from "../rivals/jax.ts";
import { filtersFirst, swapped } from "../rivals/layout.ts";
import type { Operand } from "../rivals/ours.ts";
import { tf, tfl } from "../rivals/tfjs.ts";

type TfOptimizer = import("@tensorflow/tfjs-core").Optimizer;
type TfLayer = import("@tensorflow/tfjs-layers").layers.Layer;

/** One network in the three libraries; the last layer gives logits of 10 classes. */
export interface Network {
  readonly name: string;
  readonly rowShape: readonly number[];
  readonly layers: () => Layer[];
  readonly optimizer: () => Optimizer;
  readonly tfjs: { readonly layers: () => TfLayer[]; readonly optimizer: () => TfOptimizer };
  readonly jax?: {
    /** Logits; uses each of `weights` once. */
    readonly forward: (weights: readonly JaxArray[], x: JaxArray) => JaxArray;
    readonly update: JaxUpdate;
    /** The weight of this index in its layout, where that is another. */
    readonly toPeer?: (weight: Operand, index: number) => Operand;
    /** A row in its layout; the numbers lie in the same order. */
    readonly rowShape?: readonly number[];
  };
}

/** How jax-js, which has no optimizers, changes a weight: the new weight and its new slots. */
export interface JaxUpdate {
  readonly slots: number;
  /** What changes from step to step, for the step of this number, which begins at 1. */
  readonly rate: (step: number) => number;
  readonly apply: (
    weight: JaxArray,
    gradient: JaxArray,
    slots: readonly JaxArray[],
    rate: JaxArray,
  ) => { weight: JaxArray; slots: JaxArray[] };
}

const momentum: JaxUpdate = {
  slots: 1,
  rate: () => 0.01,
  apply: (weight, gradient, [velocity], rate) => {
    const next = (velocity as JaxArray).mul(0.9).sub(gradient.mul(rate));
    return { weight: weight.add(next.ref), slots: [next] };
  },
};

/** As in Keras: the bias corrections are in the rate. */
const adamUpdate: JaxUpdate = {
  slots: 2,
  rate: (step) => (0.001 * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step),
  apply: (weight, gradient, [first, second], rate) => {
    const m = (first as JaxArray).mul(0.9).add(gradient.ref.mul(0.1));
    const v = (second as JaxArray).mul(0.999).add(gradient.ref.mul(gradient).mul(0.001));
    return { weight: weight.sub(m.ref.mul(rate).div(np.sqrt(v.ref).add(1e-10))), slots: [m, v] };
  },
};

/** Layers of the hidden units with relu, and ten logits. */
const perceptron = (hidden: number): { forward: (weights: readonly JaxArray[], x: JaxArray) => JaxArray } => ({
  forward: (weights, x) => {
    let y = x;
    for (let layer = 0; layer <= hidden; layer++) {
      const z = np.add(np.matmul(y, weights[2 * layer] as JaxArray), weights[2 * layer + 1] as JaxArray);
      y = layer < hidden ? jax.nn.relu(z) : z;
    }
    return y;
  },
});

export const mlp: Network = {
  name: "MLP 784-300-100-10, relu, momentum",
  rowShape: [784],
  layers: () => [dense(300, { activation: "relu", inputShape: [784] }), dense(100, { activation: "relu" }), dense(10)],
  optimizer: () => sgd({ learningRate: 0.01, momentum: 0.9 }),
  tfjs: {
    layers: () => [
      tfl.layers.dense({ units: 300, activation: "relu", inputShape: [784] }),
      tfl.layers.dense({ units: 100, activation: "relu" }),
      tfl.layers.dense({ units: 10 }),
    ],
    optimizer: () => tf.train.momentum(0.01, 0.9),
  },
  jax: { ...perceptron(2), update: momentum },
};

export const normalized: Network = {
  name: "MLP 784-300-100-10, batch norm, elu, momentum",
  rowShape: [784],
  layers: () => [
    dense(300, { useBias: false, inputShape: [784] }),
    batchNormalization(),
    eluLayer(),
    dense(100, { useBias: false }),
    batchNormalization(),
    eluLayer(),
    dense(10),
  ],
  optimizer: () => sgd({ learningRate: 0.01, momentum: 0.9 }),
  tfjs: {
    layers: () => [
      tfl.layers.dense({ units: 300, useBias: false, inputShape: [784] }),
      tfl.layers.batchNormalization(),
      tfl.layers.elu(),
      tfl.layers.dense({ units: 100, useBias: false }),
      tfl.layers.batchNormalization(),
      tfl.layers.elu(),
      tfl.layers.dense({ units: 10 }),
    ],
    optimizer: () => tf.train.momentum(0.01, 0.9),
  },
};

export const mlpAdam: Network = {
  name: "MLP 784-128-128-10, relu, Adam",
  rowShape: [784],
  layers: () => [dense(128, { activation: "relu", inputShape: [784] }), dense(128, { activation: "relu" }), dense(10)],
  optimizer: () => adam({ learningRate: 0.001, epsilon: 1e-10 }),
  tfjs: {
    layers: () => [
      tfl.layers.dense({ units: 128, activation: "relu", inputShape: [784] }),
      tfl.layers.dense({ units: 128, activation: "relu" }),
      tfl.layers.dense({ units: 10 }),
    ],
    optimizer: () => tf.train.adam(0.001, 0.9, 0.999, 1e-10),
  },
  jax: { ...perceptron(2), update: adamUpdate },
};

const bias = (array: JaxArray): JaxArray => array.reshape([1, -1, 1, 1]);
const pooled = (x: JaxArray): JaxArray => jax.lax.reduceWindow(x, (window) => np.max(window), [2, 2], [2, 2]);
const convolved = (x: JaxArray, kernel: JaxArray, offset: JaxArray): JaxArray =>
  pooled(jax.nn.relu(np.add(jax.lax.conv(x, kernel, [1, 1], "VALID"), bias(offset))));

export const cnn: Network = {
  name: "CNN: conv 32, pool, conv 64, pool, dense 128, dense 10; momentum",
  rowShape: [28, 28, 1],
  layers: () => [
    conv2d(32, 3, { activation: "relu", inputShape: [28, 28, 1] }),
    maxPooling2d(2),
    conv2d(64, 3, { activation: "relu" }),
    maxPooling2d(2),
    flatten(),
    dense(128, { activation: "relu" }),
    dense(10),
  ],
  optimizer: () => sgd({ learningRate: 0.01, momentum: 0.9 }),
  tfjs: {
    layers: () => [
      tfl.layers.conv2d({ filters: 32, kernelSize: 3, activation: "relu", inputShape: [28, 28, 1] }),
      tfl.layers.maxPooling2d({ poolSize: 2 }),
      tfl.layers.conv2d({ filters: 64, kernelSize: 3, activation: "relu" }),
      tfl.layers.maxPooling2d({ poolSize: 2 }),
      tfl.layers.flatten(),
      tfl.layers.dense({ units: 128, activation: "relu" }),
      tfl.layers.dense({ units: 10 }),
    ],
    optimizer: () => tf.train.momentum(0.01, 0.9),
  },
  jax: {
    update: momentum,
    forward: (weights, x) => {
      const [kernel1, bias1, kernel2, bias2, ...head] = weights as [
        JaxArray,
        JaxArray,
        JaxArray,
        JaxArray,
        ...JaxArray[],
      ];
      const features = convolved(convolved(x, kernel1, bias1), kernel2, bias2);
      return perceptron(1).forward(head, features.reshape([features.shape[0] as number, -1]));
    },
    rowShape: [1, 28, 28],
    // Channels come first: in images, in filters, and so in the rows of the matrix that takes the flattened features.
    toPeer: (weight, index) => {
      if (index === 0 || index === 2) return filtersFirst(weight);
      return index === 4 ? { data: swapped(weight.data, 5 * 5, 64, 128), shape: weight.shape } : weight;
    },
  },
};
