/** The names of Keras: which have another name here, or none, and what to use then. */
import * as augmentation from "../../src/augmentation-entry.ts";
import * as data from "../../src/data-entry.ts";
import * as aretejs from "../../src/index.ts";
import * as tensorboard from "../../src/io/tensorboard/index.ts";
import { each, type Family } from "./tables.ts";

/** Types, which no value of the package stands for. */
const types = { Callback: "a type" };

export const keras: Readonly<Record<string, Family>> = {
  layers: {
    title: "Layers",
    where: [
      [aretejs, ""],
      [data, "", "aretejs/data"],
      [augmentation, "", "aretejs/augmentation"],
    ],
    ours: {
      Add: "addLayer",
      Average: "averageLayer",
      Dot: "dotLayer",
      ELU: "eluLayer",
      GlobalMaxPool1D: "globalMaxPooling1d",
      GlobalMaxPool2D: "globalMaxPooling2d",
      GlobalMaxPool3D: "globalMaxPooling3d",
      Layer: "Layer",
      LeakyReLU: "leakyReluLayer",
      MaxPool1D: "maxPooling1d",
      MaxPool2D: "maxPooling2d",
      MaxPool3D: "maxPooling3d",
      Maximum: "maximumLayer",
      Minimum: "minimumLayer",
      Multiply: "multiplyLayer",
      PReLU: "prelu",
      ReLU: "reluLayer",
      SimpleRNN: "simpleRnn",
      SimpleRNNCell: "simpleRnnCell",
      Softmax: "softmaxLayer",
      Subtract: "subtractLayer",
    },
    instead: {
      ...each(
        "AugMix Equalization ContrastLimitedAdaptiveHistogramEqualization RandAugment RandomElasticTransform RandomPerspective",
        "the other augmentations, in the model or `aretejs/augmentation`; or `dataset.map`",
      ),
      ...each(
        "ConvLSTM1D ConvLSTM2D ConvLSTM3D",
        "`timeDistributed(conv2d(…))` under an `lstm`, or a cell of your own in `rnn`",
      ),
      ...each(
        "FlaxLayer JaxLayer TFSMLayer TorchModuleWrapper",
        "layers of other frameworks do not run here; ONNX goes out only",
      ),
      HashedCrossing: "`hashing` of the joined strings",
      ...each("MelSpectrogram STFTSpectrogram", "compute spectrograms before the model"),
      EinsumDense: "a layer of your own with `ops.einsum`",
      Identity: "`lambda((x) => x)`",
      InputSpec: "`build(shape)` of a layer checks its input",
      MaxNumBoundingBoxes: "boxes are not supported",
      Pipeline: "`sequential` of preprocessing layers",
      ReversibleEmbedding: "`embedding`, and `ops.matmul` with its `embeddings`",
      StackedRNNCells: "`rnn([cell, cell])`",
      Wrapper: "a `Layer` that holds another: see [Your own pieces](custom.md)",
    },
  },
  optimizers: {
    title: "Optimizers",
    where: [[aretejs, ""]],
    ours: { Optimizer: "Optimizer", RMSprop: "rmsprop" },
    instead: {
      LossScaleOptimizer: "arithmetic is float32: no scaling is needed",
      ...each("MultiOptimizer OptimizerMap", "`trainStep` with an optimizer for each group of variables"),
    },
  },
  "optimizers.schedules": {
    title: "Schedules",
    where: [[aretejs, ""]],
    instead: { LearningRateSchedule: "any function of the step" },
  },
  losses: {
    title: "Losses",
    where: [[aretejs.losses, "losses."]],
    instead: { Loss: "any function of labels and predictions" },
  },
  metrics: {
    title: "Metrics",
    where: [
      [aretejs.metrics, "metrics."],
      [aretejs, ""],
    ],
    ours: {
      BinaryIoU: "binaryIou",
      IoU: "iou",
      MeanIoU: "meanIou",
      OneHotIoU: "oneHotIou",
      OneHotMeanIoU: "oneHotMeanIou",
      Accuracy: "exactAccuracy",
      MeanMetricWrapper: "metric",
      Metric: "MetricBase",
    },
    instead: {
      ...each(
        "BinaryCrossentropy CategoricalCrossentropy CategoricalHinge Hinge KLDivergence LogCoshError MeanAbsoluteError " +
          "MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson SparseCategoricalCrossentropy SquaredHinge",
        "the loss of that name, in `metrics`: `metrics: [losses.hinge()]`",
      ),
      ...each("Mean Sum", "`metric(name, f)`: a mean over samples; a class on `MetricBase` for other sums"),
    },
  },
  callbacks: {
    title: "Callbacks",
    where: [
      [aretejs, ""],
      [types, ""],
      [tensorboard, "", "aretejs/tensorboard"],
    ],
    ours: {
      Callback: "Callback",
      History: "History",
      ReduceLROnPlateau: "reduceLrOnPlateau",
      SwapEMAWeights: "swapEmaWeights",
    },
    instead: {
      BackupAndRestore: "`modelCheckpoint` and `resume` of `aretejs/io`",
      CallbackList: "a list in `callbacks`",
      OrbaxCheckpoint: "`modelCheckpoint` of `aretejs/io`",
      ProgbarLogger: "`verbose: 1` of `fit`",
      RemoteMonitor: "a callback of your own that calls `fetch`",
    },
  },
  initializers: {
    title: "Initializers",
    where: [[aretejs.initializers, "initializers."]],
    instead: { Initializer: "any function of shape and random key" },
  },
  regularizers: {
    title: "Regularizers",
    where: [[aretejs, ""]],
    ours: { L1L2: "l1l2", OrthogonalRegularizer: "orthogonalPenalty" },
    instead: { Regularizer: "any function of the weights" },
  },
  constraints: { title: "Constraints", where: [[aretejs, ""]], instead: { Constraint: "any function of the weights" } },
  activations: {
    title: "Activations",
    where: [[aretejs.activations, "activations."]],
    ours: { hard_swish: "hardSilu", swish: "silu" },
  },
  ops: {
    title: "Ops",
    where: [
      [aretejs.ops, "ops."],
      [aretejs.activations, "activations."],
      [aretejs, ""],
    ],
    ours: {
      absolute: "abs",
      amax: "max",
      amin: "min",
      append: "concat",
      arccos: "acos",
      arcsin: "asin",
      arctan: "atan",
      arctan2: "atan2",
      arctanh: "atanh",
      array: "tensor",
      concatenate: "concat",
      convert_to_tensor: "tensor",
      cond: "where",
      divide: "div",
      dot_product_attention: "attention",
      fabs: "abs",
      fmax: "maximum",
      fmin: "minimum",
      full: "fill",
      isfinite: "isFinite",
      isnan: "isNaN",
      logsumexp: "logSumExp",
      multiply: "mul",
      negative: "neg",
      power: "pow",
      select: "where",
      segment_sum: "scatterAdd",
      subtract: "sub",
      swapaxes: "swapAxes",
      take: "gather",
      true_divide: "div",
      var: "variance",
      custom_gradient: "withGradient",
    },
    instead: {
      ...each(
        "bitwise_and bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor gcd lcm",
        "plain JavaScript, before the model",
      ),
      ...each(
        "cholesky cholesky_inverse det eig eigh inv lstsq logdet lu_factor matrix_rank pinv qr slogdet solve solve_triangular svd",
        "no decompositions of matrices; a library of linear algebra, outside of the model",
      ),
      ...each("fft fft2 ifft2 irfft rfft stft istft", "compute spectra before the model"),
      ...each("bartlett blackman hamming hanning kaiser geomspace logspace vander", "a typed array of your own"),
      ...each("ctc_decode ctc_loss", "nothing yet"),
      ...each("jvp", "`gradients` go backward only"),
      ...each("polar angle view_as_complex view_as_real", "no complex numbers"),
      ...each(
        "cbrt deg2rad divide_no_nan erfc exp2 heaviside hypot isinf isneginf isposinf ldexp log10 log2 logaddexp logaddexp2 " +
          "ptp rad2deg signbit sinc diff trapezoid cross cdist corrcoef correlate psnr",
        "a formula of `ops`",
      ),
      ...each("diag diagflat diagonal trace kron", "`ops.mul` with `ops.eye`; `ops.einsum`"),
      ...each("depth_to_space space_to_depth", "`ops.reshape` and `ops.transpose`"),
      ...each("allclose isclose", "`compareClose` of `aretejs/testing`"),
      ...each("extract_sequences fold unfold", "`ops.slice` and `ops.concat`"),
      ...each("in_top_k isin unravel_index nextafter saturate_cast i0", "a formula of `ops`, or plain JavaScript"),
      ...each("arccosh arcsinh", "`ops.log` and `ops.sqrt` of its formula"),
      ...each("separable_conv", "the layer of that name; its `apply` works within `jit` and `trainStep`"),
      ...each(
        "binary_crossentropy categorical_crossentropy sparse_categorical_crossentropy",
        "`losses.NAME().call(yTrue, yPred)`",
      ),
      ...each(
        "nanargmax nanargmin nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile nanstd nansum nanvar nan_to_num",
        "the op without nan after `ops.where(ops.isNaN(x), 0, x)`",
      ),
      ...each("ones_like zeros_like full_like empty empty_like", "`ops.fill`, `ops.zeros`, `ops.ones` with the shape"),
      ...each("hsplit vsplit dsplit array_split", "`ops.split` with an axis"),
      ...each("hstack vstack dstack", "`ops.concat` with an axis"),
      ...each(
        "ndim shape size dtype is_tensor real imag conj conjugate isreal copy view get_item",
        "`x.shape`, `x.dtype`; tensors are real and never change; `ops.slice`",
      ),
      ...each("convert_to_numpy", "`await x.array()`, `await x.data()`"),
      ...each(
        "fori_loop while_loop scan associative_scan map vectorized_map vectorize switch",
        "a loop of JavaScript while recording; `rnn` over time",
      ),
      ...each(
        "moveaxis ravel rearrange fliplr flipud rot90 tensordot inner vdot identity tri",
        "`ops.transpose`, `ops.reshape`, `ops.flip`, `ops.einsum`, `ops.eye`",
      ),
      ...each("fmod floor_divide trunc left_shift right_shift", "`ops.floor(ops.div(a, b))`"),
      ...each(
        "median percentile quantile nonzero unique argpartition searchsorted digitize histogram bincount count_nonzero",
        "`ops.sort` and what follows from it, or plain JavaScript",
      ),
      ...each("moments average normalize", "`ops.mean`, `ops.variance`"),
      ...each(
        "scatter scatter_update slice_update segment_max segment_min segment_prod",
        "`ops.scatterAdd`, `ops.where`",
      ),
      ...each("multi_hot", "`categoryEncoding`"),
    },
  },
};
