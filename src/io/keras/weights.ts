// Where Keras 3 keeps the weights of layers in `model.weights.h5`: by class and order, nested.
import { Layer } from "../../nn/layer.ts";
import { Network } from "../../nn/network.ts";
import type { NetworkConfig } from "../../nn/registry.ts";
import type { Variable } from "../../tensor/variable.ts";
import { className, groupName, toSnake } from "./names.ts";
import { isSequential } from "./sequence.ts";

/** The variables of one layer, in Keras's order, and where they are. */
export interface WeightGroup {
  /** Such as `layers/dense_1/vars`. */
  readonly path: string;
  /** The layer's name, which Keras notes there. */
  readonly name: string;
  readonly variables: readonly Variable[];
  /** How many scalars follow that Keras has and we do not. */
  readonly extra: number;
}

/** All variables of a network that Keras saves, group by group; what is shared is where Keras meets it first. */
export function weightGroups(network: Network): WeightGroup[] {
  const groups: WeightGroup[] = [];
  const seen = new Set<Layer>();
  const visit = (layer: Layer, path: string): void => {
    if (seen.has(layer)) return;
    seen.add(layer);
    const own = ownVariables(layer);
    const at = (part: string) => (path === "" ? part : `${path}/${part}`);
    if (isHeads(layer)) {
      for (const [part, variables] of parts(layer))
        groups.push({ path: at(`${headGroup(layer, part)}/vars`), name: part, variables, extra: 0 });
      return;
    }
    if (own.length > 0)
      groups.push({
        path: at("vars"),
        name: layer.name,
        variables: own,
        extra: layer.kind === "normalization" ? 1 : 0,
      });
    for (const [part, child] of childrenOf(layer)) {
      if (child instanceof Layer) visit(child, at(part));
      else for (const [item, place] of layerPaths(child, at(part))) visit(item, place);
    }
  };
  visit(network, "");
  return groups;
}

/** The layers of a list, by their places below the list's: `layers/dense_1`. */
export function layerPaths(layers: readonly Layer[], path: string): [Layer, string][] {
  const counts = new Map<string, number>();
  return layers.map((layer) => {
    const group = groupOf(layer);
    const count = counts.get(group) ?? 0;
    counts.set(group, count + 1);
    return [layer, `${path}/${count === 0 ? group : `${group}_${count}`}`];
  });
}

/** What Keras calls a layer in its list. */
function groupOf(layer: Layer): string {
  if (layer instanceof Network)
    return isSequential(layer.kind, layer.getConfig() as unknown as NetworkConfig) ? "sequential" : "functional";
  if (layer.kind === "groupQueryAttention") return "grouped_query_attention";
  return groupName(className(layer.kind));
}

/** The layers inside, under the names of Keras's attributes, in their order. */
function childrenOf(layer: Layer): [string, Layer | readonly Layer[]][] {
  const { kind, sublayers } = layer;
  if (layer instanceof Network) return [["layers", layer.layers]];
  if (kind === "bidirectional")
    return [
      ["backward_layer", sublayers[1] as Layer],
      ["forward_layer", sublayers[0] as Layer],
    ];
  if (kind === "timeDistributed" || kind === "spectralNormalization") return [["layer", sublayers[0] as Layer]];
  if ("cells" in layer) return sublayers.length === 1 ? [["cell", sublayers[0] as Layer]] : [["cell/cells", sublayers]];
  // A class of a user's own: Keras's attributes are named as ours, in its style.
  return Object.entries(layer)
    .map(([property, value]): [string, unknown] => [toSnake(property), value])
    .filter((entry): entry is [string, Layer | readonly Layer[]] => isLayers(entry[1]))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

const isLayers = (value: unknown): boolean =>
  value instanceof Layer || (Array.isArray(value) && value.length > 0 && value.every((item) => item instanceof Layer));

/** Variables that are the layer's own: those that are trained, then the others. */
function ownVariables(layer: Layer): readonly Variable[] {
  // Keras counts the kernel that it divides as the wrapper's, too.
  if (layer.kind === "spectralNormalization") return layer.variables.slice(0, 2);
  const inner = new Set(layer.sublayers.flatMap(({ variables }) => variables));
  return layer.variables.filter((variable) => !inner.has(variable));
}

// ── Attention with heads, whose projections are layers in Keras

const isHeads = ({ kind }: Layer): boolean => kind === "multiHeadAttention" || kind === "groupQueryAttention";

/** The variables by projection: `query/kernel` and `query/bias` are those of `query`. */
function parts(layer: Layer): Map<string, Variable[]> {
  const found = new Map<string, Variable[]>();
  for (const variable of layer.variables) {
    const part = variable.name.slice(layer.name.length + 1).split("/")[0] as string;
    found.set(part, [...(found.get(part) ?? []), variable]);
  }
  return found;
}

/** Keras's attributes: those of multi-head attention are public but for the gate. */
function headGroup({ kind }: Layer, part: string): string {
  const name = part === "attentionOutput" ? "output" : part;
  return `${kind === "groupQueryAttention" || name === "gate" ? "_" : ""}${name}_dense`;
}
