import type { Layer } from "../../src/nn/layer.ts";
import * as layers from "../../src/nn/layers/index.ts";
import { reshape } from "../../src/tensor/ops/index.ts";

/** A sample's extents: numbers are known to the layer, letters are not; equal letters are equal extents. */
export type Extents = readonly (number | string)[];

export interface Case {
  readonly make: () => Layer;
  readonly inputs: readonly Extents[];
}

const one = (make: () => Layer, ...inputs: Extents[]): Case => ({ make, inputs });
const image: Extents = ["h", "w", 4];
const volume: Extents = ["d", "h", "w", 4];

/** One or more for every kind of layer, with as many unknown extents as it allows. */
export const cases: Readonly<Record<string, readonly Case[]>> = {
  activation: [one(() => layers.activation("gelu"), ["t", 3])],
  activityRegularization: [one(() => layers.activityRegularization({ l1: 0.1 }), ["t", 3])],
  adaptiveAveragePooling1d: [one(() => layers.adaptiveAveragePooling1d(3), ["t", 3])],
  adaptiveAveragePooling2d: [one(() => layers.adaptiveAveragePooling2d([3, 2]), image)],
  adaptiveAveragePooling3d: [one(() => layers.adaptiveAveragePooling3d(3), volume)],
  adaptiveMaxPooling1d: [one(() => layers.adaptiveMaxPooling1d(3), ["t", 3])],
  adaptiveMaxPooling2d: [one(() => layers.adaptiveMaxPooling2d(3), ["h", 7, 3])],
  adaptiveMaxPooling3d: [one(() => layers.adaptiveMaxPooling3d(3), volume)],
  addLayer: [one(() => layers.addLayer(), ["t", 3], ["t", 3]), one(() => layers.addLayer(), ["t", 3], [3])],
  additiveAttention: [one(() => layers.additiveAttention(), ["t", 5], ["v", 5])],
  alphaDropout: [one(() => layers.alphaDropout(0.2), ["t"])],
  attention: [
    one(() => layers.attention({ useCausalMask: true, returnAttentionScores: true }), ["t", "c"], ["v", "c"]),
  ],
  averageLayer: [one(() => layers.averageLayer(), ["t", "c"], ["t", "c"])],
  averagePooling1d: [one(() => layers.averagePooling1d(3, { strides: 2, padding: "same" }), ["t", "c"])],
  averagePooling2d: [one(() => layers.averagePooling2d(2), image)],
  averagePooling3d: [one(() => layers.averagePooling3d(2), volume)],
  batchNormalization: [one(() => layers.batchNormalization(), image)],
  bidirectional: [
    one(() => layers.bidirectional(layers.lstm(3, { returnSequences: true }), { mergeMode: null }), ["t", 3]),
  ],
  categoryEncoding: [
    one(() => layers.categoryEncoding(5, { outputMode: "count" }), ["t"]),
    one(() => layers.categoryEncoding(5, { outputMode: "oneHot" }), ["t"]),
  ],
  centerCrop: [one(() => layers.centerCrop(3, 4), image)],
  concatenate: [
    one(() => layers.concatenate({ axis: 1 }), ["t", 3], ["u", 3]),
    one(() => layers.concatenate(), ["t", 3], ["t", 4]),
  ],
  conv1d: [one(() => layers.conv1d(4, 3, { padding: "causal", dilationRate: 2 }), ["t", 4])],
  conv1dTranspose: [one(() => layers.conv1dTranspose(4, 3, { strides: 2 }), ["t", 4])],
  conv2d: [
    one(() => layers.conv2d(7919, 3), image),
    one(() => layers.conv2d(4, [2, 3], { groups: 2, strides: [1, 2], padding: "same" }), image),
  ],
  conv2dTranspose: [one(() => layers.conv2dTranspose(4, 3, { strides: 2, padding: "same", outputPadding: 1 }), image)],
  conv3d: [one(() => layers.conv3d(4, 3), volume)],
  conv3dTranspose: [one(() => layers.conv3dTranspose(4, 3), volume)],
  cropping1d: [one(() => layers.cropping1d(2), ["t", "c"])],
  cropping2d: [
    one(
      () =>
        layers.cropping2d([
          [1, 2],
          [0, 1],
        ]),
      image,
    ),
  ],
  cropping3d: [one(() => layers.cropping3d(1), volume)],
  dense: [one(() => layers.dense(7919), [3]), one(() => layers.dense(3), ["t", "u", 5])],
  depthwiseConv1d: [one(() => layers.depthwiseConv1d(3, { strides: 2, padding: "same" }), ["t", 4])],
  depthwiseConv2d: [one(() => layers.depthwiseConv2d(3, { depthMultiplier: 2 }), image)],
  discretization: [one(() => layers.discretization([0, 1.5], { outputMode: "oneHot" }), ["t", 3])],
  dotLayer: [
    one(() => layers.dotLayer([2, 2], { normalize: true }), ["t", "c"], ["u", "c"]),
    one(() => layers.dotLayer(1), [3], [3]),
  ],
  dropout: [one(() => layers.dropout(0.5, { noiseShape: [null, 1, null] }), ["t", "c"])],
  eluLayer: [one(() => layers.eluLayer(), ["t"])],
  embedding: [one(() => layers.embedding(5, 3), ["t", "u"])],
  flatten: [one(() => layers.flatten(), ["t", 3]), one(() => layers.flatten(), [2, 3])],
  gaussianDropout: [one(() => layers.gaussianDropout(0.2), ["t"])],
  gaussianNoise: [one(() => layers.gaussianNoise(0.2), ["t"])],
  globalAveragePooling1d: [one(() => layers.globalAveragePooling1d(), ["t", "c"])],
  globalAveragePooling2d: [one(() => layers.globalAveragePooling2d({ keepDims: true }), image)],
  globalAveragePooling3d: [one(() => layers.globalAveragePooling3d(), volume)],
  globalMaxPooling1d: [one(() => layers.globalMaxPooling1d(), ["t", "c"])],
  globalMaxPooling2d: [one(() => layers.globalMaxPooling2d(), image)],
  globalMaxPooling3d: [one(() => layers.globalMaxPooling3d({ keepDims: true }), volume)],
  groupNormalization: [one(() => layers.groupNormalization({ groups: 2 }), image)],
  groupQueryAttention: [
    one(
      () => layers.groupQueryAttention(3, 4, 2, { slidingWindow: 2, returnAttentionScores: true }),
      ["t", 5],
      ["v", 6],
    ),
  ],
  gru: [one(() => layers.gru(4, { returnSequences: true, returnState: true }), ["t", 3])],
  gruCell: [one(() => layers.gruCell(3), [5], [3])],
  inputLayer: [one(() => layers.inputLayer([2, 3]), [2, 3])],
  lambda: [one(() => layers.lambda((x) => reshape(x, [x.shape[0] as number, -1])), [2, 3])],
  layerNormalization: [one(() => layers.layerNormalization(), ["t", 3])],
  leakyReluLayer: [one(() => layers.leakyReluLayer(), ["t"])],
  lstm: [one(() => layers.lstm(4, { returnSequences: true }), ["t", 3]), one(() => layers.lstm(4), ["t", 3])],
  lstmCell: [one(() => layers.lstmCell(3), [5], [3], [3])],
  masking: [one(() => layers.masking(), ["t", "c"])],
  maxPooling1d: [one(() => layers.maxPooling1d(3, { strides: 2, padding: "same" }), ["t", "c"])],
  maxPooling2d: [one(() => layers.maxPooling2d(2), image)],
  maxPooling3d: [one(() => layers.maxPooling3d(2), volume)],
  maximumLayer: [one(() => layers.maximumLayer(), ["t", "c"], ["t", "c"])],
  minimumLayer: [one(() => layers.minimumLayer(), ["t", "c"], ["t", "c"])],
  multiHeadAttention: [
    one(() => layers.multiHeadAttention(2, 3, { useCausalMask: true }), ["t", 5]),
    one(() => layers.multiHeadAttention(2, 3, { attentionAxes: 2, returnAttentionScores: true }), ["h", "w", 5]),
  ],
  multiplyLayer: [one(() => layers.multiplyLayer(), ["t", "c"], ["t", "c"])],
  normalization: [one(() => layers.normalization(), ["t", 3])],
  permute: [one(() => layers.permute([2, 3, 1]), image)],
  prelu: [one(() => layers.prelu({ sharedAxes: [1, 2] }), image)],
  randomBrightness: [one(() => layers.randomBrightness(0.5), image)],
  randomContrast: [one(() => layers.randomContrast(0.5), image)],
  randomCrop: [one(() => layers.randomCrop(3, 4), image)],
  randomFlip: [one(() => layers.randomFlip(), image)],
  randomRotation: [one(() => layers.randomRotation(0.1), image)],
  randomTranslation: [one(() => layers.randomTranslation(0.1, 0.1), image)],
  randomZoom: [one(() => layers.randomZoom(0.1), image)],
  reluLayer: [one(() => layers.reluLayer(), ["t"])],
  repeatVector: [one(() => layers.repeatVector(3), ["c"])],
  rescaling: [one(() => layers.rescaling(0.5), image)],
  reshape: [one(() => layers.reshape([3, -1]), [6, 4])],
  resizing: [one(() => layers.resizing(3, 4, { cropToAspectRatio: true }), image)],
  rmsNormalization: [one(() => layers.rmsNormalization(), ["t", 3])],
  rnn: [one(() => layers.rnn([layers.lstmCell(3), layers.gruCell(2)], { returnSequences: true }), ["t", 4])],
  separableConv1d: [one(() => layers.separableConv1d(4, 3), ["t", 4])],
  separableConv2d: [one(() => layers.separableConv2d(5, [2, 3], { depthMultiplier: 2 }), image)],
  simpleRnn: [one(() => layers.simpleRnn(3), ["t", 4])],
  simpleRnnCell: [one(() => layers.simpleRnnCell(3), [5], [3])],
  softmaxLayer: [
    one(() => layers.softmaxLayer({ axis: 1 }), ["t", "c"]),
    one(() => layers.softmaxLayer({ axis: [1, 3] }), ["t", "u", "c"]),
  ],
  spatialDropout1d: [one(() => layers.spatialDropout1d(0.5), ["t", "c"])],
  spatialDropout2d: [one(() => layers.spatialDropout2d(0.5), image)],
  spatialDropout3d: [one(() => layers.spatialDropout3d(0.5), volume)],
  spectralNormalization: [one(() => layers.spectralNormalization(layers.conv2d(3, 3)), image)],
  subtractLayer: [one(() => layers.subtractLayer(), ["t", "c"], ["t", "c"])],
  timeDistributed: [
    one(() => layers.timeDistributed(layers.conv2d(3, 3)), ["t", "h", "w", 4]),
    one(() => layers.timeDistributed(layers.flatten()), ["t", 2, 3]),
  ],
  unitNormalization: [one(() => layers.unitNormalization(), ["t", "c"])],
  upSampling1d: [one(() => layers.upSampling1d(3), ["t", "c"])],
  upSampling2d: [
    one(() => layers.upSampling2d(2, { interpolation: "bilinear" }), image),
    one(() => layers.upSampling2d([2, 1]), image),
  ],
  upSampling3d: [one(() => layers.upSampling3d(2), volume)],
  zeroPadding1d: [one(() => layers.zeroPadding1d(3), ["t", "c"])],
  zeroPadding2d: [one(() => layers.zeroPadding2d([2, 1]), image)],
  zeroPadding3d: [one(() => layers.zeroPadding3d(2), volume)],
};
