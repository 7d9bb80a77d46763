// Where Keras 3 keeps the weights of layers in `model.weights.h5`: by class and order, nested.
import type { Layer } from "../../nn/layer.ts";
import { Network } from "../../nn/network.ts";
import type { NetworkConfig } from "../../nn/registry.ts";
import type { Variable } from "../../tensor/variable.ts";
import { restOf, withRest } from "../with-rest.ts";
import { className, groupName } from "./names.ts";
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
export const weightGroups = (network: Network): Promise<WeightGroup[]> =>
  withRest(
    (rest?: Rest) => groupsOf(network, rest),
    () => import("./weights-rest.ts"),
  );

type Rest = typeof import("./weights-rest.ts");

function groupsOf(network: Network, rest: Rest | undefined): WeightGroup[] {
  const groups: WeightGroup[] = [];
  const seen = new Set<Layer>();
  const visit = (layer: Layer, path: string): void => {
    if (seen.has(layer)) return;
    seen.add(layer);
    const at = (part: string) => (path === "" ? part : `${path}/${part}`);
    const { name, variables } = layer;
    if (layer instanceof Network)
      for (const [item, place] of layerPaths(layer.layers, at("layers"))) visit(item, place);
    else if (layer.sublayers.length > 0 || rareKinds.test(layer.kind)) {
      const { groups: own, children } = restOf({ rest }).insideOf(layer);
      for (const group of own) groups.push({ ...group, path: at(group.path) });
      for (const [part, child] of children)
        if (Array.isArray(child)) for (const [item, place] of layerPaths(child, at(part))) visit(item, place);
        else visit(child as Layer, at(part));
    } else if (variables.length > 0) groups.push({ path: at("vars"), name, variables, extra: 0 });
  };
  visit(network, "");
  return groups;
}

/** Kinds that have no layers inside, and are in weights-rest.ts. */
const rareKinds = /^normalization$|(Head|Query)Attention$/;

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
