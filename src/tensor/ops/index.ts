// The public ops, exported as `ops` and `aretejs/ops`: what users call. A file whose exports are all public is exported
// whole, so that an op made of ops is one function in such a file; internals of others are imported from their files.

export type { ResizeMethod } from "../interpolation.ts";
export * from "./adaptive-pooling.ts";
export * from "./arranging.ts";
export { type ConvOptions, type ConvTransposeOptions, conv, convTranspose } from "./conv.ts";
export { type CumsumOptions, cumprod, cumsum } from "./cumsum.ts";
export { type DepthwiseConvOptions, depthwiseConv } from "./depthwise.ts";
export {
  abs,
  add,
  cast,
  ceil,
  clip,
  cos,
  div,
  equal,
  erf,
  erfinv,
  exp,
  expm1,
  floor,
  greater,
  greaterEqual,
  isFinite,
  isNaN,
  less,
  lessEqual,
  log,
  log1p,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  maximum,
  minimum,
  mod,
  mul,
  neg,
  notEqual,
  pow,
  reciprocal,
  round,
  rsqrt,
  sigmoid,
  sign,
  sin,
  sqrt,
  square,
  squaredDifference,
  sub,
  tanh,
  where,
} from "./elementwise.ts";
export { gather, type OneHotOptions, oneHot, range, scatterAdd, takeAlongAxis } from "./indexing.ts";
export { concat, slice, stack } from "./joining.ts";
export { type Operand, placeholder, scalar, type TensorOptions, tensor } from "./leaf.ts";
export { type MatmulOptions, matmul } from "./matmul.ts";
export * from "./padding.ts";
export { averagePool, maxPool, type PoolOptions } from "./pooling.ts";
export * from "./products.ts";
export {
  type NormalOptions,
  type RandomOptions,
  randomBernoulli,
  randomKey,
  randomNormal,
  randomTruncatedNormal,
  randomUniform,
} from "./random.ts";
export * from "./ranges.ts";
export {
  type Axes,
  all,
  any,
  argmax,
  argmin,
  logSumExp,
  max,
  mean,
  min,
  norm,
  prod,
  std,
  sum,
  variance,
} from "./reduction.ts";
export { type ResizeOptions, repeatPixels, resize } from "./resizing.ts";
export { type AffineTransformOptions, affineTransform, type FillMode, flipImages, gatherPixels } from "./sampling.ts";
export {
  broadcastTo,
  expandDims,
  fill,
  ones,
  reshape,
  squeeze,
  swapAxes,
  transpose,
  zeros,
} from "./shaping.ts";
export { logSoftmax, softmax } from "./softmax.ts";
export * from "./sorting.ts";
export * from "./trigonometry.ts";
export type { Padding } from "./window.ts";
export { stopGradient, withGradient } from "./with-gradient.ts";
