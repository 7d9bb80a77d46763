import { describe, expect, it } from "vitest";
import { heNormal, orthogonal, stft } from "../../src/nn/initializers.ts";
import { input } from "../../src/nn/input.ts";
import { Layer } from "../../src/nn/layer.ts";
import * as layers from "../../src/nn/layers/index.ts";
import { Network } from "../../src/nn/network.ts";
import { layerFactories, layerFromConfig, networkFromConfig } from "../../src/nn/registry.ts";
import { maxNorm } from "../../src/regularize/constraints.ts";
import { l1l2, orthogonalPenalty } from "../../src/regularize/penalties.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

/** One of each layer, with options that must come back. */
const examples: Layer[] = [
  layers.dense(3, {
    activation: "elu",
    useBias: false,
    kernelInitializer: heNormal({ seed: 5 }),
    kernelRegularizer: l1l2({ l1: 0.1 }),
    kernelConstraint: maxNorm(2, { axis: 0 }),
    activityRegularizer: orthogonalPenalty({ factor: 0.5, mode: "columns" }),
  }),
  layers.activation("gelu"),
  layers.reluLayer({ maxValue: 6 }),
  layers.leakyReluLayer({ negativeSlope: 0.1 }),
  layers.eluLayer({ alpha: 0.5 }),
  layers.softmaxLayer({ axis: 1 }),
  layers.prelu({ sharedAxes: [1] }),
  layers.flatten({ inputShape: [2, 3] }),
  layers.inputLayer([2, 3]),
  layers.reshape([3, -1]),
  layers.permute([2, 1]),
  layers.repeatVector(3),
  layers.dropout(0.5, { seed: 3, noiseShape: [null, 1] }),
  layers.spatialDropout1d(0.5),
  layers.spatialDropout2d(0.5),
  layers.spatialDropout3d(0.5),
  layers.alphaDropout(0.2),
  layers.gaussianNoise(0.3),
  layers.gaussianDropout(0.2),
  layers.activityRegularization({ l1: 0.1, l2: 0.2 }),
  layers.batchNormalization({ momentum: 0.9, trainable: false }),
  layers.batchNormalization({ renorm: true, renormClipping: { rmax: 3, dmax: 5 } }),
  layers.spectralNormalization(layers.conv2d(4, 3, { activation: "elu", kernelInitializer: heNormal({ seed: 5 }) }), {
    powerIterations: 2,
  }),
  layers.layerNormalization({ axis: [1, 2] }),
  layers.groupNormalization({ groups: 2 }),
  layers.rmsNormalization({ epsilon: 1e-5 }),
  layers.unitNormalization({ axis: 1 }),
  layers.addLayer(),
  layers.concatenate({ axis: 1 }),
  layers.averageLayer(),
  layers.rescaling([0.5, 1, 2], { offset: -1 }),
  layers.normalization({ axis: [1, 2], mean: [1, 2], variance: [3, 4], invert: true }),
  layers.categoryEncoding(5, { outputMode: "count" }),
  layers.discretization([0, 1.5], { outputMode: "oneHot" }),
  layers.randomFlip("vertical", { seed: 3 }),
  layers.randomTranslation(0.5, [-0.1, 0.2], { fillMode: "wrap" }),
  layers.randomRotation(0.1, { interpolation: "nearest" }),
  layers.randomZoom([-0.1, 0.2], { widthFactor: 0.1, fillMode: "constant", fillValue: 2 }),
  layers.randomContrast(0.5, { valueRange: [0, 1] }),
  layers.randomBrightness(0.5),
  layers.randomCrop(2, 3),
  layers.centerCrop(2, 3),
  layers.resizing(2, 3, { interpolation: "nearest", cropToAspectRatio: true }),
  layers.subtractLayer(),
  layers.multiplyLayer(),
  layers.maximumLayer(),
  layers.minimumLayer(),
  layers.dotLayer([1, 2], { normalize: true }),
  layers.attention({ scoreMode: "concat", useScale: true, dropout: 0.1 }),
  layers.additiveAttention({ useScale: false }),
  layers.multiHeadAttention(2, 3, {
    valueDim: 4,
    outputShape: [5],
    useCausalMask: true,
    kernelInitializer: heNormal({ seed: 5 }),
    kernelRegularizer: l1l2({ l1: 0.1 }),
  }),
  layers.groupQueryAttention(3, 4, 2, { slidingWindow: 2, returnAttentionScores: true }),
  layers.conv1d(4, 3, { padding: "causal", dilationRate: 2 }),
  layers.conv1d(5, 8, { kernelInitializer: stft({ side: "imag" }) }),
  layers.conv2d(4, [2, 3], { groups: 2, strides: [1, 2], activation: "relu" }),
  layers.conv3d(4, 3),
  layers.separableConv1d(4, 3),
  layers.separableConv2d(4, [2, 3], { depthMultiplier: 2, activation: "relu", pointwiseInitializer: "heNormal" }),
  layers.conv1dTranspose(4, 3),
  layers.conv2dTranspose(4, 3, { strides: 2, outputPadding: 1, padding: "same" }),
  layers.conv3dTranspose(4, 3, { useBias: false }),
  layers.embedding(5, 3, { maskZero: true, embeddingsConstraint: maxNorm(1) }),
  layers.masking({ maskValue: -1 }),
  layers.depthwiseConv1d(3, {
    strides: 2,
    padding: "same",
    depthMultiplier: 2,
    depthwiseInitializer: heNormal({ seed: 5 }),
    depthwiseRegularizer: l1l2({ l1: 0.1 }),
  }),
  layers.depthwiseConv2d(3, {
    strides: 2,
    padding: "same",
    depthMultiplier: 2,
    depthwiseInitializer: heNormal({ seed: 5 }),
    depthwiseRegularizer: l1l2({ l1: 0.1 }),
  }),
  layers.zeroPadding1d(3),
  layers.cropping1d(3),
  layers.upSampling1d(3),
  layers.zeroPadding2d([2, 1]),
  layers.cropping2d([2, 1]),
  layers.upSampling2d([2, 1], { interpolation: "bilinear" }),
  layers.zeroPadding3d(2),
  layers.cropping3d(2),
  layers.upSampling3d(2),
  layers.maxPooling1d(3, { strides: 2, padding: "same" }),
  layers.maxPooling2d(3, { strides: 2, padding: "same" }),
  layers.maxPooling3d(3, { strides: 2, padding: "same" }),
  layers.averagePooling1d(3, { strides: 2, padding: "same" }),
  layers.averagePooling2d(3, { strides: 2, padding: "same" }),
  layers.averagePooling3d(3, { strides: 2, padding: "same" }),
  layers.globalMaxPooling1d({ keepDims: true }),
  layers.globalMaxPooling2d({ keepDims: true }),
  layers.globalMaxPooling3d({ keepDims: true }),
  layers.globalAveragePooling1d({ keepDims: true }),
  layers.globalAveragePooling2d({ keepDims: true }),
  layers.globalAveragePooling3d({ keepDims: true }),
  layers.simpleRnn(3, { activation: "relu", recurrentDropout: 0.1, recurrentInitializer: orthogonal({ gain: 2 }) }),
  layers.gru(3, { resetAfter: false, goBackwards: true, recurrentRegularizer: l1l2({ l1: 0.1 }) }),
  layers.lstm(3, {
    returnSequences: true,
    returnState: true,
    stateful: true,
    unitForgetBias: false,
    recurrentConstraint: maxNorm(2),
  }),
  layers.simpleRnnCell(3),
  layers.gruCell(3, { dropout: 0.5 }),
  layers.lstmCell(3, { recurrentActivation: "hardSigmoid" }),
  layers.rnn([layers.lstmCell(3), layers.gruCell(2)], { returnSequences: true }),
  layers.bidirectional(layers.lstm(3, { returnSequences: true }), { mergeMode: "sum" }),
  layers.bidirectional(layers.rnn(layers.gruCell(3)), {
    mergeMode: null,
    backwardLayer: layers.gru(4, { goBackwards: true }),
  }),
  layers.timeDistributed(layers.dense(3, { kernelRegularizer: l1l2({ l1: 0.1 }) })),
  layers.adaptiveMaxPooling1d(3),
  layers.adaptiveMaxPooling2d(3),
  layers.adaptiveMaxPooling3d(3),
  layers.adaptiveAveragePooling1d(3),
  layers.adaptiveAveragePooling2d(3),
  layers.adaptiveAveragePooling3d(3),
];

describe("layers from saved options", () => {
  it("are made again, all kinds, by way of JSON", () => {
    for (const layer of examples) {
      const config = JSON.parse(JSON.stringify(layer.getConfig())) as Record<string, unknown>;
      const copy = layerFromConfig(layer.kind, config);
      expect(copy.constructor).toBe(layer.constructor);
      expect(copy.getConfig()).toEqual(layer.getConfig());
      expect(layer.clone().getConfig()).toEqual(layer.getConfig());
    }
  });

  it("cover every factory of the family", () => {
    const kinds = Object.entries(layers).flatMap(([name, value]) =>
      typeof value === "function" && !(value.prototype instanceof Layer) ? [name] : [],
    );
    expect(Object.keys(layerFactories).sort()).toEqual([...kinds, "network"].sort());
    const tried = new Set(examples.map(({ kind }) => kind));
    expect(kinds.filter((kind) => !tried.has(kind))).toEqual(["lambda"]);
  });

  it("make networks, nested and shared layers included", () => {
    const [a, b] = [input([4], { name: "a" }), input([4], { name: "b" })];
    const tower = new Network([a], [layers.dense(3, { name: "inner" }).apply(a)], { name: "tower" });
    const network = new Network([a, b], [layers.addLayer({ name: "sum" }).apply([tower.apply(a), tower.apply(b)])], {
      name: "twins",
    });
    const copy = networkFromConfig(JSON.parse(JSON.stringify(network.getConfig())));
    expect(copy.getConfig()).toEqual(network.getConfig());
    expect(copy.layers).toHaveLength(2);
    expect(copy.variables.map(({ name }) => name)).toEqual(["inner/kernel", "inner/bias"]);
  });

  it("take the user's own kinds, and say what is unknown", () => {
    class Twice extends Layer {
      constructor(options: { name?: string } = {}) {
        super("twice", options);
      }

      override call(x: Tensor): Tensor {
        return x;
      }
    }
    expect(layerFromConfig("twice", { name: "t" }, { twice: (options) => new Twice(options) }).name).toBe("t");
    expect(() => layerFromConfig("dens", {})).toThrow(
      /unknown layer\. Expected one of \d+ names, received "dens"\. Did you mean "dense"/,
    );
    expect(() => layerFromConfig("dense", { units: 2, kernelConstraint: { kind: "maxnorm" } })).toThrow(
      'Did you mean "maxNorm"',
    );
  });
});
