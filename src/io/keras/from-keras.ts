// Keras's configurations as layers, initializers, penalties and constraints.
import { isPlainRecord } from "../../data/tree.ts";
import { activations } from "../../nn/activation-names.ts";
import type { Layer } from "../../nn/layer.ts";
import { made, usualFactories } from "../../nn/usual-factories.ts";
import { unsupported } from "../file-error.ts";
import type { CustomObjects } from "./keras-object.ts";
import { configOf, isPart, type KerasPart, layerOf, partOf, type Reading, restOf } from "./keras-part.ts";
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
  const custom = customOf(name, reading.custom);
  const kind = kindOf(name, factories);
  if (custom === undefined) {
    if (Array.isArray(config.layers)) return networkFromKeras(part, reading, layerFromKeras);
    // What Keras does with these is nothing.
    if (name === "Identity") return layerOf("activation", { activation: "linear", ...nameIn(config) }, reading);
    if (kind === undefined || kind === "lambda") throw restOf(reading).unknownLayer(name, kind);
    if (kind === "bidirectional") return restOf(reading).bidirectional(part, reading);
  }
  const options = { ...optionsFromKeras(kind ?? name, config, reading), ...extra };
  return custom === undefined
    ? layerOf(kind as string, options, reading)
    : restOf(reading).ownLayer(name, custom, options);
}

const nameIn = ({ name }: Readonly<Record<string, unknown>>) => (typeof name === "string" ? { name } : {});

/** What a user gave for a name, under Keras's name or in our style. */
export function customOf(name: string, custom: CustomObjects): unknown {
  const kind = `${name[0]?.toLowerCase()}${name.slice(1)}`;
  return [name, kind].map((key) => (Object.hasOwn(custom, key) ? custom[key] : undefined)).find((x) => x !== undefined);
}

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
    if (key === "dtype") noteDtype(kind, value, reading);
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
  if (kind === undefined || custom !== undefined) return restOf(reading).makeOwn(name, custom, options);
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
