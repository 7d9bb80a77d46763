// The public layers (`aretejs/layers`).
export {
  activation,
  eluLayer,
  leakyReluLayer,
  Prelu,
  type PreluOptions,
  prelu,
  reluLayer,
  softmaxLayer,
} from "./activation.ts";
export type { AffineOptions } from "./affine.ts";
export {
  AdditiveAttention,
  type AdditiveAttentionOptions,
  Attention,
  type AttentionOptions,
  additiveAttention,
  attention,
} from "./attention.ts";
export type { AttentionBaseOptions } from "./attention-core.ts";
export { BatchNormalization, type BatchNormalizationOptions, batchNormalization } from "./batch-normalization.ts";
export { Bidirectional, type BidirectionalOptions, bidirectional } from "./bidirectional.ts";
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
export { DepthwiseConv, type DepthwiseConvLayerOptions, depthwiseConv1d, depthwiseConv2d } from "./depthwise-conv.ts";
export { type DropoutOptions, dropout, spatialDropout1d, spatialDropout2d, spatialDropout3d } from "./dropout.ts";
export { Embedding, type EmbeddingOptions, embedding } from "./embedding.ts";
export { Gru, GruCell, type GruCellOptions, type GruOptions, gru, gruCell } from "./gru.ts";
export type { GatedCellOptions, RecurrentCellOptions } from "./kernel-cell.ts";
export { Lstm, LstmCell, type LstmCellOptions, type LstmOptions, lstm, lstmCell } from "./lstm.ts";
export { masking } from "./masking.ts";
export {
  addLayer,
  averageLayer,
  concatenate,
  type DotLayerOptions,
  dotLayer,
  maximumLayer,
  minimumLayer,
  multiplyLayer,
  subtractLayer,
} from "./merge.ts";
export {
  GroupQueryAttention,
  groupQueryAttention,
  type HeadAttentionOptions,
  MultiHeadAttention,
  type MultiHeadAttentionOptions,
  multiHeadAttention,
} from "./multi-head-attention.ts";
export {
  type ActivityRegularizationOptions,
  activityRegularization,
  alphaDropout,
  gaussianDropout,
  gaussianNoise,
  type NoiseOptions,
} from "./noise.ts";
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
export { cropping1d, cropping2d, cropping3d, zeroPadding1d, zeroPadding2d, zeroPadding3d } from "./padding.ts";
export {
  adaptiveAveragePooling1d,
  adaptiveAveragePooling2d,
  adaptiveAveragePooling3d,
  adaptiveMaxPooling1d,
  adaptiveMaxPooling2d,
  adaptiveMaxPooling3d,
  averagePooling1d,
  averagePooling2d,
  averagePooling3d,
  type GlobalPoolingOptions,
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalAveragePooling3d,
  globalMaxPooling1d,
  globalMaxPooling2d,
  globalMaxPooling3d,
  maxPooling1d,
  maxPooling2d,
  maxPooling3d,
  type PoolingOptions,
} from "./pooling.ts";
export {
  type CategoryEncodingOptions,
  categoryEncoding,
  Discretization,
  type DiscretizationOptions,
  discretization,
  type EncodingMode,
} from "./preprocessing/category-encoding.ts";
export {
  type AdaptData,
  Normalization,
  type NormalizationOptions,
  normalization,
} from "./preprocessing/normalization.ts";
export {
  type RandomZoomOptions,
  randomBrightness,
  randomContrast,
  randomCrop,
  randomFlip,
  randomRotation,
  randomTranslation,
  randomZoom,
} from "./preprocessing/random-images.ts";
export type { Factor, RandomColorOptions, RandomTransformOptions } from "./preprocessing/random-layer.ts";
export { type RescalingOptions, rescaling } from "./preprocessing/rescaling.ts";
export { centerCrop, type ResizingOptions, resizing } from "./preprocessing/resizing.ts";
export { Cell, type Step } from "./recurrent-cell.ts";
export { Recurrent, Rnn, type RnnOptions, rnn, type SequenceOptions } from "./rnn.ts";
export {
  SeparableConv1d,
  SeparableConv2d,
  type SeparableConvOptions,
  separableConv1d,
  separableConv2d,
} from "./separable-conv.ts";
export { flatten, inputLayer, lambda, permute, repeatVector, reshape } from "./shape.ts";
export { SimpleRnn, SimpleRnnCell, type SimpleRnnOptions, simpleRnn, simpleRnnCell } from "./simple-rnn.ts";
export type { Margin } from "./spatial.ts";
export {
  SpectralNormalization,
  type SpectralNormalizationOptions,
  spectralNormalization,
} from "./spectral-normalization.ts";
export { TimeDistributed, timeDistributed } from "./time-distributed.ts";
export { type UpSampling2dOptions, upSampling1d, upSampling2d, upSampling3d } from "./up-sampling.ts";
