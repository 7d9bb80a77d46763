// What only some of Keras's configurations need: layers that few models have, options that follow no rule, schedules,
// metrics with options, and classes of users.
import { Layer } from "../../nn/layer.ts";
import {
  cosineDecay,
  cosineDecayRestarts,
  exponentialDecay,
  inverseTimeDecay,
  piecewiseConstantDecay,
  polynomialDecay,
} from "../../optim/schedules.ts";
import { type FileError, fileError, unsupported } from "../file-error.ts";
import { layerFromKeras, optionsFromKeras } from "./from-keras.ts";
import { isPart, type KerasPart, layerOf, partOf, type Reading } from "./keras-part.ts";
import { kindOf } from "./names.ts";

export { restFactories } from "../../nn/rest-factories.ts";

type Options = Readonly<Record<string, unknown>>;

/** Options that change nothing here, with the one value that they may have; undefined: any. */
export const fixed: Options = {
  unroll: undefined,
  use_cudnn: undefined,
  implementation: undefined,
  time_major: false,
  pad_to_aspect_ratio: false,
};

/** Options that only some classes have, and that change nothing here. */
export const without: Readonly<Record<string, readonly string[]>> = {
  resizing: ["fill_mode", "fill_value"],
  additiveAttention: ["score_mode"],
  stringLookup: ["encoding"],
  integerLookup: ["vocabulary_dtype"],
  textVectorization: ["encoding"],
  // Of Keras 2, where these are kinds of Conv.
  depthwiseConv1d: ["kernel_initializer", "filters", "groups"],
  separableConv1d: ["kernel_initializer", "groups"],
  separableConv2d: ["kernel_initializer", "groups"],
};

/** Options in which null is a choice rather than the default. */
export const nulls: Readonly<Record<string, readonly string[]>> = {
  bidirectional: ["merge_mode"],
  muon: ["rms_rate"],
  normalization: ["axis"],
  textVectorization: ["standardize", "split"],
  stft: ["window", "scaling"],
};

/** A lookup from indices to tokens gives strings, which no layer of a model can take. */
function refuseInverse({ invert, ...options }: Options): Options {
  if (invert !== true) return options;
  throw unsupported("loadModel", "an inverse lookup", "Use lookup.invert(indices) on what the model gives.");
}

/** Keras gives the penalty of attention with heads to its projections. */
function refusePenalty(options: Options): Options {
  if (options.activityRegularizer === undefined) return options;
  throw unsupported("loadModel", "an activity_regularizer of projections");
}

/** Changes of a kind's options that no rule gives, after the rules. */
export const changes: Readonly<Record<string, (options: Options) => Options>> = {
  multiHeadAttention: refusePenalty,
  groupQueryAttention: refusePenalty,
  stringLookup: refuseInverse,
  integerLookup: refuseInverse,
  randomUniform: ({ minval, maxval, ...options }) => ({ ...options, minValue: minval, maxValue: maxval }),
};

/** The error for a layer that there is not, or that is code. */
export const unknownLayer = (name: string, kind: string | undefined): FileError =>
  unsupported(
    "loadModel",
    `Keras's layer ${name}`,
    kind
      ? "It is code, which is never run from a file: write a layer and name it in customObjects."
      : `Write such a layer, and name it: { customObjects: { ${name}: (options) => … } }.`,
  );

/** The names of both directions follow from the layer's. */
export function bidirectional({ config }: KerasPart, reading: Reading): Layer {
  const { layer, backward_layer, ...rest } = config;
  const strip = (value: unknown) => {
    const part = partOf("the layer of Bidirectional", value);
    const name = String(part.config.name ?? "").replace(/^(forward|backward)_/, "");
    return layerFromKeras({ ...part, config: { ...part.config, name } }, reading);
  };
  return layerOf(
    "bidirectional",
    {
      ...optionsFromKeras("bidirectional", rest, reading),
      layer: strip(layer),
      ...(isPart(backward_layer) && { backwardLayer: strip(backward_layer) }),
    },
    reading,
  );
}

// ── What users named

/** What a class or a function of the user's makes of options. @throws FileError where it is neither. */
export function makeOwn(name: string, custom: unknown, options: object): unknown {
  if (typeof custom !== "function")
    throw fileError("loadModel", {
      rule: `customObjects.${name} is made of options`,
      expected: "a class, or a function of options",
      received: custom,
    });
  // Of functions, only classes have a prototype that cannot be replaced.
  const isClass = Object.getOwnPropertyDescriptor(custom, "prototype")?.writable === false;
  return isClass ? new (custom as new (options: object) => unknown)(options) : custom(options);
}

/** A layer of the user's: a class that takes options, or a function of options. */
export function ownLayer(name: string, custom: unknown, options: object): Layer {
  const layer = makeOwn(name, custom, options);
  if (layer instanceof Layer) return layer;
  throw fileError("loadModel", {
    rule: `customObjects.${name} makes a layer`,
    expected: "a class of layer, or a function of options that gives one",
    received: layer,
  });
}

// ── Of compile settings

type Factory = (...args: unknown[]) => unknown;

/** The factory of a metric that has options; undefined where there is none of that name: then it is a loss's mean. */
export async function metricFactory(name: string): Promise<{ kind: string; make: Factory } | undefined> {
  const factories: Readonly<Record<string, unknown>> = {
    ...(await import("../../nn/metrics.ts")),
    ...(await import("../../nn/metrics/on-demand.ts")),
  };
  const kind = kindOf(name, factories);
  return kind === undefined
    ? undefined
    : { kind, make: (options) => callFactory(factories[kind] as Factory, kind, options as Options) };
}

/** `sensitivityAtSpecificity` takes the specificity before its options. */
function callFactory(make: Factory, kind: string, options: Options): unknown {
  const first = /[a-z]At([A-Z]\w*)$/.exec(kind)?.[1]?.toLowerCase();
  const rest = Object.fromEntries(Object.entries(options).filter(([key]) => key !== first));
  return first === undefined ? make(rest) : make(options[first], rest);
}

/** The schedules of Keras. */
const schedules = {
  cosineDecay,
  cosineDecayRestarts,
  exponentialDecay,
  inverseTimeDecay,
  piecewiseConstantDecay,
  polynomialDecay,
};

/** A schedule of Keras's. @throws FileError where there is none of that name. */
export function scheduleFrom(name: string, config: Options | undefined, reading: Reading): unknown {
  const kind = kindOf(name, schedules);
  if (kind === undefined || !config)
    throw unsupported(
      "loadModel",
      `Keras's schedule ${name}`,
      `Name one of your own, { customObjects: { ${name} } }, or load with { compile: false }.`,
    );
  const { name: _, ...rest } = config;
  const make = schedules[kind as keyof typeof schedules] as (options: object) => unknown;
  return make(optionsFromKeras(kind, rest, reading));
}
