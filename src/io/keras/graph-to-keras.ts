// The graph of a network as Keras's Sequential or Functional configuration.
import type { NetworkConfig } from "../../nn/registry.ts";
import { type Description, type KerasObject, nameToKeras } from "./keras-object.ts";
import { callOptions, toSnake } from "./names.ts";
import { attentions, isSequential } from "./sequence.ts";

type Layers = NetworkConfig["layers"];
type Use = NetworkConfig["uses"][number];

/** Layers whose inputs after the first are states. */
export const recurrent = ["rnn", "lstm", "gru", "simpleRnn", "bidirectional"];

/**
 * A network: Sequential where it is a chain of different layers, as Keras wants it; else Functional.
 * @param layerToKeras converts its layers.
 */
export function graphToKeras(
  { kind, config }: Description,
  layerToKeras: (layer: Description) => KerasObject,
): KerasObject {
  const graph = config as unknown as NetworkConfig;
  const { trainable } = graph;
  const name = nameToKeras(graph.name ?? kind);
  const layers = graph.layers.map(layerToKeras);
  const isChain = isSequential(kind, graph);
  const { starts, nodes } = isChain ? { starts: inputsOf(graph), nodes: [] } : nodesOf(graph, layers);
  const placed = isChain
    ? layers
    : layers.map((layer, at) => ({ ...layer, name: nameOf(layer), inbound_nodes: nodes[at] }));
  const ends = isChain
    ? {}
    : { input_layers: starts.map((start) => [nameOf(start), 0, 0]), output_layers: outputsOf(graph, layers, starts) };
  return {
    // As Keras writes them: Functional is not public.
    module: isChain ? "keras" : "keras.src.models.functional",
    class_name: isChain ? "Sequential" : "Functional",
    config: { name, trainable, ...(isChain && { dtype: "float32" }), layers: [...starts, ...placed], ...ends },
    registered_name: isChain ? null : "Functional",
  };
}

/** The inputs as layers, under names that no other layer has. */
function inputsOf({ inputs }: NetworkConfig, taken: ReadonlySet<string> = new Set()): KerasObject[] {
  return inputs.map(({ name: given, shape, dtype }) => {
    let name = given;
    while (taken.has(name)) name = `input_${name}`;
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

const nameOf = ({ config }: KerasObject): string => (config as { name: string }).name;

/** The inputs, and for each layer its uses. */
function nodesOf(graph: NetworkConfig, layers: readonly KerasObject[]): { starts: KerasObject[]; nodes: unknown[][] } {
  const starts = inputsOf(graph, new Set(layers.map(nameOf)));
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

/** What names a tensor in Keras: its layer, which use of this, which output. */
function tensorOf(graph: NetworkConfig, layers: readonly KerasObject[], starts: readonly KerasObject[]) {
  const counts = layers.map(() => 0);
  const uses = graph.uses.map(({ layer }) => {
    const count = counts[layer] ?? 0;
    counts[layer] = count + 1;
    return [nameOf(layers[layer] as KerasObject), count] as const;
  });
  return ([use, output]: Place) =>
    use === -1 ? [nameOf(starts[output] as KerasObject), 0, 0] : [...(uses[use] as readonly [string, number]), output];
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
  if (recurrent.includes(kind)) return { args: [x], kwargs: others.length > 0 ? { initial_state: others } : {} };
  return { args: [tensors], kwargs };
}
