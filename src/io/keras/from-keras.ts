// Keras's configurations as layers, initializers, penalties and constraints.
import { isPlainRecord } from "../../data/tree.ts";
import { activations } from "../../nn/activation-names.ts";
import { Layer } from "../../nn/layer.ts";
import { made, usualFactories } from "../../nn/usual-factories.ts";
import type { Model } from "../../train/model.ts";
import { fileError, unsupported } from "../file-error.ts";
import type { CustomObjects } from "./keras-object.ts";
import { configOf, isPart, type KerasPart, layerOf, partOf, type Reading } from "./keras-part.ts";
import { isOwnText, kindOf, toCamel, valueFromKeras } from "./names.ts";
import { networkFromKeras } from "./network-from-keras.ts";

/** Options that change nothing here, with the one value that they may have; undefined: any. */
const without: Readonly<Record<string, unknown>> = {
  data_format: "channels_last",
  sparse: false,
  ragged: false,
  unroll: undefined,
  use_cudnn: undefined,
  implementation: undefined,
  synchronized: undefined,
  time_major: false,
  pad_to_aspect_ratio: false,
  rms_scaling: false,
  batch_input_shape: undefined,
  batch_shape: undefined,
  batch_size: undefined,
  input_length: undefined,
  input_dtype: undefined,
  autocast: undefined,
  module: undefined,
  registered_name: undefined,
};

/** Options that only some classes have, and that change nothing here. */
const withoutIn: Readonly<Record<string, readonly string[]>> = {
  resizing: ["fill_mode", "fill_value"],
  additiveAttention: ["score_mode"],
  stringLookup: ["encoding"],
  integerLookup: ["vocabulary_dtype"],
  textVectorization: ["encoding"],
  // Of Keras 2, where these are kinds of Conv.
  depthwiseConv1d: ["kernel_initializer", "filters", "groups"],
  depthwiseConv2d: ["kernel_initializer", "filters", "groups"],
  separableConv1d: ["kernel_initializer", "groups"],
  separableConv2d: ["kernel_initializer", "groups"],
};

/** Options in which null is a choice rather than the default. */
const nulls: Readonly<Record<string, readonly string[]>> = {
  bidirectional: ["merge_mode"],
  muon: ["rms_rate"],
  normalization: ["axis"],
  textVectorization: ["standardize", "split"],
  stft: ["window", "scaling"],
};

/** A lookup from indices to tokens gives strings, which no layer of a model can take. */
function refuseInverse({ invert, ...options }: Record<string, unknown>): Record<string, unknown> {
  if (invert !== true) return options;
  throw unsupported("loadModel", "an inverse lookup", "Use lookup.invert(indices) on what the model gives.");
}

/** Keras gives the penalty of attention with heads to its projections. */
function refusePenalty(options: Record<string, unknown>): Record<string, unknown> {
  if (options.activityRegularizer === undefined) return options;
  throw unsupported("loadModel", "an activity_regularizer of projections");
}

/** Changes of a kind's options that no rule gives, after the rules. */
const changes: Readonly<Record<string, (options: Record<string, unknown>) => Record<string, unknown>>> = {
  multiHeadAttention: refusePenalty,
  groupQueryAttention: refusePenalty,
  stringLookup: refuseInverse,
  integerLookup: refuseInverse,
  randomUniform: ({ minval, maxval, ...options }) => ({ ...options, minValue: minval, maxValue: maxval }),
};

/** A model; its weights have no values yet. @throws FileError where the configuration does not make sense. */
export async function modelFromKeras(part: KerasPart, reading: Reading): Promise<Model> {
  const graph = has(part, (value) => "input_layers" in value) ? await import("./graph-from-keras.ts") : undefined;
  const rest = has(part, isRare) ? await import("../../nn/rest-factories.ts") : undefined;
  const factories = { ...usualFactories, ...rest?.restFactories, ...reading.factories };
  return networkFromKeras(part, { ...reading, factories, graphFromKeras: graph?.graphFromKeras }, layerFromKeras);
}

/** Whether `holds` for a configuration or anything in it. */
const has = (value: unknown, holds: (value: object) => boolean): boolean =>
  typeof value === "object" &&
  value !== null &&
  (holds(value) || Object.values(value).some((item) => has(item, holds)));

/** Whether a list of layers has some that the usual factories do not make. */
const isRare = (value: object): boolean =>
  "layers" in value &&
  Array.isArray(value.layers) &&
  value.layers
    .map(Object)
    .some(
      ({ class_name: name, config }) =>
        name !== "InputLayer" && !config?.layers && kindOf(String(name), usualFactories) === undefined,
    );

/** A model, a layer of ours, or one of the user's. @param extra options that Keras has among the arguments of calls. */
export function layerFromKeras(
  part: KerasPart,
  reading: Reading,
  extra: Readonly<Record<string, unknown>> = {},
): Layer {
  const { class_name: name } = part;
  const custom = customOf(name, reading.custom);
  if (custom === undefined) {
    if (Array.isArray(part.config.layers)) return networkFromKeras(part, reading, layerFromKeras);
    // What Keras does with these is nothing.
    if (name === "Identity") return layerOf("activation", { activation: "linear", ...nameIn(part.config) }, reading);
    if (name === "Bidirectional") return bidirectional(part, reading);
  }
  const { factories = usualFactories } = reading;
  const kind = kindOf(name, factories);
  if (custom === undefined && (kind === undefined || kind === "lambda"))
    throw unsupported(
      "loadModel",
      `Keras's layer ${name}`,
      kind
        ? "It is code, which is never run from a file: write a layer and name it in customObjects."
        : `Write such a layer, and name it: { customObjects: { ${name}: (options) => … } }.`,
    );
  const options = { ...optionsFromKeras(kind ?? name, part.config, reading), ...extra };
  if (custom !== undefined) return customLayer(name, custom, options);
  return layerOf(kind as string, options, reading);
}

const nameIn = ({ name }: Readonly<Record<string, unknown>>) => (typeof name === "string" ? { name } : {});

/** The names of both directions follow from the layer's. */
function bidirectional({ config }: KerasPart, reading: Reading): Layer {
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

/** What a user gave for a name, under Keras's name or in our style. */
export function customOf(name: string, custom: CustomObjects): unknown {
  const kind = `${name[0]?.toLowerCase()}${name.slice(1)}`;
  return [name, kind].map((key) => (Object.hasOwn(custom, key) ? custom[key] : undefined)).find((x) => x !== undefined);
}

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
function customLayer(name: string, custom: unknown, options: object): Layer {
  const layer = makeOwn(name, custom, options);
  if (layer instanceof Layer) return layer;
  throw fileError("loadModel", {
    rule: `customObjects.${name} makes a layer`,
    expected: "a class of layer, or a function of options that gives one",
    received: layer,
  });
}

/** Options under our names; null counts as not given. */
export function optionsFromKeras(
  kind: string,
  config: Readonly<Record<string, unknown>>,
  reading: Reading,
): Record<string, unknown> {
  const entries = Object.entries(configOf(kind, config)).flatMap(([key, value]): [string, unknown][] => {
    if (key === "dtype") noteDtype(kind, value, reading);
    if ((value === null && !nulls[kind]?.includes(key)) || key === "dtype" || withoutIn[kind]?.includes(key)) return [];
    if (Object.hasOwn(without, key)) {
      if (without[key] === undefined || without[key] === value) return [];
      throw unsupported("loadModel", `${key} ${JSON.stringify(value)} of ${config.name ?? kind}`);
    }
    return [[toCamel(key), valueFrom(key, value, reading)]];
  });
  const options = Object.fromEntries(entries);
  return changes[kind]?.(options) ?? options;
}

function valueFrom(key: string, value: unknown, reading: Reading): unknown {
  const family = /_(initializer|regularizer|constraint)$/.exec(key)?.[1];
  const isActivation = key.endsWith("activation");
  if (typeof value === "string") {
    if (isOwnText(key)) return value;
    const table = isActivation ? activations : family === undefined ? undefined : made;
    if (!table) return valueFromKeras(value);
    const custom = customOf(value, reading.custom);
    const kind = kindOf(value, table);
    if (custom !== undefined || kind === undefined) return named(key, value, custom);
    return isActivation ? kind : (made[kind] as (options: object) => unknown)({});
  }
  // Keras 2 has the axes of some layers in a list of one.
  if (Array.isArray(value)) {
    const list = value.map((item) => valueFrom(key, item, reading));
    return key === "axis" && list.length === 1 ? list[0] : list;
  }
  if (!isPlainRecord(value)) return value;
  if (!isPart(value)) return optionsFromKeras(key, value, reading);
  return family || isActivation || /^(standardize|split)$/.test(key)
    ? functionFrom(key, value, reading)
    : partFrom(key, value, reading);
}

/** An initializer, a penalty, a constraint, an activation. */
function functionFrom(key: string, part: KerasPart, reading: Reading): unknown {
  const { class_name: name, config } = part;
  if (name === "function") {
    const given = String(config);
    const isKnown = key.endsWith("activation") && kindOf(given, activations);
    return isKnown || named(key, given, customOf(given, reading.custom));
  }
  const custom = customOf(name, reading.custom);
  const kind = kindOf(name, made);
  if (custom === undefined && kind === undefined)
    throw unsupported("loadModel", `Keras's ${name} as ${key}`, nameIt(name));
  const options = optionsFromKeras(kind ?? name, config, reading);
  // Keras before 2.2.3 calls the truncated distribution so.
  if (kind === "varianceScaling" && options.distribution === "normal") options.distribution = "truncatedNormal";
  if (kind === undefined || custom !== undefined) return makeOwn(name, custom, options);
  return (made[kind] as (options: object) => unknown)(options);
}

/** A function of the user's. @throws FileError where there is none of that name. */
export function named(what: string, name: string, custom: unknown): unknown {
  if (custom !== undefined) return custom;
  throw unsupported("loadModel", `${what} "${name}"`, nameIt(name));
}

const nameIt = (name: string) => `If it is a function of your own, name it: { customObjects: { ${name} } }.`;

/** A layer within another, cells, or a value that JSON cannot say. */
function partFrom(key: string, part: KerasPart, reading: Reading): unknown {
  const { class_name: name, config } = part;
  if (name === "StackedRNNCells")
    return (config.cells as unknown[]).map((cell) => layerFromKeras(partOf("a cell", cell), reading));
  if (name === "SeedGenerator") return config.seed;
  if (name === "__tuple__" || name === "__list__") return valueFrom(key, Object(part).items ?? config, reading);
  if (name === "__numpy__" || name === "__tensor__") return config.value;
  return layerFromKeras(partOf(key, part), reading);
}

/** Numbers are float32 here. */
function noteDtype(kind: string, value: unknown, { note }: Reading): void {
  const policy = isPart(value) ? (Object(value.config).name ?? value.class_name) : value;
  if (typeof policy !== "string" || /^(float32|u?int|bool)/.test(policy)) {
    if (typeof policy === "string" && policy.includes("_from_"))
      throw unsupported("loadModel", `the quantized dtype ${policy} of ${kind}`);
    return;
  }
  note(`layers of dtype ${policy} are computed in float32`);
}
