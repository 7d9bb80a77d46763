// Where Keras 3 keeps the weights of layers that few models have.
import { Layer } from "../../nn/layer.ts";
import type { Variable } from "../../tensor/variable.ts";
import { findHdf5, type Hdf5Group } from "../hdf5/open.ts";
import { toSnake } from "./names.ts";

/** The variables of a layer by where they are below it, and the layers inside. */
export interface Inside {
  readonly groups: readonly { path: string; name: string; variables: readonly Variable[]; extra: number }[];
  /** Under the names of Keras's attributes, in their order. */
  readonly children: readonly (readonly [string, Layer | readonly Layer[]])[];
}

/** What is in a layer that has layers inside, or keeps more than its variables. */
export function insideOf(layer: Layer): Inside {
  if (/Attention$/.test(layer.kind))
    return {
      groups: Array.from(parts(layer), ([part, variables]) => ({
        path: `${headGroup(layer, part)}/vars`,
        name: part,
        variables,
        extra: 0,
      })),
      children: [],
    };
  const variables = ownVariables(layer);
  const extra = layer.kind === "normalization" ? 1 : 0;
  return {
    groups: variables.length > 0 ? [{ path: "vars", name: layer.name, variables, extra }] : [],
    children: childrenOf(layer),
  };
}

function childrenOf(layer: Layer): [string, Layer | readonly Layer[]][] {
  const { kind, sublayers } = layer;
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

// ── In files

/** Where a group is that is not at its path: one cell in a list of cells is the same cell. */
export const otherPath = (file: Hdf5Group, path: string): string =>
  path.replace(/(^|\/)cell\/vars$/, (_, start) => {
    const cells = findHdf5(file, path.replace(/vars$/, "cells"));
    const [first = ""] = cells?.kind === "group" ? cells.children.keys() : [];
    return `${start}cell/cells/${first}/vars`;
  });
