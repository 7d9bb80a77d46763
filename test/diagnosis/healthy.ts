// Networks as they should be, of many kinds and with several optimizers: a diagnosis must find nothing wrong in them,
// before and after training.

import type { HostArray } from "../../src/data/array.ts";
import {
  activation,
  adam,
  adamW,
  addLayer,
  batchNormalization,
  conv2d,
  type DenseOptions,
  dense,
  dropout,
  embedding,
  flatten,
  globalAveragePooling1d,
  globalAveragePooling2d,
  gru,
  initializers,
  input,
  layerNormalization,
  lstm,
  type Model,
  maxPooling2d,
  model,
  multiHeadAttention,
  nadam,
  rmsprop,
  type SymbolicTensor,
  sequential,
  sgd,
} from "../../src/index.ts";
import { bars, clusters, curve, oneHot, type Samples, sequences, tokens } from "./data.ts";

export interface Network {
  readonly model: Model;
  readonly data: Samples;
}

const sparse = "sparseCategoricalCrossentropy";
const repeat = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const compiled = (net: Model, options: Parameters<Model["compile"]>[0], data: Samples): Network => {
  net.compile(options);
  return { model: net, data };
};

/** Of clusters: one feature, as targets of regression. */
const firstColumn = ({ data }: Samples["x"]): HostArray => ({
  data: Float32Array.from({ length: 512 }, (_, row) => data[row * 20] as number),
  shape: [512, 1],
});

/** Two networks in one: a classifier of clusters, and a regression of `activation` that counts a thousandth. */
export function twoTowers(seed: number, activation: "relu" | "sigmoid", depth = 3): Network {
  const [left, right] = [input([20]), input([20])];
  const tower = (from: SymbolicTensor, options: DenseOptions) =>
    repeat(depth, (index) => index).reduce<SymbolicTensor>((x) => dense(32, options).apply(x), from);
  const relu: DenseOptions = { activation: "relu", kernelInitializer: "heNormal" };
  const kind = dense(5, { activation: "softmax", name: "kind" }).apply(tower(left, relu));
  const size = dense(1, { name: "size" }).apply(tower(right, activation === "relu" ? relu : { activation }));
  const { x, y } = clusters(seed);
  return compiled(
    model({ inputs: [left, right], outputs: [kind, size], seed }),
    { optimizer: "adam", loss: { kind: sparse, size: "meanSquaredError" }, lossWeights: { kind: 1, size: 1e-3 } },
    { x: [x, x] as never, y: { kind: y, size: firstColumn(x) } as never },
  );
}

export const healthy: Readonly<Record<string, (seed: number) => Network>> = {
  "dense relu, heNormal, adam": (seed) =>
    compiled(
      sequential(
        [
          dense(64, { activation: "relu", kernelInitializer: "heNormal", inputShape: [20] }),
          ...repeat(3, () => dense(48, { activation: "relu", kernelInitializer: "heNormal" })),
          dense(5, { activation: "softmax" }),
        ],
        { seed },
      ),
      { optimizer: adam(1e-3), loss: sparse },
      clusters(seed),
    ),
  "dense relu with defaults, sgd": (seed) =>
    compiled(
      sequential(
        [
          dense(64, { activation: "relu", inputShape: [20] }),
          dense(32, { activation: "relu" }),
          dense(5, { activation: "softmax" }),
        ],
        { seed },
      ),
      { optimizer: "sgd", loss: sparse },
      clusters(seed),
    ),
  "dense selu, lecunNormal, ten layers, momentum": (seed) =>
    compiled(
      sequential(
        [
          dense(50, { activation: "selu", kernelInitializer: "lecunNormal", inputShape: [20] }),
          ...repeat(9, () => dense(50, { activation: "selu", kernelInitializer: "lecunNormal" })),
          dense(5, { activation: "softmax" }),
        ],
        { seed },
      ),
      { optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }), loss: sparse },
      clusters(seed),
    ),
  "batch-normalized sigmoid, eight layers, nadam": (seed) =>
    compiled(
      sequential(
        [
          dense(40, { useBias: false, inputShape: [20] }),
          batchNormalization(),
          activation("sigmoid"),
          ...repeat(7, () => [dense(40, { useBias: false }), batchNormalization(), activation("sigmoid")]).flat(),
          dense(5, { activation: "softmax" }),
        ],
        { seed },
      ),
      { optimizer: nadam(1e-3), loss: sparse },
      clusters(seed),
    ),
  "CNN, adam": (seed) =>
    compiled(
      sequential(
        [
          conv2d(8, 3, { activation: "relu", padding: "same", inputShape: [12, 12, 1] }),
          maxPooling2d(2),
          conv2d(16, 3, { activation: "relu", padding: "same" }),
          maxPooling2d(2),
          flatten(),
          dropout(0.25),
          dense(32, { activation: "relu" }),
          dense(4, { activation: "softmax" }),
        ],
        { seed },
      ),
      { optimizer: "adam", loss: sparse },
      bars(seed),
    ),
  "residual CNN with batch normalization, momentum": (seed) => {
    const images = input([12, 12, 1]);
    let x = conv2d(8, 3, { padding: "same", useBias: false }).apply(images);
    for (let block = 0; block < 4; block++) {
      let y = activation("relu").apply(batchNormalization().apply(x));
      y = conv2d(8, 3, { padding: "same", useBias: false, kernelInitializer: "heNormal" }).apply(y);
      y = activation("relu").apply(batchNormalization().apply(y));
      x = addLayer().apply([x, conv2d(8, 3, { padding: "same", kernelInitializer: "heNormal" }).apply(y)]);
    }
    x = globalAveragePooling2d().apply(activation("relu").apply(batchNormalization().apply(x)));
    const outputs = dense(4, { activation: "softmax" }).apply(x);
    return compiled(
      model({ inputs: images, outputs, seed }),
      { optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }), loss: sparse },
      bars(seed),
    );
  },
  "LSTM, adam with clipping": (seed) =>
    compiled(
      sequential([lstm(24, { inputShape: [16, 4] }), dense(4, { activation: "softmax" })], { seed }),
      { optimizer: adam({ learningRate: 3e-3, globalClipNorm: 1 }), loss: sparse },
      sequences(seed),
    ),
  "two GRU layers, rmsprop": (seed) =>
    compiled(
      sequential(
        [gru(16, { returnSequences: true, inputShape: [16, 4] }), gru(16), dense(4, { activation: "softmax" })],
        {
          seed,
        },
      ),
      { optimizer: rmsprop(1e-3), loss: sparse },
      sequences(seed),
    ),
  "transformer blocks, adamW": (seed) => {
    const words = input([12], { dtype: "int32" });
    let x: SymbolicTensor = embedding(30, 16).apply(words);
    for (let block = 0; block < 2; block++) {
      const attended = multiHeadAttention(2, 8).apply([x, x]);
      x = layerNormalization().apply(addLayer().apply([x, attended]));
      const wide = dense(32, { activation: "gelu" }).apply(x);
      x = layerNormalization().apply(addLayer().apply([x, dense(16).apply(wide)]));
    }
    const outputs = dense(2, { activation: "softmax" }).apply(globalAveragePooling1d().apply(x));
    return compiled(
      model({ inputs: words, outputs, seed }),
      { optimizer: adamW({ learningRate: 1e-3 }), loss: sparse },
      tokens(seed),
    );
  },
  "autoencoder, adam": (seed) => {
    const { x } = bars(seed);
    const flat = { data: x.data, shape: [x.shape[0] as number, 144] };
    return compiled(
      sequential(
        [
          dense(64, { activation: "relu", inputShape: [144] }),
          dense(16, { activation: "relu" }),
          dense(64, { activation: "relu" }),
          dense(144, { activation: "sigmoid" }),
        ],
        { seed },
      ),
      { optimizer: "adam", loss: "meanSquaredError" },
      { x: flat, y: flat },
    );
  },
  "regression with standardized targets, tanh, adam": (seed) =>
    compiled(
      sequential([dense(32, { activation: "tanh", inputShape: [8] }), dense(32, { activation: "tanh" }), dense(1)], {
        seed,
      }),
      { optimizer: adam(3e-3), loss: "meanSquaredError" },
      curve(seed),
    ),
  "binary classifier with logits of its own, elu, rmsprop": (seed) => {
    const data = clusters(seed, { classes: 2 });
    return compiled(
      sequential(
        [
          dense(32, { activation: "elu", kernelInitializer: "heNormal", inputShape: [20] }),
          dense(16, { activation: "elu", kernelInitializer: "heNormal" }),
          dense(1, { activation: "sigmoid" }),
        ],
        { seed },
      ),
      { optimizer: rmsprop(1e-3), loss: "binaryCrossentropy" },
      { x: data.x, y: { data: Float32Array.from(data.y.data), shape: [data.y.data.length, 1] } },
    );
  },
  "one-hot labels, leakyRelu, layer normalization, nesterov": (seed) => {
    const data = clusters(seed);
    return compiled(
      sequential(
        [
          dense(40, { inputShape: [20] }),
          layerNormalization(),
          activation("leakyRelu"),
          dense(40),
          layerNormalization(),
          activation("leakyRelu"),
          dense(5, { activation: "softmax" }),
        ],
        { seed },
      ),
      { optimizer: sgd({ learningRate: 0.02, momentum: 0.9, nesterov: true }), loss: "categoricalCrossentropy" },
      { x: data.x, y: oneHot(data.y, 5) },
    );
  },
  "two outputs, relu, adam": (seed) => {
    const points = input([20]);
    const hidden = dense(40, { activation: "relu", kernelInitializer: "heNormal" }).apply(points);
    const kind = dense(5, { activation: "softmax", name: "kind" }).apply(hidden);
    const size = dense(1, { name: "size" }).apply(hidden);
    const data = clusters(seed);
    const sizes = Float32Array.from(
      { length: 512 },
      (_, row) => (data.x.data[row * 20] as number) + (data.x.data[row * 20 + 1] as number),
    );
    return compiled(
      model({ inputs: points, outputs: [kind, size], seed }),
      { optimizer: "adam", loss: { kind: sparse, size: "meanSquaredError" } },
      { x: data.x, y: { kind: data.y, size: { data: sizes, shape: [512, 1] } } as never },
    );
  },
  "two towers, one loss a thousandth of the other, adam": (seed) => twoTowers(seed, "relu"),
  "a policy with small weights and a value, adam": (seed) => {
    const points = input([20]);
    const hidden = dense(40, { activation: "relu", kernelInitializer: "heNormal" }).apply(points);
    const last = dense(40, { activation: "relu", kernelInitializer: "heNormal" }).apply(hidden);
    const small = initializers.randomNormal({ stddev: 0.001 });
    const policy = dense(5, { activation: "softmax", kernelInitializer: small, name: "policy" }).apply(last);
    const value = dense(1, { name: "value" }).apply(last);
    const { x, y } = clusters(seed);
    return compiled(
      model({ inputs: points, outputs: [policy, value], seed }),
      { optimizer: "adam", loss: { policy: sparse, value: "meanSquaredError" } },
      { x, y: { policy: y, value: firstColumn(x) } as never },
    );
  },
  "two outputs of sigmoid, adam": (seed) => {
    const points = input([20]);
    const hidden = dense(40, { activation: "relu", kernelInitializer: "heNormal" }).apply(points);
    const outputs = ["first", "second"].map((name) => dense(1, { activation: "sigmoid", name }).apply(hidden));
    const { x, y } = clusters(seed);
    const is = (label: number) => ({ data: Float32Array.from(y.data, (v) => Number(v === label)), shape: [512, 1] });
    return compiled(
      model({ inputs: points, outputs, seed }),
      { optimizer: adam(3e-3), loss: "binaryCrossentropy" },
      { x, y: { first: is(1), second: is(2) } as never },
    );
  },
};
