// The layers that both sides have, with random options that fit an input.
import { activationNames, affine, extents, kernel, margins, type Options, penalty, weight } from "./options.ts";
import type { Tape } from "./tape.ts";

type Shape = readonly number[];

/** A kind of layer: its options for an input, or nothing where it does not fit. */
type Kind = (t: Tape, shape: Shape) => Options | undefined;

const sizes = [2, 1, 3, 5, 7];
const small = [2, 1, 3];

/** For inputs of this rank, without the batch. */
const ofRank =
  (rank: number, make: (t: Tape, shape: Shape) => Options): Kind =>
  (t, shape) =>
    shape.length === rank ? make(t, shape) : undefined;

/** A number that divides another. */
const divisor = (t: Tape, of: number): number => t.pick([1, 2, 3, 5, 7].filter((d) => of % d === 0));

const padding = (t: Tape) => t.pick(["valid", "same"]);

const steps = (t: Tape, axes: number): Options =>
  t.some(2, {
    [t.once(2) ? "strides" : "dilationRate"]: () => extents(t, axes, [2, 1, 3]),
    padding: () => "same",
  });

const conv = (axes: number): Kind =>
  ofRank(axes + 1, (t, shape) => {
    const groups = t.once(4) ? divisor(t, shape.at(-1) as number) : 1;
    return {
      filters: groups * t.pick(small),
      kernelSize: extents(t, axes, axes > 2 ? [1, 2, 3] : [2, 1, 3, 5]),
      ...(groups > 1 && { groups }),
      ...steps(t, axes),
      ...(axes === 1 && t.once(4) && { padding: "causal" }),
      ...kernel(t, axes + 2),
    };
  });

const convTranspose = (axes: number): Kind =>
  ofRank(axes + 1, (t) => ({
    filters: t.pick(small),
    kernelSize: extents(t, axes, axes > 2 ? [1, 2, 3] : [2, 1, 3, 5]),
    ...steps(t, axes),
    ...t.some(5, { outputPadding: () => extents(t, axes, [0, 1]) }),
    ...kernel(t, axes + 2),
  }));

const depthwise = (axes: number): Kind =>
  ofRank(axes + 1, (t) => ({
    kernelSize: extents(t, axes, [2, 1, 3, 5]),
    ...t.some(2, { depthMultiplier: () => t.pick(small) }),
    ...steps(t, axes),
    ...kernel(t, axes + 2, "depthwise"),
  }));

const separable = (axes: number): Kind =>
  ofRank(axes + 1, (t) => ({
    filters: t.pick(small),
    kernelSize: extents(t, axes, [2, 1, 3, 5]),
    ...t.some(2, { depthMultiplier: () => t.pick(small) }),
    ...steps(t, axes),
    ...kernel(t, axes + 2, "depthwise"),
    ...weight(t, "pointwise", axes + 2),
  }));

const pooling = (axes: number): Kind =>
  ofRank(axes + 1, (t) => ({
    poolSize: extents(t, axes, [2, 1, 3]),
    ...t.some(2, { strides: () => extents(t, axes, [1, 2, 3]), padding: () => padding(t) }),
  }));

const globalPooling = (axes: number): Kind => ofRank(axes + 1, (t) => t.some(2, { keepDims: () => t.once(2) }));

const adaptive = (axes: number): Kind => ofRank(axes + 1, (t) => ({ outputSize: extents(t, axes, [2, 1, 3, 4]) }));

const noise =
  (name: string): Kind =>
  (t) => ({ [name]: t.once(3) ? t.pick([0.2, 0.7]) : 0 });

/** Axes of an input, counted from the batch (axis 0). */
const axis = (t: Tape, shape: Shape): number => {
  const at = 1 + t.below(shape.length);
  return t.once(2) ? at : at - shape.length - 1;
};

/** Several axes that follow each other, or one. */
const someAxes = (t: Tape, shape: Shape): number | number[] => {
  if (shape.length < 2 || !t.once(2)) return axis(t, shape);
  const start = 1 + t.below(shape.length - 1);
  return Array.from({ length: shape.length - start + 1 }, (_, at) => start + at);
};

const cellOptions = (t: Tape, kind: string): Options => ({
  units: t.pick(small),
  ...t.some(5, {
    activation: () => t.pick(activationNames.filter((name) => !/xp|ftmax|sparsemax/.test(name))),
    recurrentActivation: kind === "simpleRnn" ? undefined : () => t.pick(["hardSigmoid", "tanh", "relu"]),
    useBias: () => false,
    unitForgetBias: kind === "lstm" ? () => false : undefined,
    resetAfter: kind === "gru" ? () => false : undefined,
  }),
  ...weight(t, "kernel", 2),
  ...weight(t, "recurrent", 2),
  ...weight(t, "bias", 1),
});

const sequenceOptions = (t: Tape): Options =>
  t.some(3, {
    returnSequences: () => true,
    goBackwards: () => true,
    returnState: () => true,
    zeroOutputForMask: () => true,
    unroll: () => t.once(2),
  });

const recurrent = (kind: string): Kind => ofRank(2, (t) => ({ ...cellOptions(t, kind), ...sequenceOptions(t) }));

const cells = ["simpleRnn", "gru", "lstm"];

/** Options and kind of a layer within another one. */
const described = (kind: string, config: Options) => ({ kind, config });

const attentionOptions = (t: Tape): Options =>
  t.some(3, { useCausalMask: () => true, returnAttentionScores: () => true });

const heads = (t: Tape): Options => ({
  ...attentionOptions(t),
  ...t.some(4, { useBias: () => false, useGate: () => true }),
  ...weight(t, "kernel", 3),
  // The bias of the output has one axis, those of heads have two.
  ...weight(t, "bias", 1),
});

const dims = (name: string, make: (axes: number) => Kind, most = 3): Record<string, Kind> =>
  Object.fromEntries(Array.from({ length: most }, (_, at) => [name.replace("?", `${at + 1}d`), make(at + 1)] as const));

/** Layers of one input. */
export const kinds: Readonly<Record<string, Kind>> = {
  dense: (t) => ({ units: t.pick(sizes), ...kernel(t, 2) }),
  activation: (t) => ({ activation: t.pick(activationNames) }),
  reluLayer: (t) =>
    t.some(2, { maxValue: () => t.pick([0.5, 1]), negativeSlope: () => t.pick([0.1, 1]), threshold: () => 0.2 }),
  leakyReluLayer: (t) => t.some(2, { negativeSlope: () => 0.4 }),
  eluLayer: (t) => t.some(2, { alpha: () => 0.6 }),
  prelu: (t, shape) => ({
    ...t.some(2, { sharedAxes: () => (t.once(2) ? 1 : shape.slice(1).map((_, at) => at + 1)) }),
    ...weight(t, "alpha", shape.length),
  }),
  softmaxLayer: (t, shape) => t.some(2, { axis: () => someAxes(t, shape) }),
  activityRegularization: (t) => t.some(2, { l1: () => 0.1, l2: () => 0.2 }),
  dropout: noise("rate"),
  gaussianDropout: noise("rate"),
  alphaDropout: noise("rate"),
  gaussianNoise: noise("stddev"),
  spatialDropout1d: ofRank(2, noise("rate") as (t: Tape) => Options),
  spatialDropout2d: ofRank(3, noise("rate") as (t: Tape) => Options),
  spatialDropout3d: ofRank(4, noise("rate") as (t: Tape) => Options),
  batchNormalization: (t, shape) => ({
    ...t.some(3, { axis: () => axis(t, shape), momentum: () => 0.7, trainable: () => false, renorm: () => true }),
    ...affine(t),
  }),
  layerNormalization: (t, shape) => {
    const options = t.some(2, { axis: () => someAxes(t, shape) });
    return { ...options, ...affine(t, [options.axis ?? 0].flat().length) };
  },
  groupNormalization: (t, shape) => {
    const at = t.once(2) ? axis(t, shape) : -1;
    const features = [0, ...shape].at(at) as number;
    return { ...(at !== -1 && { axis: at }), groups: t.once(3) ? -1 : divisor(t, features), ...affine(t) };
  },
  rmsNormalization: (t) => ({
    // Keras 3.15.1 fails with one axis that is not the last.
    ...t.some(2, { axis: () => -1, epsilon: () => 0.01 }),
  }),
  unitNormalization: (t, shape) => t.some(2, { axis: () => someAxes(t, shape) }),
  flatten: () => ({}),
  reshape: (t, shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const first = divisor(t, size);
    return { targetShape: t.pick([[first, size / first], [-1, first], [size], [1, first, -1], [-1]]) };
  },
  permute: (t, shape) => ({
    dims: shape.reduce<number[]>((order, _, at) => {
      order.splice(t.below(order.length + 1), 0, at + 1);
      return order;
    }, []),
  }),
  repeatVector: ofRank(1, (t) => ({ n: t.pick([2, 1, 3]) })),
  ...dims("conv?", conv),
  ...dims("conv?Transpose", convTranspose),
  ...dims("depthwiseConv?", depthwise, 2),
  ...dims("separableConv?", separable, 2),
  ...dims("maxPooling?", pooling),
  ...dims("averagePooling?", pooling),
  ...dims("globalMaxPooling?", globalPooling),
  ...dims("globalAveragePooling?", globalPooling),
  ...dims("adaptiveMaxPooling?", adaptive),
  ...dims("adaptiveAveragePooling?", adaptive),
  ...dims("zeroPadding?", (axes) => ofRank(axes + 1, (t) => ({ padding: margins(t, axes, [1, 0, 2]) }))),
  ...dims("cropping?", (axes) => ofRank(axes + 1, (t) => ({ cropping: margins(t, axes, [1, 0, 2]) }))),
  ...dims("upSampling?", (axes) =>
    ofRank(axes + 1, (t) => ({
      size: extents(t, axes, [2, 1, 3]),
      ...(axes === 2 && t.some(2, { interpolation: () => t.pick(["bilinear", "nearest", "bicubic", "lanczos3"]) })),
    })),
  ),
  resizing: ofRank(3, (t) => ({
    height: t.pick(sizes),
    width: t.pick(sizes),
    ...t.some(2, {
      interpolation: () => t.pick(["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"]),
      antialias: () => true,
      cropToAspectRatio: () => t.once(2),
      padToAspectRatio: () => t.once(2),
    }),
  })),
  centerCrop: ofRank(3, (t) => ({ height: t.pick(sizes), width: t.pick(sizes) })),
  rescaling: (t) => ({ scale: t.pick([0.5, -2]), ...t.some(2, { offset: () => 0.3 }) }),
  normalization: (t, shape) => {
    const features = shape.at(-1) as number;
    const list = (from: number) => Array.from({ length: features }, (_, at) => from + at / 4);
    return {
      ...(t.once(2) ? { mean: 0.4, variance: 2 } : { mean: list(-0.2), variance: list(0.5) }),
      ...t.some(3, { invert: () => true }),
    };
  },
  discretization: (t) => ({
    binBoundaries: [-0.5, 0.1, 0.8],
    ...t.some(2, { outputMode: () => t.pick(["oneHot", "multiHot", "count"]) }),
  }),
  masking: ofRank(2, (t) => t.some(2, { maskValue: () => 0.5 })),
  simpleRnn: recurrent("simpleRnn"),
  gru: recurrent("gru"),
  lstm: recurrent("lstm"),
  rnn: ofRank(2, (t) => ({
    cell: Array.from({ length: 1 + t.below(2) }, () => {
      const kind = t.pick(cells);
      return described(`${kind}Cell`, cellOptions(t, kind));
    }),
    ...sequenceOptions(t),
  })),
  bidirectional: ofRank(2, (t) => {
    const kind = t.pick(cells);
    const sequence = sequenceOptions(t);
    const { goBackwards = false, ...both } = sequence;
    const inner = described(kind, { ...cellOptions(t, kind), ...sequence });
    const other = t.pick(cells);
    const back = () => ({ ...cellOptions(t, other), ...both, goBackwards: !goBackwards, units: inner.config.units });
    return {
      layer: inner,
      ...t.some(2, { mergeMode: () => t.pick(["sum", "mul", "ave", null]) }),
      ...(t.once(4) && { backwardLayer: described(other, back()) }),
    };
  }),
  timeDistributed: (t, shape) => {
    if (shape.length < 2) return undefined;
    // Keras leaves out penalties on outputs within this layer.
    const isLeftOut = (name: string) => /timeDistributed|ropout|Noise|network|activityRegularization/.test(name);
    const kind = t.pick(Object.keys(kinds).filter((name) => !isLeftOut(name)));
    const options = kinds[kind]?.(t, shape.slice(1));
    return options && { layer: described(kind, options) };
  },
};

/** Layers of inputs of one shape: how many, and what shapes besides. */
export const merges: Readonly<Record<string, (t: Tape, shape: Shape) => Options | undefined>> = {
  addLayer: () => ({}),
  subtractLayer: () => ({}),
  multiplyLayer: () => ({}),
  averageLayer: () => ({}),
  maximumLayer: () => ({}),
  minimumLayer: () => ({}),
  concatenate: (t, shape) => t.some(2, { axis: () => axis(t, shape) }),
  dotLayer: (t, shape) => ({ axes: axis(t, shape), ...t.some(2, { normalize: () => true }) }),
  attention: ofRank(2, (t) => ({
    ...attentionOptions(t),
    ...t.some(3, { useScale: () => true, scoreMode: () => "concat" }),
  })),
  additiveAttention: ofRank(2, (t) => ({ ...attentionOptions(t), ...t.some(3, { useScale: () => false }) })),
  multiHeadAttention: (t, shape) =>
    shape.length < 2
      ? undefined
      : {
          numHeads: t.pick(small),
          keyDim: t.pick(small),
          ...heads(t),
          ...t.some(3, {
            valueDim: () => t.pick(small),
            outputShape: () => (t.once(2) ? t.pick(small) : [2, 3]),
            attentionAxes: shape.length > 2 ? () => t.pick<unknown>([1, 2, [1, 2]]) : undefined,
          }),
        },
  groupQueryAttention: ofRank(2, (t) => {
    const numKeyValueHeads = t.pick([1, 2]);
    return {
      headDim: t.pick(small),
      numQueryHeads: numKeyValueHeads * t.pick([1, 2, 3]),
      numKeyValueHeads,
      ...heads(t),
    };
  }),
};

/** How many inputs a merge takes. */
export const countsOf = (kind: string): readonly number[] =>
  /subtract|dot/.test(kind) ? [2] : /ttention/.test(kind) ? [2, 3, 1] : [2, 3];

/** Layers on whose output Keras takes no penalty (docs/decisions/0031-keras-files.md). */
const withoutPenalty = /^(spatialDropout|discretization|simpleRnn|multiHead|groupQuery|rnn|timeDistributed)/;

/** A penalty on the output, and whether it is trained: what every layer has. */
export const common = (t: Tape, kind: string): Options =>
  t.some(16, {
    activityRegularizer: withoutPenalty.test(kind) ? undefined : () => penalty(t),
    // Keras trains attention with heads again once it is loaded.
    trainable: /Query|multiHead/.test(kind) ? undefined : () => false,
  });

const named = (pattern: RegExp) => [...Object.keys(kinds), ...Object.keys(merges)].filter((name) => pattern.test(name));

/** Families of layers, by name. */
export const families: Readonly<Record<string, readonly string[]>> = {
  convolutions: named(/conv/i),
  recurrent: named(/^(simpleRnn|gru|lstm|rnn|bidirectional|masking|timeDistributed)$/),
  attention: named(/ttention|^masking$/),
  pooling: named(/pooling|padding|cropping|upSampling|resizing|centerCrop/i),
  normalization: named(/ormalization$|softmaxLayer|prelu/),
};
