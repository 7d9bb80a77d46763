// What only some models have as Keras's configurations: graphs, and kinds whose options follow no rule.
import { literal, type StateError, stateError, type ValueError, valueError } from "../../errors.ts";
import type { NetworkConfig } from "../../nn/registry.ts";
import type { Configured } from "../../regularize/config.ts";
import type { CustomObjects, Description, KerasObject, Writing } from "./keras-object.ts";
import { callOptions, toSnake } from "./names.ts";
import { inputsOf, nameOf, optionsToKeras, toKeras } from "./to-keras.ts";

type Layers = NetworkConfig["layers"];
type Use = NetworkConfig["uses"][number];

/** Layers that get query, value and key: [query, value, key] in one list, or as arguments of their own. */
const attentions: Readonly<Record<string, "list" | "arguments">> = {
  attention: "list",
  additiveAttention: "list",
  multiHeadAttention: "arguments",
  groupQueryAttention: "arguments",
};

/** Layers whose inputs after the first are states. */
export const recurrent = ["rnn", "lstm", "gru", "simpleRnn", "bidirectional"];

/** A network that is no chain of layers: Functional. @param layers its layers, converted. */
export function graphToKeras(graph: NetworkConfig, name: string, layers: readonly KerasObject[]): KerasObject {
  const { starts, nodes } = nodesOf(graph, layers);
  const placed = layers.map((layer, at) => ({ ...layer, name: nameOf(layer), inbound_nodes: nodes[at] }));
  return {
    // As Keras writes it: it is not public.
    module: "keras.src.models.functional",
    class_name: "Functional",
    config: {
      name,
      trainable: graph.trainable,
      layers: [...starts, ...placed],
      input_layers: oneOrAll(starts.map((start) => [nameOf(start), 0, 0])),
      output_layers: oneOrAll(outputsOf(graph, layers, starts)),
    },
    registered_name: "Functional",
  };
}

/** One alone, since in Keras a model with a list of one gives such a list in predicting. */
const oneOrAll = (places: readonly unknown[]): unknown => (places.length === 1 ? places[0] : places);

/** The inputs, and for each layer its uses. */
function nodesOf(graph: NetworkConfig, layers: readonly KerasObject[]): { starts: KerasObject[]; nodes: unknown[][] } {
  const starts = inputsOf(graph, layers);
  const nodes: unknown[][] = layers.map(() => []);
  const tensor = tensorOf(graph, layers, starts);
  for (const use of graph.uses) {
    const layer = graph.layers[use.layer] as Layers[number];
    nodes[use.layer]?.push(
      argumentsOf(
        layer,
        use,
        use.inputs.map((source) => ({
          class_name: "__keras_tensor__",
          config: { shape: [], dtype: "float32", keras_history: tensor(source) },
        })),
      ),
    );
  }
  return { starts, nodes };
}

type Place = readonly [use: number, output: number];

/** Cells as layers: in Keras they take their states in a list, and give the output once more as the first state. */
const isCell = (kind: string): boolean => /^(simpleRnn|gru|lstm)Cell$/.test(kind);

/** What names a tensor in Keras: its layer, which use of this, which output. */
function tensorOf(graph: NetworkConfig, layers: readonly KerasObject[], starts: readonly KerasObject[]) {
  const counts = layers.map(() => 0);
  const uses = graph.uses.map(({ layer }) => {
    const count = counts[layer] ?? 0;
    counts[layer] = count + 1;
    const isShifted = isCell((graph.layers[layer] as Layers[number]).kind);
    return { at: [nameOf(layers[layer] as KerasObject), count], isShifted };
  });
  return ([use, output]: Place) => {
    if (use === -1) return [nameOf(starts[output] as KerasObject), 0, 0];
    const { at, isShifted } = uses[use] as (typeof uses)[number];
    return [...at, isShifted && output > 0 ? output + 1 : output];
  };
}

const outputsOf = (graph: NetworkConfig, layers: readonly KerasObject[], starts: readonly KerasObject[]) =>
  graph.outputs.map(tensorOf(graph, layers, starts));

/** A use of a layer: the arguments of its call. */
function argumentsOf({ kind, config }: Layers[number], { single }: Use, tensors: readonly unknown[]) {
  const kwargs = Object.fromEntries(
    callOptions.filter((key) => config[key] !== undefined).map((key) => [toSnake(key), config[key]]),
  );
  const [x, ...others] = tensors;
  if (kind in attentions) {
    const [query, value = query, key, mask] = tensors;
    if (attentions[kind] === "list") return { args: [single ? [x, x] : tensors], kwargs };
    const rest = { ...(key !== undefined && { key }), ...(mask !== undefined && { attention_mask: mask }) };
    return { args: [query, value], kwargs: { ...kwargs, ...rest } };
  }
  if (single) return { args: [x], kwargs };
  if (isCell(kind)) return { args: [x, others], kwargs: {} };
  if (recurrent.includes(kind)) return { args: [x], kwargs: others.length > 0 ? { initial_state: others } : {} };
  return { args: [tensors], kwargs };
}

/** Losses of which Keras has a metric that is the mean of the same numbers. */
export const alsoMetrics =
  /^(m(s|a|ap|sl)e|bce|mean\w+Error|\w*hinge|klDivergence|poisson|(sparse)?(binary|categorical)Crossentropy)$/i;

/** A loss that is given as a metric, for its mean. */
export function lossAsMetric(given: unknown, writing: Writing): unknown {
  const isName = typeof given === "string";
  if (isName && /^kld$/i.test(given)) return "kl_divergence";
  const kind = isName ? given : (given as Configured).kind;
  const { reduction: _, ...config } = isName ? {} : (given as Configured).config;
  if (alsoMetrics.test(kind) && config.ignoreClass === undefined)
    return toKeras({ kind, config }, "keras.metrics", writing);
  return {
    module: "keras.metrics",
    class_name: "MeanMetricWrapper",
    config: {
      name: toSnake(kind),
      fn: { module: "builtins", class_name: "function", config: toSnake(kind), registered_name: "function" },
      // The function has no default.
      ...(kind === "categoricalGeneralizedCrossEntropy" && { q: 0.5 }),
      ...optionsToKeras(kind, config, writing),
    },
    registered_name: null,
  };
}

type Change = (options: Record<string, unknown>) => Record<string, unknown>;

/** The error for a penalty on an output that Keras does not take, leaves out, or puts elsewhere. */
const penaltyError = (kind: string, rule: string, received: unknown) =>
  valueError(kind, {
    rule,
    expected: "no activityRegularizer",
    received: literal(received),
    advice: "Put activityRegularization({ l2: … }) behind the layer.",
  });

/** For layers of which Keras's have no penalty on their output. */
const withoutPenalty =
  (kind: string): Change =>
  ({ activityRegularizer: penalty, ...options }) => {
    if (penalty === undefined) return options;
    throw penaltyError(kind, "Keras's layer has no penalty on its output", penalty);
  };

/** The same, for layers without weights whose classes take no `trainable`. */
const ofFewOptions =
  (kind: string): Change =>
  ({ trainable: _, ...options }) =>
    withoutPenalty(kind)(options);

/** The same change for each of these kinds. */
const changesOf = (change: (kind: string) => Change, kinds: readonly string[]) =>
  Object.fromEntries(kinds.map((kind) => [kind, change(kind)]));

/** The penalty on an output in a description, in whatever layer within it. */
function penaltyIn(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  const { activityRegularizer = undefined } = value as Readonly<Record<string, unknown>>;
  return (
    activityRegularizer ??
    Object.values(value)
      .map(penaltyIn)
      .find((found) => found !== undefined)
  );
}

/** The options of a kind that this file converts. @throws ValueError on what Keras does not have. */
export function optionsOf(kind: string, config: Description["config"], custom: CustomObjects): Description["config"] {
  const advice = foreign[kind];
  if (advice === undefined || Object.hasOwn(custom, kind)) return changes[kind]?.({ ...config }) ?? config;
  throw valueError(kind, {
    rule: "Keras has nothing of this kind",
    expected: "what both have",
    received: kind,
    advice,
  });
}

/** A function that the user named; undefined for others. */
export function named(fn: unknown, custom: CustomObjects): KerasObject | undefined {
  const name = Object.keys(custom).find((name) => custom[name] === fn);
  if (name === undefined) return undefined;
  return { module: "builtins", class_name: "function", config: name, registered_name: name };
}

/** The error for a function of the user's own that has no name. */
export const unnamed = (owner: string, key: string, fn: unknown): ValueError =>
  valueError(owner, {
    rule: `${key} is a function of your own, and a file holds no code`,
    expected: "a function that has a name in the file",
    received: fn,
    advice: `Name it: saveModel(model, target, { customObjects: { myFunction } }), and so where you load.`,
  });

/** The error for an optimizer that Keras does not have. */
export const unknownOptimizer = (kind: string): StateError =>
  stateError(kind, {
    rule: "Keras has no such optimizer",
    expected: "one of Keras's",
    received: kind,
    advice: "Save with { compile: false }.",
  });

/** The error for a configuration whose conversion has no end. */
export const endless = (): ValueError =>
  valueError("saveModel", {
    rule: "an option holds itself, or is nested too deep",
    expected: "plain data",
    received: "endless levels of it",
  });

/** The error for options of optimizers that Keras does not have, where they change something. */
export function lacking(kind: string, { lazy, excludeFromWeightDecay: excluded }: Description["config"]): ValueError {
  const isExcluding = Array.isArray(excluded) && excluded.length > 0;
  return valueError(kind, {
    rule: "Keras's files have no place for this option",
    expected: "an optimizer without it",
    received: isExcluding ? "excludeFromWeightDecay" : lazy ? "lazy" : "a schedule of the momentum",
    advice: "Save with { compile: false }, or compile with another optimizer.",
  });
}

/** Changes of a kind's options that no rule gives, before the rules. */
export const changes: Readonly<Record<string, Change>> = {
  ...changesOf(withoutPenalty, [
    ...["simpleRnn", "stringLookup", "integerLookup"],
    // RNN does not add up what its cells say.
    ...["simpleRnnCell", "gruCell", "lstmCell"],
    // Keras has it on the projections.
    ...["multiHeadAttention", "groupQueryAttention"],
  ]),
  ...changesOf(ofFewOptions, ["spatialDropout1d", "spatialDropout2d", "spatialDropout3d", "discretization"]),
  timeDistributed: (options) => {
    const penalty = penaltyIn(options.layer);
    if (penalty === undefined) return options;
    throw penaltyError("timeDistributed", "Keras leaves out penalties on outputs within this layer", penalty);
  },
  // The layer is its penalty.
  activityRegularization: ({ activityRegularizer: _, ...options }) => options,
  randomUniform: ({ minValue, maxValue, ...options }) => ({ ...options, minval: minValue, maxval: maxValue }),
  rnn: ({ cell, ...options }) => {
    const cells = cell as readonly Description[];
    const one = cells.length === 1 ? cells[0] : { kind: "StackedRNNCells", config: { cells } };
    return { ...options, cell: one };
  },
  // Keras wants a number.
  upSampling1d: ({ size, ...options }) => ({ ...options, size: [size].flat()[0] }),
  bidirectional: ({ layer, backwardLayer: given, ...options }) => {
    const { kind, config } = layer as Description;
    // By itself Keras sets go_backwards in both.
    const backwardLayer =
      given ?? (config.goBackwards ? { kind, config: { ...config, goBackwards: false } } : undefined);
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

/** The things that Keras does not have, and what to do. */
export const foreign: Readonly<Record<string, string>> = {
  lambda: "Write a class of layer, which can be named in customObjects.",
  powerDecay: "With exponent 1 it is inverseTimeDecay({ decayRate: 1, … }).",
  warmup: "cosineDecay has a warm-up that Keras has, too.",
  inSequence: "Use one of Keras's schedules.",
  oneCycle: "Use one of Keras's schedules.",
};
