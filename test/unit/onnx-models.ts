// Models of all kinds of layers that ONNX has operations for, with random weights and inputs.
import * as a from "../../src/index.ts";
import type { OnnxOptions } from "../../src/io/onnx/export.ts";
import * as l from "../../src/nn/layers/index.ts";

/** A model with inputs for it. */
export interface OnnxCase {
  readonly model: a.Model;
  readonly inputs: readonly a.Tensor[];
  readonly options?: OnnxOptions;
}

/** Numbers from −1 to 1 that are the same in every run. */
function numbers(count: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const randomInput = (...shape: number[]) => a.tensor(numbers(shape.reduce((size, extent) => size * extent, 1)), shape);

const indices = (limit: number, ...shape: number[]) =>
  a.tensor(
    Int32Array.from(numbers(shape.reduce((size, extent) => size * extent, 1)), (x) =>
      Math.floor(((x + 1) / 2) * limit),
    ),
    shape,
  );

/** Gives every weight random values, so that no bias is 0 and no scale is 1; variances stay positive. */
function shake(model: a.Model): a.Model {
  model.variables.forEach((variable, index) => {
    const size = variable.shape.reduce((product, extent) => product * extent, 1);
    const isVariance = /variance|gamma/i.test(variable.name);
    variable.assign(numbers(size, index + 7).map((x) => (isVariance ? 1 + x / 2 : x / 2)));
  });
  return model;
}

/** A chain of layers over inputs [batch, …shape]. */
function chain(shape: readonly (number | null)[], ...layers: a.Layer[]): a.Model {
  const start = a.input(shape);
  const end = layers.reduce((tensor, layer) => layer.apply(tensor), start);
  return shake(a.model({ inputs: start, outputs: end }));
}

/** A chain of layers over indices. */
function textChain(length: number | null, ...layers: a.Layer[]): a.Model {
  const start = a.input([length], { dtype: "int32" });
  const end = layers.reduce((tensor, layer) => layer.apply(tensor), start);
  return shake(a.model({ inputs: start, outputs: end }));
}

const one = (model: a.Model, input: a.Tensor, options?: OnnxOptions): OnnxCase => ({
  model,
  inputs: [input],
  ...(options && { options }),
});

/** One case for an image model with each layout. */
const images = (make: () => a.Model, ...shape: number[]) => ({
  nhwc: () => one(make(), randomInput(2, ...shape)),
  nchw: () => one(make(), randomInput(2, ...shape), { layout: "nchw" }),
});

const cnn = images(
  () =>
    chain(
      [12, 10, 3],
      l.conv2d(4, 3, { activation: "relu" }),
      l.batchNormalization(),
      l.maxPooling2d(2),
      l.conv2d(6, 3, { padding: "same", strides: 2 }),
      l.activation("elu"),
      l.flatten(),
      l.dense(5, { activation: "softmax" }),
    ),
  12,
  10,
  3,
);

const residual = images(
  () => {
    const x = a.input([8, 8, 4]);
    const h = l.batchNormalization().apply(l.conv2d(4, 3, { padding: "same", useBias: false }).apply(x));
    const gate = l.dense(4, { activation: "sigmoid" }).apply(l.globalAveragePooling2d().apply(h));
    const scaled = l.multiplyLayer().apply([h, l.reshape([1, 1, 4]).apply(gate)]);
    const y = l.activation("relu").apply(l.addLayer().apply([x, scaled]));
    return shake(a.model({ inputs: x, outputs: y }));
  },
  8,
  8,
  4,
);

const mobile = images(
  () =>
    chain(
      [9, 9, 4],
      l.zeroPadding2d([
        [0, 1],
        [0, 1],
      ]),
      l.depthwiseConv2d(3, { strides: 2, useBias: false }),
      l.batchNormalization(),
      l.reluLayer({ maxValue: 6 }),
      l.separableConv2d(5, 3, { depthMultiplier: 2, padding: "same" }),
      l.averagePooling2d(2, { padding: "same" }),
      l.globalAveragePooling2d(),
      l.dropout(0.5),
      l.dense(3),
    ),
  9,
  9,
  4,
);

const decoder = images(
  () =>
    chain(
      [4, 4, 3],
      l.conv2dTranspose(4, 3, { strides: 2, padding: "same", activation: "relu" }),
      l.conv2dTranspose(2, 2, { strides: 2 }),
      l.conv2dTranspose(2, 3, { strides: 2, padding: "same", outputPadding: 0 }),
      l.upSampling2d(2),
      l.cropping2d(2),
      l.conv2d(1, 3, { dilationRate: 2, padding: "same", activation: "sigmoid" }),
    ),
  4,
  4,
  3,
);

/** What the suites run, by name. */
export const onnxCases: Readonly<Record<string, () => OnnxCase>> = {
  mlp: () =>
    one(chain([6], l.dense(8, { activation: "tanh" }), l.dense(3, { activation: "softmax" })), randomInput(3, 6)),
  denseOnSequences: () => one(chain([5, 6], l.dense(8, { activation: "gelu" }), l.dense(2)), randomInput(3, 5, 6)),
  cnn: cnn.nhwc,
  cnnChannelsFirst: cnn.nchw,
  residual: residual.nhwc,
  residualChannelsFirst: residual.nchw,
  mobile: mobile.nhwc,
  mobileChannelsFirst: mobile.nchw,
  decoder: decoder.nhwc,
  decoderChannelsFirst: decoder.nchw,
  openImage: () =>
    one(
      chain(
        [null, null, 3],
        l.conv2d(4, 3, { padding: "same", activation: "relu" }),
        l.maxPooling2d(2, { padding: "same" }),
        l.averagePooling2d(2),
        l.conv2d(4, 3),
        l.batchNormalization(),
        l.globalAveragePooling2d(),
      ),
      randomInput(2, 13, 11, 3),
    ),
  conv1d: () =>
    one(
      chain(
        [12, 3],
        l.conv1d(4, 3, { padding: "causal", dilationRate: 2 }),
        l.conv1d(4, 3, { groups: 2, strides: 2 }),
        l.depthwiseConv1d(2, { depthMultiplier: 2 }),
        l.separableConv1d(3, 2),
        l.conv1dTranspose(2, 3, { strides: 2 }),
        l.maxPooling1d(2),
        l.averagePooling1d(2, { padding: "same", strides: 1 }),
        l.upSampling1d(2),
        l.zeroPadding1d([1, 2]),
        l.cropping1d([1, 0]),
        l.globalMaxPooling1d(),
      ),
      randomInput(2, 12, 3),
    ),
  conv3d: () =>
    one(
      chain(
        [6, 6, 5, 2],
        l.conv3d(3, [2, 3, 2], { activation: "relu" }),
        l.maxPooling3d([2, 2, 1]),
        l.conv3dTranspose(2, 2, { strides: 2 }),
        l.averagePooling3d(2, { padding: "same" }),
        l.zeroPadding3d(1),
        l.upSampling3d(2),
        l.cropping3d(1),
        l.globalAveragePooling3d(),
      ),
      randomInput(2, 6, 6, 5, 2),
    ),
  normalizations: () => {
    const x = a.input([4, 4, 6]);
    const parts = [
      l.layerNormalization(),
      l.layerNormalization({ axis: [1, 2, 3] }),
      l.rmsNormalization(),
      l.groupNormalization({ groups: 3 }),
      l.groupNormalization({ groups: -1 }),
      l.unitNormalization(),
      l.batchNormalization({ axis: 1, center: false }),
      l.batchNormalization({ scale: false }),
    ].map((layer) => layer.apply(x));
    return one(shake(a.model({ inputs: x, outputs: l.concatenate().apply(parts) })), randomInput(2, 4, 4, 6));
  },
  activations: () => {
    const x = a.input([7]);
    const names = "relu relu6 leakyRelu elu celu selu softplus silu mish gelu softsign sigmoid logSigmoid tanh".split(
      " ",
    );
    const more = "exponential hardSigmoid hardSilu hardTanh softmax logSoftmax squareplus tanhShrink softShrink".split(
      " ",
    );
    const parts = [...names, ...more].map((name) => l.activation(name as "relu").apply(x));
    const others = [l.prelu(), l.leakyReluLayer({ negativeSlope: 0.2 }), l.eluLayer({ alpha: 0.5 }), l.softmaxLayer()];
    const all = [...parts, ...others.map((layer) => layer.apply(x))];
    return one(shake(a.model({ inputs: x, outputs: l.concatenate().apply(all) })), randomInput(3, 7));
  },
  merges: () => {
    const [x, y] = [a.input([5], { name: "left" }), a.input([5], { name: "right" })];
    const kinds = [l.addLayer, l.averageLayer, l.maximumLayer, l.minimumLayer, l.multiplyLayer, l.subtractLayer];
    const outputs = [...kinds.map((kind) => kind().apply([x, y])), l.dotLayer(1).apply([x, y])];
    return { model: shake(a.model({ inputs: [x, y], outputs })), inputs: [randomInput(3, 5), randomInput(3, 5)] };
  },
  shapes: () =>
    one(
      chain(
        [6, 4],
        l.permute([2, 1]),
        l.reshape([3, 8]),
        l.flatten(),
        l.repeatVector(3),
        l.timeDistributed(l.dense(4)),
      ),
      randomInput(2, 6, 4),
    ),
  embedding: () => one(textChain(6, l.embedding(10, 4), l.globalAveragePooling1d(), l.dense(2)), indices(10, 3, 6)),
  maskedText: () => {
    const x = a.input([6], { dtype: "int32" });
    const e = l.embedding(10, 4, { maskZero: true }).apply(x);
    const attended = l.multiHeadAttention(2, 3).apply([e, e]);
    const outputs = [l.globalAveragePooling1d().apply(e), l.dense(2).apply(attended)];
    return one(shake(a.model({ inputs: x, outputs })), indices(4, 3, 6));
  },
  openText: () =>
    one(
      textChain(null, l.embedding(10, 4), l.lstm(5, { returnSequences: true }), l.globalAveragePooling1d(), l.dense(2)),
      indices(10, 3, 7),
    ),
  lstm: () => one(chain([7, 3], l.lstm(4, { returnSequences: true }), l.lstm(5)), randomInput(2, 7, 3)),
  gru: () =>
    one(
      chain([7, 3], l.gru(4, { returnSequences: true, goBackwards: true }), l.gru(5, { resetAfter: false })),
      randomInput(2, 7, 3),
    ),
  recurrentActivations: () =>
    one(
      chain(
        [5, 3],
        l.lstm(4, { returnSequences: true, activation: "relu", recurrentActivation: "hardSigmoid" }),
        l.gru(4, { returnSequences: true, activation: null, useBias: false }),
        l.simpleRnn(4, { activation: "elu" }),
      ),
      randomInput(2, 5, 3),
    ),
  bidirectional: () =>
    one(
      chain(
        [6, 3],
        l.bidirectional(l.lstm(4, { returnSequences: true })),
        l.bidirectional(l.gru(3), { mergeMode: "sum" }),
      ),
      randomInput(2, 6, 3),
    ),
  stackedCells: () =>
    one(
      chain([6, 3], l.rnn([l.lstmCell(4), l.gruCell(3), l.simpleRnnCell(2)], { returnSequences: true })),
      randomInput(2, 6, 3),
    ),
  encoderDecoder: () => {
    const [x, y] = [a.input([5, 3], { name: "source" }), a.input([4, 2], { name: "target" })];
    const [, h, c] = l.lstm(6, { returnState: true }).applyAll(x) as [
      a.SymbolicTensor,
      a.SymbolicTensor,
      a.SymbolicTensor,
    ];
    const decoded = l.lstm(6, { returnSequences: true, returnState: true }).applyAll([y, h, c]);
    const outputs = [l.dense(3).apply(decoded[0] as a.SymbolicTensor), ...decoded.slice(1)];
    return { model: shake(a.model({ inputs: [x, y], outputs })), inputs: [randomInput(2, 5, 3), randomInput(2, 4, 2)] };
  },
  transformer: () => {
    const x = a.input([6, 8]);
    const attended = l.multiHeadAttention(2, 4).apply([x, x]);
    const h = l.layerNormalization().apply(l.addLayer().apply([x, attended]));
    const y = l.dense(8).apply(l.dense(16, { activation: "gelu" }).apply(h));
    const model = a.model({ inputs: x, outputs: l.layerNormalization().apply(l.addLayer().apply([h, y])) });
    return one(shake(model), randomInput(2, 6, 8));
  },
  openTransformer: () => {
    const x = a.input([null], { dtype: "int32" });
    const e = l.embedding(12, 8).apply(x);
    const attended = l.multiHeadAttention(2, 4).apply([e, e]);
    const h = l.layerNormalization().apply(l.addLayer().apply([e, attended]));
    return one(shake(a.model({ inputs: x, outputs: l.dense(12).apply(h) })), indices(12, 2, 5));
  },
  attentions: () => {
    const [q, k] = [a.input([4, 6], { name: "query" }), a.input([5, 6], { name: "key" })];
    const outputs = [
      l.attention({ useScale: true }).apply([q, k]),
      l.additiveAttention().apply([q, k]),
      l.groupQueryAttention(3, 4, 2).apply([q, k, k]),
    ];
    return { model: shake(a.model({ inputs: [q, k], outputs })), inputs: [randomInput(2, 4, 6), randomInput(2, 5, 6)] };
  },
  sharedAndNested: () => {
    const inner = chain([4, 4, 2], l.conv2d(3, 2, { activation: "relu" }), l.flatten());
    const [x, y] = [a.input([4, 4, 2], { name: "one" }), a.input([4, 4, 2], { name: "two" })];
    const joined = l.concatenate().apply([inner.apply(x), inner.apply(y)]);
    const model = a.model({ inputs: [x, y], outputs: [l.dense(2, { name: "value" }).apply(joined), joined] });
    return { model: shake(model), inputs: [randomInput(2, 4, 4, 2), randomInput(2, 4, 4, 2)] };
  },
  preprocessing: () =>
    one(
      chain(
        [10, 8, 3],
        l.rescaling(1 / 127.5, { offset: -1 }),
        l.normalization({ mean: [0.1, 0.2, 0.3], variance: [1, 2, 3] }),
        l.randomFlip(),
        l.resizing(6, 6),
        l.centerCrop(4, 4),
        l.gaussianNoise(0.1),
      ),
      randomInput(2, 10, 8, 3),
      { layout: "nchw" },
    ),
  spectral: () => one(chain([5, 5, 2], l.spectralNormalization(l.conv2d(3, 2)), l.flatten()), randomInput(2, 5, 5, 2)),
  custom: () =>
    one(
      chain(
        [6],
        l.lambda((x) => a.ops.mul(a.ops.cumsum(a.ops.sin(x)), a.ops.cast(a.ops.argmax(x), "float32")) as a.Tensor),
        l.dense(4, { activation: (x) => a.ops.where(a.ops.greater(x, 0.1), a.ops.square(x), a.ops.exp(x)) }),
      ),
      randomInput(1, 6),
    ),
  wholeNumbers: () =>
    one(textChain(4, l.categoryEncoding(5, { outputMode: "oneHot" }), l.flatten(), l.dense(2)), indices(5, 3, 4)),
};
