// Options of layers, initializers and the like as Keras's configurations.
import { activations } from "../../nn/activation-names.ts";
import type { NetworkConfig } from "../../nn/registry.ts";
import { isConfigured } from "../../regularize/config.ts";
import { restOf } from "../with-rest.ts";
import { type Description, type KerasObject, nameToKeras, type Writing } from "./keras-object.ts";
import { callOptions, className, isOwnText, toSnake, valueToKeras } from "./names.ts";
import { isSequential } from "./sequence.ts";

/** Where things of an option live in Keras, by how the option's name ends. */
function moduleOf(option: string): string | undefined {
  const [family] = /(initializer|regularizer|constraint)$/i.exec(option) ?? [];
  if (family) return `keras.${family.toLowerCase()}s`;
  return option.endsWith("learningRate") ? "keras.optimizers.schedules" : undefined;
}

/** The kinds that to-keras-rest.ts converts or refuses are among these, those of usual models are not. */
export const restKinds =
  /Regular|[rR]nn|Cell|(Head|Query)A|.Dropout|Lookup|^(randomU|bid|time|disc|hash|muon|lambda|oneC|pow|upS|warm|inS)/;

/** Options that are written where they are not given. */
const needed: Readonly<Record<string, object>> = {
  // Keras reads these though it has defaults for them.
  rescaling: { offset: 0 },
  constant: { value: 0 },
  // Its class L1L2 has other defaults than its documentation, and than the name here.
  l1: { l1: 0.01 },
  l2: { l2: 0.01 },
  l1l2: { l1: 0.01, l2: 0.01 },
};

/** A description as Keras's object. @throws ValueError on what Keras does not have. */
export function toKeras({ kind, config }: Description, module: string, writing: Writing): KerasObject {
  const { custom } = writing;
  const options = restKinds.test(kind) ? restOf(writing).optionsOf(kind, config, custom) : config;
  const name = className(kind);
  const isOwn = name === kind || Object.hasOwn(custom, kind) || Object.hasOwn(custom, name);
  return {
    module,
    class_name: name,
    config: optionsToKeras(kind, { ...needed[kind], ...options }, writing),
    // By this name Keras looks in custom_objects.
    registered_name: isOwn ? name : null,
  };
}

/** A layer as Keras's object, with what every layer has. Keras trains layers within a frozen one unless they say no. */
export function layerToKeras(layer: Description, outer: Writing): KerasObject {
  const writing = layer.config.trainable === false ? { ...outer, isFrozen: true } : outer;
  if ("uses" in layer.config) return networkToKeras(layer, writing);
  const { inputShape: _, inputDType: __, name, trainable: ___, ...config } = layer.config;
  return toKeras(
    {
      // Keras makes no second input, and has a layer of its own that does nothing.
      kind: layer.kind === "inputLayer" ? "identity" : layer.kind,
      config: {
        name: nameToKeras(name ?? layer.kind),
        dtype: "float32",
        ...(writing.isFrozen && { trainable: false }),
        ...config,
      },
    },
    "keras.layers",
    writing,
  );
}

/** A network: Sequential where it is a chain of different layers, as Keras wants it; else Functional. */
function networkToKeras({ kind, config }: Description, writing: Writing): KerasObject {
  const trainable = !writing.isFrozen;
  const graph = { ...(config as unknown as NetworkConfig), trainable };
  const name = nameToKeras(graph.name ?? kind);
  const layers = graph.layers.map((layer) => layerToKeras(layer, writing));
  if (isSequential(kind, graph))
    return {
      module: "keras",
      class_name: "Sequential",
      config: { name, trainable, dtype: "float32", layers: [...inputsOf(graph, layers), ...layers] },
      registered_name: null,
    };
  return restOf(writing).graphToKeras(graph, name, layers);
}

/** The name of a layer, converted. */
export const nameOf = ({ config }: KerasObject): string => (config as { name: string }).name;

/** The inputs as layers, under names that no other input has and none of `layers`. */
export function inputsOf({ inputs }: NetworkConfig, layers: readonly KerasObject[]): KerasObject[] {
  const taken = new Set(layers.map(nameOf));
  return inputs.map(({ name: given, shape, dtype }) => {
    let name = given;
    while (taken.has(name)) name = `input_${name}`;
    taken.add(name);
    return {
      module: "keras.layers",
      class_name: "InputLayer",
      config: { batch_shape: shape, dtype, name: nameToKeras(name) },
      registered_name: null,
      name,
      inbound_nodes: [],
    };
  });
}

/** Options under Keras's names. @param owner begins messages. */
export function optionsToKeras(
  owner: string,
  options: Readonly<Record<string, unknown>>,
  writing: Writing,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options)
      .filter(([key, value]) => value !== undefined && !callOptions.includes(key))
      .map(([key, value]) => {
        const option = toSnake(key);
        return [option, isOwnText(option) ? value : valueOf(owner, key, value, writing)];
      }),
  );
}

function valueOf(owner: string, key: string, value: unknown, writing: Writing): unknown {
  const module = moduleOf(key);
  if (typeof value === "string" && module) return toKeras({ kind: value, config: {} }, module, writing);
  if (typeof value === "string") return valueToKeras(value);
  if (typeof value === "function") return functionToKeras(owner, key, value, module, writing);
  if (Array.isArray(value)) return value.map((item) => valueOf(owner, key, item, writing));
  if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array);
  if (typeof value !== "object" || value === null) return value;
  if ("kind" in value && "config" in value) return layerToKeras(value as Description, writing);
  if (!("kind" in value)) return optionsToKeras(owner, value as Record<string, unknown>, writing);
  const { kind, ...config } = value as { kind: string };
  return toKeras({ kind, config }, module ?? "keras.layers", writing);
}

/** A function: made by a factory, an activation of ours, or one that the user named. */
export function functionToKeras(
  owner: string,
  key: string,
  fn: object,
  module: string | undefined,
  writing: Writing,
): unknown {
  const named = writing.rest?.named(fn, writing.custom);
  if (named !== undefined) return named;
  if (isConfigured(fn)) return toKeras(fn, module ?? "keras.layers", writing);
  const activation = Object.entries(activations).find(([, known]) => known === fn)?.[0];
  if (/activation$/i.test(key) && activation) return valueToKeras(activation);
  throw restOf(writing).unnamed(owner, key, fn);
}
