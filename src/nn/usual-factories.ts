// Factories of the layers that most saved models have, and of the parts of layers.
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
import type { Layer } from "./layer.ts";
import * as layers from "./layers/index.ts";

// biome-ignore lint/suspicious/noExplicitAny: options that come from saved data; the factories check them
type Options = any;

/** Makes a layer from the options that `getConfig` gave. */
export type LayerFactory = (options: Options) => Layer;

/** Factories of layers by kind, taking everything in one object; those of all others are in rest-factories.ts. */
export const usualFactories: Readonly<Record<string, LayerFactory>> = {
  activation: ({ activation, ...options }) => layers.activation(activation, options),
  addLayer: layers.addLayer,
  averagePooling2d: ({ poolSize, ...options }) => layers.averagePooling2d(poolSize, options),
  batchNormalization: layers.batchNormalization,
  concatenate: layers.concatenate,
  conv2d: ({ filters, kernelSize, ...options }) => layers.conv2d(filters, kernelSize, options),
  dense: ({ units, ...options }) => layers.dense(units, options),
  depthwiseConv2d: ({ kernelSize, ...options }) => layers.depthwiseConv2d(kernelSize, options),
  dropout: ({ rate, ...options }) => layers.dropout(rate, options),
  embedding: ({ inputDim, outputDim, ...options }) => layers.embedding(inputDim, outputDim, options),
  flatten: layers.flatten,
  globalAveragePooling2d: layers.globalAveragePooling2d,
  globalMaxPooling2d: layers.globalMaxPooling2d,
  layerNormalization: layers.layerNormalization,
  maxPooling2d: ({ poolSize, ...options }) => layers.maxPooling2d(poolSize, options),
  multiplyLayer: layers.multiplyLayer,
  reluLayer: layers.reluLayer,
  reshape: ({ targetShape, ...options }) => layers.reshape(targetShape, options),
  rescaling: ({ scale, ...options }) => layers.rescaling(scale, options),
  softmaxLayer: layers.softmaxLayer,
  zeroPadding2d: ({ padding, ...options }) => layers.zeroPadding2d(padding, options),
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
