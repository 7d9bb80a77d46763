// What only some of Keras's configurations need: layers that few models have, options that follow no rule, schedules,
// metrics with options, and classes of users.
import { isPlainRecord } from "../../data/tree.ts";
import { Layer } from "../../nn/layer.ts";
import { lossNames } from "../../nn/losses/names.ts";
import { SymbolicTensor } from "../../nn/symbolic.ts";
import { made } from "../../nn/usual-factories.ts";
import {
  cosineDecay,
  cosineDecayRestarts,
  exponentialDecay,
  inverseTimeDecay,
  piecewiseConstantDecay,
  polynomialDecay,
} from "../../optim/schedules.ts";
import { damaged, type FileError, fileError, unsupported } from "../file-error.ts";
import { layerFromKeras, optionsFromKeras, valueFrom } from "./from-keras.ts";
import type { CustomObjects } from "./keras-object.ts";
import { dtypeName, isPart, type KerasPart, layerOf, named, partOf, type Reading } from "./keras-part.ts";
import { groupName, kindOf } from "./names.ts";
import { shapeOf } from "./network-from-keras.ts";

export { restFactories } from "../../nn/rest-factories.ts";

type Options = Readonly<Record<string, unknown>>;

/** Options that change nothing here, with the one value that they may have; undefined: any. */
export const fixed: Options = {
  unroll: undefined,
  use_cudnn: undefined,
  implementation: undefined,
  time_major: false,
};

/** Options that only some classes have, and that change nothing here. */
export const without: Readonly<Record<string, readonly string[]>> = {
  resizing: ["fill_mode"],
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
  muon: ({ muonA, muonB, muonC, excludeLayers, ...options }) => ({
    ...options,
    ...(muonA !== undefined && { nsCoefficients: [muonA, muonB, muonC] }),
    ...(Array.isArray(excludeLayers) && excludeLayers.length > 0 && { excludeLayers }),
  }),
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

/** A layer within another, cells, or a value that JSON cannot say. */
export function partFrom(key: string, part: KerasPart, reading: Reading): unknown {
  const { class_name: name } = part;
  if (name === "__tuple__" || name === "__list__") return valueFrom(key, Object(part).items ?? part.config, reading);
  const { config } = partOf(key, part);
  if (name === "SeedGenerator") return config.seed;
  if (name === "__numpy__" || name === "__tensor__") return config.value;
  if (name !== "StackedRNNCells") return layerFromKeras(part, reading);
  if (Array.isArray(config.cells)) return config.cells.map((cell) => layerFromKeras(partOf("a cell", cell), reading));
  throw damaged("loadModel", "StackedRNNCells must have cells", "a list", config.cells);
}

/** Notes a dtype: numbers are float32 here. @throws FileError on a quantized one. */
export function noteDtype(kind: string, value: unknown, { note }: Reading): void {
  const policy = String(dtypeName(value));
  if (policy.includes("_from_")) throw unsupported("loadModel", `the quantized dtype ${policy} of ${kind}`);
  note(`layers of dtype ${policy} are computed in float32`);
}

/** The input of a model that has no input layer: where it was built, or as Keras 2 has it. */
export function inputFrom({ config, build_config }: KerasPart, first: KerasPart | undefined) {
  const built = isPlainRecord(build_config) ? build_config.input_shape : undefined;
  const shape = first?.config.batch_input_shape ?? config.build_input_shape ?? built;
  const isIndex = first?.class_name === "Embedding";
  return Array.isArray(shape) ? new SymbolicTensor(shapeOf(shape), isIndex ? "int32" : "float32") : undefined;
}

// ── What users named

/** What a user gave for a name, under Keras's name or in our style. */
export function customOf(name: string, custom: CustomObjects): unknown {
  const kind = `${name[0]?.toLowerCase()}${name.slice(1)}`;
  return [name, kind].map((key) => (Object.hasOwn(custom, key) ? custom[key] : undefined)).find((x) => x !== undefined);
}

/** The error for what there is not. */
const unknown = (what: string, name: string): FileError =>
  unsupported("loadModel", what, `If it is a function of your own, name it: { customObjects: { ${name} } }.`);

/** A function of the user's, or one that is made of options. @throws FileError where there is none. */
export function ownFunction(
  key: string,
  name: string,
  custom: unknown,
  config: Options | undefined,
  reading: Reading,
): unknown {
  if (custom === undefined) throw unknown(config ? `Keras's ${name} as ${key}` : `${key} "${name}"`, name);
  return config ? makeOwn(name, custom, optionsFromKeras(kindOf(name, made) ?? name, config, reading)) : custom;
}

/** What a class or a function of the user's makes of options. @throws FileError where it is neither. */
function makeOwn(name: string, custom: unknown, options: object): unknown {
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

/**
 * A loss, metric, optimizer or schedule of the user's: what it is, or what a class or a factory makes of options.
 * @param what it is, for messages. @throws FileError where there is none.
 */
export function ownSetting(
  what: string,
  name: string,
  custom: unknown,
  config: Options | undefined,
  reading: Reading,
): unknown {
  if (custom === undefined) throw unknown(`${what} "${name}"`, name);
  return config && typeof custom === "function" ? makeOwn(name, custom, optionsFromKeras("", config, reading)) : custom;
}

// ── Of compile settings

/** Options of a loss or metric, without the name that Keras gives by itself. */
export function optionsOf(kind: string, className: string, config: Options, reading: Reading): Options {
  const { name, ...options } = optionsFromKeras(kind, config, reading);
  const usual = groupName(className);
  const isUsual =
    name === undefined || name === usual || /^(huber_loss|logcosh|fbeta_score|auc|binary_io_u)$/.test(String(name));
  return isUsual ? options : { ...options, name };
}

type Factory = (...args: unknown[]) => unknown;

type Read = (given: unknown, reading: Reading) => Promise<unknown>;

/** A metric with options, or the mean of a loss. */
export async function metricOf(
  part: KerasPart,
  reading: Reading,
  { lossFrom, metricFrom }: { readonly lossFrom: Read; readonly metricFrom: Read },
): Promise<unknown> {
  const { class_name: name, config, module } = part;
  if (name === "MeanMetricWrapper") {
    const { fn, dtype: _, ...options } = config;
    const of = isPart(fn) ? named(fn).name : String(fn);
    const isLoss = customOf(of, reading.custom) === undefined && kindOf(of, lossNames.known) !== undefined;
    return isLoss ? lossFrom({ class_name: of, config: options }, reading) : metricFrom(fn, reading);
  }
  if (module === "keras.losses") return lossFrom(part, reading);
  const factories: Readonly<Record<string, unknown>> = {
    ...(await import("../../nn/metrics.ts")),
    ...(await import("../../nn/metrics/on-demand.ts")),
  };
  const kind = kindOf(name, factories);
  if (kind === undefined) return lossFrom({ class_name: name, config }, reading);
  const make = factories[kind] as Factory;
  const options = optionsOf(kind, name, config, reading);
  // `sensitivityAtSpecificity` takes the specificity before its options.
  const first = /[a-z]At([A-Z]\w*)$/.exec(kind)?.[1]?.toLowerCase();
  if (first === undefined) return make(options);
  return make(options[first], Object.fromEntries(Object.entries(options).filter(([key]) => key !== first)));
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

/** A schedule of Keras's or of the user's. @throws FileError where there is none of that name. */
export function scheduleFrom(name: string, config: Options | undefined, reading: Reading): unknown {
  const custom = customOf(name, reading.custom);
  if (custom !== undefined) return ownSetting("the schedule", name, custom, config, reading);
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
