// Layers made again from saved configurations.
import { lookUp, valueError } from "../errors.ts";
import type { DType } from "../ir/dtype.ts";
import {
  type MinMaxNormOptions,
  maxNorm,
  minMaxNorm,
  type NormOptions,
  nonNeg,
  unitNorm,
} from "../regularize/constraints.ts";
import { l1, l1l2, l2, type OrthogonalPenaltyOptions, orthogonalPenalty } from "../regularize/penalties.ts";
import { initializers } from "./initializer-names.ts";
import { stft } from "./initializers.ts";
import type { BatchShape, Layer } from "./layer.ts";
import * as layers from "./layers/index.ts";
import { Network } from "./network.ts";
import { SymbolicTensor } from "./symbolic.ts";

// biome-ignore lint/suspicious/noExplicitAny: options that come from saved data; the factories check them
type Options = any;

/** Makes a layer from the options that `getConfig` gave. */
export type LayerFactory = (options: Options) => Layer;

/** The factories of all layers, by kind, taking everything in one object. */
export const layerFactories: Readonly<Record<string, LayerFactory>> = {
  activation: ({ activation, ...options }) => layers.activation(activation, options),
  activityRegularization: ({ activityRegularizer: _, ...options }) => layers.activityRegularization(options),
  adaptiveAveragePooling1d: ({ outputSize, ...options }) => layers.adaptiveAveragePooling1d(outputSize, options),
  adaptiveAveragePooling2d: ({ outputSize, ...options }) => layers.adaptiveAveragePooling2d(outputSize, options),
  adaptiveAveragePooling3d: ({ outputSize, ...options }) => layers.adaptiveAveragePooling3d(outputSize, options),
  adaptiveMaxPooling1d: ({ outputSize, ...options }) => layers.adaptiveMaxPooling1d(outputSize, options),
  adaptiveMaxPooling2d: ({ outputSize, ...options }) => layers.adaptiveMaxPooling2d(outputSize, options),
  adaptiveMaxPooling3d: ({ outputSize, ...options }) => layers.adaptiveMaxPooling3d(outputSize, options),
  addLayer: layers.addLayer,
  additiveAttention: layers.additiveAttention,
  alphaDropout: ({ rate, ...options }) => layers.alphaDropout(rate, options),
  attention: layers.attention,
  averageLayer: layers.averageLayer,
  averagePooling1d: ({ poolSize, ...options }) => layers.averagePooling1d(poolSize, options),
  averagePooling2d: ({ poolSize, ...options }) => layers.averagePooling2d(poolSize, options),
  averagePooling3d: ({ poolSize, ...options }) => layers.averagePooling3d(poolSize, options),
  batchNormalization: layers.batchNormalization,
  categoryEncoding: ({ numTokens, ...options }) => layers.categoryEncoding(numTokens, options),
  centerCrop: ({ height, width, ...options }) => layers.centerCrop(height, width, options),
  bidirectional: ({ layer, ...options }) => layers.bidirectional(layer, options),
  concatenate: layers.concatenate,
  conv1d: ({ filters, kernelSize, ...options }) => layers.conv1d(filters, kernelSize, options),
  conv1dTranspose: ({ filters, kernelSize, ...options }) => layers.conv1dTranspose(filters, kernelSize, options),
  conv2d: ({ filters, kernelSize, ...options }) => layers.conv2d(filters, kernelSize, options),
  conv2dTranspose: ({ filters, kernelSize, ...options }) => layers.conv2dTranspose(filters, kernelSize, options),
  conv3d: ({ filters, kernelSize, ...options }) => layers.conv3d(filters, kernelSize, options),
  conv3dTranspose: ({ filters, kernelSize, ...options }) => layers.conv3dTranspose(filters, kernelSize, options),
  cropping1d: ({ cropping, ...options }) => layers.cropping1d(cropping, options),
  cropping2d: ({ cropping, ...options }) => layers.cropping2d(cropping, options),
  cropping3d: ({ cropping, ...options }) => layers.cropping3d(cropping, options),
  dense: ({ units, ...options }) => layers.dense(units, options),
  depthwiseConv1d: ({ kernelSize, ...options }) => layers.depthwiseConv1d(kernelSize, options),
  depthwiseConv2d: ({ kernelSize, ...options }) => layers.depthwiseConv2d(kernelSize, options),
  discretization: (options) => new layers.Discretization(options),
  dotLayer: ({ axes, ...options }) => layers.dotLayer(axes, options),
  dropout: ({ rate, ...options }) => layers.dropout(rate, options),
  eluLayer: layers.eluLayer,
  embedding: ({ inputDim, outputDim, ...options }) => layers.embedding(inputDim, outputDim, options),
  flatten: layers.flatten,
  gaussianDropout: ({ rate, ...options }) => layers.gaussianDropout(rate, options),
  gaussianNoise: ({ stddev, ...options }) => layers.gaussianNoise(stddev, options),
  globalAveragePooling1d: layers.globalAveragePooling1d,
  globalAveragePooling2d: layers.globalAveragePooling2d,
  globalAveragePooling3d: layers.globalAveragePooling3d,
  globalMaxPooling1d: layers.globalMaxPooling1d,
  globalMaxPooling2d: layers.globalMaxPooling2d,
  globalMaxPooling3d: layers.globalMaxPooling3d,
  groupNormalization: layers.groupNormalization,
  groupQueryAttention: ({ headDim, numQueryHeads, numKeyValueHeads, ...options }) =>
    layers.groupQueryAttention(headDim, numQueryHeads, numKeyValueHeads, options),
  gru: ({ units, ...options }) => layers.gru(units, options),
  gruCell: ({ units, ...options }) => layers.gruCell(units, options),
  inputLayer: ({ inputShape, ...options }) => layers.inputLayer(inputShape, options),
  lambda: ({ fn, ...options }) => layers.lambda(fn, options),
  layerNormalization: layers.layerNormalization,
  leakyReluLayer: layers.leakyReluLayer,
  lstm: ({ units, ...options }) => layers.lstm(units, options),
  lstmCell: ({ units, ...options }) => layers.lstmCell(units, options),
  masking: layers.masking,
  maximumLayer: layers.maximumLayer,
  maxPooling1d: ({ poolSize, ...options }) => layers.maxPooling1d(poolSize, options),
  maxPooling2d: ({ poolSize, ...options }) => layers.maxPooling2d(poolSize, options),
  maxPooling3d: ({ poolSize, ...options }) => layers.maxPooling3d(poolSize, options),
  multiHeadAttention: ({ numHeads, keyDim, ...options }) => layers.multiHeadAttention(numHeads, keyDim, options),
  minimumLayer: layers.minimumLayer,
  multiplyLayer: layers.multiplyLayer,
  network: (config) => networkFromConfig(config),
  normalization: layers.normalization,
  permute: ({ dims, ...options }) => layers.permute(dims, options),
  prelu: layers.prelu,
  randomBrightness: ({ factor, ...options }) => layers.randomBrightness(factor, options),
  randomContrast: ({ factor, ...options }) => layers.randomContrast(factor, options),
  randomCrop: ({ height, width, ...options }) => layers.randomCrop(height, width, options),
  randomFlip: ({ mode, ...options }) => layers.randomFlip(mode, options),
  randomRotation: ({ factor, ...options }) => layers.randomRotation(factor, options),
  randomTranslation: ({ heightFactor, widthFactor, ...options }) =>
    layers.randomTranslation(heightFactor, widthFactor, options),
  randomZoom: ({ heightFactor, ...options }) => layers.randomZoom(heightFactor, options),
  reluLayer: layers.reluLayer,
  repeatVector: ({ n, ...options }) => layers.repeatVector(n, options),
  reshape: ({ targetShape, ...options }) => layers.reshape(targetShape, options),
  rescaling: ({ scale, ...options }) => layers.rescaling(scale, options),
  resizing: ({ height, width, ...options }) => layers.resizing(height, width, options),
  rmsNormalization: layers.rmsNormalization,
  rnn: ({ cell, ...options }) => layers.rnn(cell, options),
  separableConv1d: ({ filters, kernelSize, ...options }) => layers.separableConv1d(filters, kernelSize, options),
  separableConv2d: ({ filters, kernelSize, ...options }) => layers.separableConv2d(filters, kernelSize, options),
  simpleRnn: ({ units, ...options }) => layers.simpleRnn(units, options),
  simpleRnnCell: ({ units, ...options }) => layers.simpleRnnCell(units, options),
  softmaxLayer: layers.softmaxLayer,
  spatialDropout1d: ({ rate, ...options }) => layers.spatialDropout1d(rate, options),
  spatialDropout2d: ({ rate, ...options }) => layers.spatialDropout2d(rate, options),
  spatialDropout3d: ({ rate, ...options }) => layers.spatialDropout3d(rate, options),
  spectralNormalization: ({ layer, ...options }) => layers.spectralNormalization(layer, options),
  subtractLayer: layers.subtractLayer,
  timeDistributed: ({ layer, ...options }) => layers.timeDistributed(layer, options),
  unitNormalization: layers.unitNormalization,
  upSampling1d: ({ size, ...options }) => layers.upSampling1d(size, options),
  upSampling2d: ({ size, ...options }) => layers.upSampling2d(size, options),
  upSampling3d: ({ size, ...options }) => layers.upSampling3d(size, options),
  zeroPadding1d: ({ padding, ...options }) => layers.zeroPadding1d(padding, options),
  zeroPadding2d: ({ padding, ...options }) => layers.zeroPadding2d(padding, options),
  zeroPadding3d: ({ padding, ...options }) => layers.zeroPadding3d(padding, options),
};

/** The factories of initializers, penalties and constraints, by kind. */
export const made: Readonly<Record<string, (options: Options) => unknown>> = {
  ...initializers,
  stft,
  l1: (options: { l1: number }) => l1(options.l1),
  l2: (options: { l2: number }) => l2(options.l2),
  l1l2,
  orthogonalPenalty: (options: OrthogonalPenaltyOptions) => orthogonalPenalty(options),
  maxNorm: ({ maxValue, ...options }: NormOptions & { maxValue: number }) => maxNorm(maxValue, options),
  unitNorm,
  nonNeg,
  minMaxNorm: (options: MinMaxNormOptions) => minMaxNorm(options),
};

/**
 * Makes a layer from its kind and what `getConfig` gave, fresh weights included. Imports every layer, so bundles that
 * call it contain all of them. @param own factories of custom layers, by kind.
 * @throws ValueError on an unknown kind, with the nearest, or on a function that could not be saved.
 */
export function layerFromConfig(
  kind: string,
  config: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, LayerFactory>> = {},
): Layer {
  const make = lookUp("layerFromConfig", "layer", { ...layerFactories, ...own }, kind);
  const options = Object.fromEntries(Object.entries(config).map(([key, value]) => [key, revive(key, value, own)]));
  return kind === "network" ? networkFromConfig(config as never, own) : make(options);
}

/** Turns `{ kind, … }` into the function that it describes and `{ kind, config }` into the layer, also within lists. */
function revive(key: string, value: unknown, own: Readonly<Record<string, LayerFactory>>): unknown {
  if (Array.isArray(value)) return value.map((item) => revive(key, item, own));
  const isDescribed = typeof value === "object" && value !== null && "kind" in value;
  if (!isDescribed) return value;
  if ("config" in value) return layerFromConfig(value.kind as string, value.config as Record<string, unknown>, own);
  const { kind, ...options } = value as { kind: string };
  return lookUp("layerFromConfig", key, made, kind)(options);
}

/** What {@link Network.getConfig} gives. */
export interface NetworkConfig {
  /** None where nothing has named the network. */
  name?: string;
  trainable: boolean;
  inputs: { name: string; shape: BatchShape; dtype: DType }[];
  layers: { kind: string; config: Record<string, unknown> }[];
  /** [use, output]; use −1 is an input. */
  uses: { layer: number; inputs: [number, number][]; single: boolean }[];
  outputs: [number, number][];
}

/**
 * The inputs and outputs of the graph that a network's `getConfig` describes, made of new layers.
 */
export function graphFromConfig(
  { inputs, layers, uses, outputs }: NetworkConfig,
  own: Readonly<Record<string, LayerFactory>> = {},
): { inputs: SymbolicTensor[]; outputs: SymbolicTensor[] } {
  const made = layers.map(({ kind, config }) => layerFromConfig(kind, config, own));
  const starts = inputs.map(({ name, shape, dtype }) => new SymbolicTensor(shape, dtype, undefined, name));
  const results: SymbolicTensor[][] = [];
  const find = ([use, output]: [number, number]): SymbolicTensor => {
    const found = use === -1 ? starts[output] : results[use]?.[output];
    if (found) return found;
    throw valueError("graphFromConfig", {
      rule: "a use refers to what came before it",
      expected: `an output of uses before ${results.length}`,
      received: [use, output],
    });
  };
  for (const { layer, inputs: sources, single } of uses) {
    const given = sources.map(find);
    results.push((made[layer] as Layer).applyAll(single ? (given[0] as SymbolicTensor) : given));
  }
  return { inputs: starts, outputs: outputs.map(find) };
}

/** A network from what its `getConfig` gave, with fresh weights. */
export function networkFromConfig(config: NetworkConfig, own: Readonly<Record<string, LayerFactory>> = {}): Network {
  const { inputs, outputs } = graphFromConfig(config, own);
  return new Network(inputs, outputs, {
    ...(config.name !== undefined && { name: config.name }),
    trainable: config.trainable,
  });
}
