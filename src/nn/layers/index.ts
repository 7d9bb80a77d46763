export { activation, eluLayer, leakyReluLayer, Prelu, type PreluOptions, prelu, reluLayer, softmaxLayer } from "./activation.ts";
export type { AffineOptions } from "./affine.ts";
export { BatchNormalization, type BatchNormalizationOptions, batchNormalization } from "./batch-normalization.ts";
export { Conv1d, Conv2d, Conv3d, type ConvLayerOptions, conv1d, conv2d, conv3d } from "./conv.ts";
export {
  Conv1dTranspose,
  Conv2dTranspose,
  Conv3dTranspose,
  type ConvTransposeLayerOptions,
  conv1dTranspose,
  conv2dTranspose,
  conv3dTranspose,
} from "./conv-transpose.ts";
export { Dense, type DenseOptions, dense } from "./dense.ts";
export { DepthwiseConv, type DepthwiseConvLayerOptions, depthwiseConv1D, depthwiseConv2D } from "./depthwise-conv.ts";
export { type DropoutOptions, dropout, spatialDropout1d, spatialDropout2d, spatialDropout3d } from "./dropout.ts";
export { Embedding, type EmbeddingOptions, embedding } from "./embedding.ts";
export { masking } from "./masking.ts";
export { addLayer, concatenate } from "./merge.ts";
export { type ActivityRegularizationOptions, activityRegularization, alphaDropout, gaussianDropout, gaussianNoise, type NoiseOptions } from "./noise.ts";
export {
  GroupNormalization,
  type GroupNormalizationOptions,
  groupNormalization,
  LayerNormalization,
  type LayerNormalizationOptions,
  layerNormalization,
  RmsNormalization,
  type RmsNormalizationOptions,
  rmsNormalization,
  unitNormalization,
} from "./normalization.ts";
export { cropping1D, cropping2D, cropping3D, zeroPadding1D, zeroPadding2D, zeroPadding3D } from "./padding.ts";
export {
  adaptiveAveragePooling1D,
  adaptiveAveragePooling2D,
  adaptiveAveragePooling3D,
  adaptiveMaxPooling1D,
  adaptiveMaxPooling2D,
  adaptiveMaxPooling3D,
  averagePooling1D,
  averagePooling2D,
  averagePooling3D,
  type GlobalPoolingOptions,
  globalAveragePooling1D,
  globalAveragePooling2D,
  globalAveragePooling3D,
  globalMaxPooling1D,
  globalMaxPooling2D,
  globalMaxPooling3D,
  maxPooling1D,
  maxPooling2D,
  maxPooling3D,
  type PoolingOptions,
} from "./pooling.ts";
export { SeparableConv1d, SeparableConv2d, type SeparableConvOptions, separableConv1d, separableConv2d } from "./separable-conv.ts";
export { flatten, inputLayer, lambda, permute, repeatVector, reshape } from "./shape.ts";
export type { Margin } from "./spatial.ts";
export { type UpSampling2DOptions, upSampling1D, upSampling2D, upSampling3D } from "./up-sampling.ts";
