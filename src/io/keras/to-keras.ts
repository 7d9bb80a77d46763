// Options of layers, initializers and the like as Keras's configurations.
import { valueError } from "../../errors.ts";
import { activations } from "../../nn/activation-names.ts";
import type { NetworkConfig } from "../../nn/registry.ts";
import { isConfigured } from "../../regularize/config.ts";
import { needsRest } from "../with-rest.ts";
import { type Description, type KerasObject, nameToKeras, type Writing } from "./keras-object.ts";
import { callOptions, className, isOwnClass, isOwnText, toSnake, valueToKeras } from "./names.ts";
import { isSequential } from "./sequence.ts";

/** Where things of an option live in Keras, by how the option's name ends. */
const modules: readonly (readonly [RegExp, string])[] = [
  [/Initializer$/, "keras.initializers"],
  [/Regularizer$/, "keras.regularizers"],
  [/Constraint$/, "keras.constraints"],
  [/learningRate$/, "keras.optimizers.schedules"],
];

/** The kinds that to-keras-rest.ts converts or refuses. */
export const restKinds: ReadonlySet<string> = /* @__PURE__ */ new Set(
  (
    "activityRegularization randomUniform rnn bidirectional timeDistributed simpleRnn simpleRnnCell gruCell lstmCell " +
    "multiHeadAttention groupQueryAttention spatialDropout1d spatialDropout2d spatialDropout3d discretization " +
    "stringLookup integerLookup hashing muon lambda powerDecay warmup inSequence oneCycle"
  ).split(" "),
);

/** Options that Keras reads though it has defaults for them. */
const needed: Readonly<Record<string, object>> = { rescaling: { offset: 0 }, constant: { value: 0 } };

/** A description as Keras's object. @throws ValueError on what Keras does not have. */
export function toKeras({ kind, config }: Description, module: string, writing: Writing): KerasObject {
  const { custom, rest } = writing;
  if (!rest && restKinds.has(kind)) throw needsRest;
  const advice = rest?.foreign[kind];
  if (advice !== undefined && !Object.hasOwn(custom, kind))
    throw valueError(kind, {
      rule: "Keras has nothing of this kind",
      expected: "what both have",
      received: kind,
      advice,
    });
  const options = { ...needed[kind], ...(rest?.changes[kind]?.({ ...config }) ?? config) };
  const name = className(kind);
  const isOwn = isOwnClass(kind) || Object.hasOwn(custom, kind) || Object.hasOwn(custom, name);
  return {
    module,
    class_name: name,
    config: optionsToKeras(kind, options, writing),
    // By this name Keras looks in custom_objects.
    registered_name: isOwn ? name : null,
  };
}

/** A layer as Keras's object, with what every layer has. */
export function layerToKeras(layer: Description, writing: Writing): KerasObject {
  if ("uses" in layer.config) return networkToKeras(layer, writing);
  const { inputShape: _, inputDType: __, name, trainable, ...rest } = layer.config;
  const config = Object.fromEntries(Object.entries(rest).filter(([key]) => !callOptions.includes(key)));
  return toKeras(
    {
      // Keras makes no second input, and has a layer of its own that does nothing.
      kind: layer.kind === "inputLayer" ? "identity" : layer.kind,
      config: {
        name: nameToKeras(name ?? layer.kind),
        dtype: "float32",
        ...(trainable === false && { trainable }),
        ...config,
      },
    },
    "keras.layers",
    writing,
  );
}

/** A network: Sequential where it is a chain of different layers, as Keras wants it; else Functional. */
function networkToKeras({ kind, config }: Description, writing: Writing): KerasObject {
  const graph = config as unknown as NetworkConfig;
  const name = nameToKeras(graph.name ?? kind);
  const layers = graph.layers.map((layer) => layerToKeras(layer, writing));
  if (isSequential(kind, graph))
    return {
      module: "keras",
      class_name: "Sequential",
      config: { name, trainable: graph.trainable, dtype: "float32", layers: [...inputsOf(graph, layers), ...layers] },
      registered_name: null,
    };
  if (!writing.rest) throw needsRest;
  return writing.rest.graphToKeras(graph, name, layers);
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
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => {
        const option = toSnake(key);
        return [option, isOwnText(option) ? value : valueOf(owner, key, value, writing)];
      }),
  );
}

function valueOf(owner: string, key: string, value: unknown, writing: Writing): unknown {
  const module = modules.find(([pattern]) => pattern.test(key))?.[1];
  if (typeof value === "string" && module) return toKeras(ofName(value), module, writing);
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

/** A penalty, a constraint or an initializer that was given by its name. */
function ofName(kind: string): Description {
  // Keras's class L1L2 has other defaults than its documentation, and than the name here.
  const factors = { l1: { l1: 0.01 }, l2: { l2: 0.01 }, l1l2: { l1: 0.01, l2: 0.01 } } as const;
  return { kind, config: factors[kind as "l1"] ?? {} };
}

/** A function: made by a factory, an activation of ours, or one that the user named. */
export function functionToKeras(
  owner: string,
  key: string,
  fn: object,
  module: string | undefined,
  writing: Writing,
): unknown {
  const { custom } = writing;
  const named = Object.keys(custom).find((name) => custom[name] === fn);
  if (named !== undefined) return { module: "builtins", class_name: "function", config: named, registered_name: named };
  if (isConfigured(fn)) return toKeras(fn, module ?? "keras.layers", writing);
  const activation = Object.entries(activations).find(([, known]) => known === fn)?.[0];
  if (/activation$/i.test(key) && activation) return valueToKeras(activation);
  throw valueError(owner, {
    rule: `${key} is a function of your own, and a file holds no code`,
    expected: "a function that has a name in the file",
    received: fn,
    advice: `Name it: saveModel(model, target, { customObjects: { myFunction } }), and so where you load.`,
  });
}
