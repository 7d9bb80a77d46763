// Options of layers, initializers and the like as Keras's configurations.
import { valueError } from "../../errors.ts";
import { activations } from "../../nn/activation-names.ts";
import { isConfigured } from "../../regularize/config.ts";
import { graphToKeras } from "./graph-to-keras.ts";
import { type CustomObjects, type Description, type KerasObject, nameToKeras } from "./keras-object.ts";
import { callOptions, className, isOwnClass, isOwnText, toSnake, valueToKeras } from "./names.ts";

/** Where things of an option live in Keras, by how the option's name ends. */
const modules: readonly (readonly [RegExp, string])[] = [
  [/Initializer$/, "keras.initializers"],
  [/Regularizer$/, "keras.regularizers"],
  [/Constraint$/, "keras.constraints"],
  [/learningRate$/, "keras.optimizers.schedules"],
];

/** Changes of a kind's options that no rule gives, before the rules. */
const changes: Readonly<Record<string, (options: Record<string, unknown>) => Record<string, unknown>>> = {
  // The layer is its penalty.
  activityRegularization: ({ activityRegularizer: _, ...options }) => options,
  randomUniform: ({ minValue, maxValue, ...options }) => ({ ...options, minval: minValue, maxval: maxValue }),
  rnn: ({ cell, ...options }) => {
    const cells = cell as readonly Description[];
    const one = cells.length === 1 ? cells[0] : { kind: "StackedRNNCells", config: { cells } };
    return { ...options, cell: one };
  },
  bidirectional: ({ layer, backwardLayer, ...options }) => {
    const named = (description: unknown, prefix: string) => {
      const { kind, config } = description as Description;
      return { kind, config: { ...config, name: `${prefix}_${config.name ?? kind}` } };
    };
    return {
      ...options,
      layer: named(layer, "forward"),
      ...(backwardLayer !== undefined && { backwardLayer: named(backwardLayer, "backward") }),
    };
  },
  // Keras's own output dtype is refused with any other.
  hashing: ({ dtype, ...options }) => ({
    ...options,
    dtype: (options.outputMode ?? "int") === "int" ? "int64" : dtype,
  }),
  muon: ({ nsCoefficients, ...options }) => {
    const [a, b, c] = (nsCoefficients ?? []) as readonly number[];
    return { ...options, muonA: a, muonB: b, muonC: c };
  },
};

/** Layers without weights whose classes take no `trainable`. */
const weightless = /^(spatialDropout.d|discretization)$/;

/** The things that Keras does not have. */
const foreign: Readonly<Record<string, string>> = {
  lambda: "Write a class of layer, which can be named in customObjects.",
  powerDecay: "With exponent 1 it is inverseTimeDecay({ decayRate: 1, … }).",
  warmup: "cosineDecay has a warm-up that Keras has, too.",
  inSequence: "Use one of Keras's schedules.",
  oneCycle: "Use one of Keras's schedules.",
};

/** A description as Keras's object. @throws ValueError on what Keras does not have. */
export function toKeras({ kind, config }: Description, module: string, custom: CustomObjects): KerasObject {
  const advice = foreign[kind];
  if (advice !== undefined && !Object.hasOwn(custom, kind))
    throw valueError(kind, {
      rule: "Keras has nothing of this kind",
      expected: "what both have",
      received: kind,
      advice,
    });
  const options = { ...(changes[kind]?.({ ...config }) ?? config) };
  const name = className(kind);
  const isOwn = isOwnClass(kind) || Object.hasOwn(custom, kind) || Object.hasOwn(custom, name);
  return {
    module,
    class_name: name,
    config: optionsToKeras(kind, options, custom),
    // By this name Keras looks in custom_objects.
    registered_name: isOwn ? name : null,
  };
}

/** A layer as Keras's object, with what every layer has. */
export function layerToKeras(layer: Description, custom: CustomObjects): KerasObject {
  if ("uses" in layer.config) return graphToKeras(layer, (own) => layerToKeras(own, custom));
  const { inputShape: _, inputDType: __, name, trainable, ...rest } = layer.config;
  const config = Object.fromEntries(Object.entries(rest).filter(([key]) => !callOptions.includes(key)));
  return toKeras(
    {
      kind: layer.kind,
      config: {
        name: nameToKeras(name ?? layer.kind),
        dtype: "float32",
        ...(trainable === false && !weightless.test(layer.kind) && { trainable }),
        ...config,
      },
    },
    "keras.layers",
    custom,
  );
}

/** Options under Keras's names. @param owner begins messages. */
export function optionsToKeras(
  owner: string,
  options: Readonly<Record<string, unknown>>,
  custom: CustomObjects,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => {
        const option = toSnake(key);
        return [option, isOwnText(option) ? value : valueOf(owner, key, value, custom)];
      }),
  );
}

function valueOf(owner: string, key: string, value: unknown, custom: CustomObjects): unknown {
  const module = modules.find(([pattern]) => pattern.test(key))?.[1];
  if (typeof value === "string" && module) return toKeras(ofName(value), module, custom);
  if (typeof value === "string") return valueToKeras(value);
  if (typeof value === "function") return functionToKeras(owner, key, value, module, custom);
  if (Array.isArray(value)) return value.map((item) => valueOf(owner, key, item, custom));
  if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array);
  if (typeof value !== "object" || value === null) return value;
  if ("kind" in value && "config" in value) return layerToKeras(value as Description, custom);
  if (!("kind" in value)) return optionsToKeras(owner, value as Record<string, unknown>, custom);
  const { kind, ...config } = value as { kind: string };
  return toKeras({ kind, config }, module ?? "keras.layers", custom);
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
  custom: CustomObjects,
): unknown {
  const named = Object.keys(custom).find((name) => custom[name] === fn);
  if (named !== undefined) return { module: "builtins", class_name: "function", config: named, registered_name: named };
  if (isConfigured(fn)) return toKeras(fn, module ?? "keras.layers", custom);
  const activation = Object.entries(activations).find(([, known]) => known === fn)?.[0];
  if (/activation$/i.test(key) && activation) return valueToKeras(activation);
  throw valueError(owner, {
    rule: `${key} is a function of your own, and a file holds no code`,
    expected: "a function that has a name in the file",
    received: fn,
    advice: `Name it: saveModel(model, target, { customObjects: { myFunction } }), and so where you load.`,
  });
}
