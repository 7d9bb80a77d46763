// Keras's configurations as layers, initializers, penalties and constraints.
import { isPlainRecord } from "../../data/tree.ts";
import { activations } from "../../nn/activation-names.ts";
import type { Layer } from "../../nn/layer.ts";
import { made, usualFactories } from "../../nn/usual-factories.ts";
import { unsupported } from "../file-error.ts";
import { restOf } from "../with-rest.ts";
import { configOf, dtypeName, isPart, type KerasPart, layerOf, type Named, named, type Reading } from "./keras-part.ts";
import { isOwnText, kindOf, toCamel, valueFromKeras } from "./names.ts";
import { networkFromKeras } from "./network-from-keras.ts";

/** Options that change nothing here, with the one value that they may have; undefined: any. */
const fixed: Readonly<Record<string, unknown>> = {
  data_format: "channels_last",
  sparse: false,
  ragged: false,
  synchronized: undefined,
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

/** What Keras 2 has as options of DepthwiseConv2D, which is a kind of Conv there. */
const ofConv = ["kernel_initializer", "filters", "groups"];

/** A model, a layer of ours, or one of the user's. @param extra options that Keras has among the arguments of calls. */
export function layerFromKeras(
  part: KerasPart,
  reading: Reading,
  extra: Readonly<Record<string, unknown>> = {},
): Layer {
  const { class_name: name, config } = part;
  const { factories = usualFactories } = reading;
  const custom = customOf(name, reading);
  const kind = kindOf(name, factories);
  if (custom === undefined) {
    if (Array.isArray(config.layers)) return networkFromKeras(part, reading, layerFromKeras);
    // What Keras does with these is nothing.
    if (name === "Identity") return layerOf("activation", { activation: "linear", name: config.name }, reading);
    if (!kind || kind === "lambda") throw restOf(reading).unknownLayer(name, kind);
    if (kind === "bidirectional") return restOf(reading).bidirectional(part, reading);
  }
  const options = { ...optionsFromKeras(kind ?? name, config, reading), ...extra };
  return custom === undefined
    ? layerOf(kind as string, options, reading)
    : restOf(reading).ownLayer(name, custom, options);
}

/** What a user gave for a name; undefined where that is nothing. */
export const customOf = (name: string, { rest, custom }: Reading): unknown => rest?.customOf(name, custom);

/** The kinds that have options in from-keras-rest.ts and are made without it. */
export const rareKinds = /^(muon|stft|randomUniform|(string|integer)Lookup|textVectorization)$/;

/** Options under our names; null counts as not given. */
export function optionsFromKeras(
  kind: string,
  config: Readonly<Record<string, unknown>>,
  reading: Reading,
): Record<string, unknown> {
  const { rest } = reading;
  if (rareKinds.test(kind)) restOf(reading);
  const known = { ...fixed, ...rest?.fixed };
  const isLeftOut = (key: string, value: unknown) =>
    key === "dtype" ||
    (value === null && !rest?.nulls[kind]?.includes(key)) ||
    (kind === "depthwiseConv2d" ? ofConv : rest?.without[kind])?.includes(key);
  const entries = Object.entries(configOf(kind, config)).flatMap(([key, value]): [string, unknown][] => {
    if (key === "dtype" && !isPlainDtype(value)) restOf(reading).noteDtype(kind, value, reading);
    if (isLeftOut(key, value)) return [];
    if (Object.hasOwn(known, key)) {
      if (known[key] === undefined || known[key] === value) return [];
      throw unsupported("loadModel", `${key} ${JSON.stringify(value)} of ${config.name ?? kind}`);
    }
    return [[toCamel(key), valueFrom(key, value, reading)]];
  });
  const options = Object.fromEntries(entries);
  return rest?.changes[kind]?.(options) ?? options;
}

/** Whether a dtype, or a policy of dtypes, is one of those that are used here. */
function isPlainDtype(value: unknown): boolean {
  const name = dtypeName(value);
  return typeof name !== "string" || /^(float32|u?int\d*|bool)$/.test(name);
}

/** A value of an option, by Keras's name of it. */
export function valueFrom(key: string, value: unknown, reading: Reading): unknown {
  const isFunction = /(_(initializer|regularizer|constraint)|activation)$/.test(key);
  if (typeof value === "string")
    return isFunction ? functionFrom(key, { name: value }, reading) : isOwnText(key) ? value : valueFromKeras(value);
  // Keras 2 has the axes of some layers in a list of one.
  if (Array.isArray(value)) {
    const list = value.map((item) => valueFrom(key, item, reading));
    return key === "axis" && list.length === 1 ? list[0] : list;
  }
  if (!isPlainRecord(value)) return value;
  // A key of a file, such as "constructor", is no kind.
  if (!isPart(value)) return optionsFromKeras(`the ${key}`, value, reading);
  if (!isFunction && !/^(standardize|split)$/.test(key)) return restOf(reading).partFrom(key, value, reading);
  return functionFrom(key, named(value), reading);
}

/** An initializer, a penalty, a constraint, an activation. */
function functionFrom(key: string, { name, config }: Named, reading: Reading): unknown {
  const isActivation = key.endsWith("activation") && !config;
  const custom = customOf(name, reading);
  const kind = kindOf(name, isActivation ? activations : made);
  if (custom !== undefined || !kind) return restOf(reading).ownFunction(key, name, custom, config, reading);
  if (isActivation) return kind;
  const options = config ? optionsFromKeras(kind, config, reading) : {};
  // Keras before 2.2.3 calls the truncated distribution so.
  if (kind === "varianceScaling" && options.distribution === "normal") options.distribution = "truncatedNormal";
  return (made[kind] as (options: object) => unknown)(options);
}
