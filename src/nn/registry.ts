// Layers made again from saved configurations.
import { lookUp, valueError } from "../errors.ts";
import type { DType } from "../ir/dtype.ts";
import type { BatchShape, Layer } from "./layer.ts";
import { Network } from "./network.ts";
import { restFactories } from "./rest-factories.ts";
import { SymbolicTensor } from "./symbolic.ts";
import { type LayerFactory, made, usualFactories } from "./usual-factories.ts";

export type { LayerFactory } from "./usual-factories.ts";

/** The factories of all layers, by kind, taking everything in one object. */
export const layerFactories: Readonly<Record<string, LayerFactory>> = {
  ...usualFactories,
  ...restFactories,
  network: (config) => networkFromConfig(config),
};

/**
 * Makes a layer from its kind and what `getConfig` gave, fresh weights included. Imports every layer, so bundles that
 * call it contain all of them. @param own factories of custom layers, by kind.
 * @throws ValueError on an unknown kind, with the nearest, or on a function that could not be saved.
 */
export function layerFromConfig(
  kind: string,
  config: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, LayerFactory>> = {},
): Layer {
  const make = lookUp("layerFromConfig", "layer", { ...layerFactories, ...own }, kind);
  const options = Object.fromEntries(Object.entries(config).map(([key, value]) => [key, revive(key, value, own)]));
  return kind === "network" ? networkFromConfig(config as never, own) : make(options);
}

/** Turns `{ kind, … }` into the function that it describes and `{ kind, config }` into the layer, also within lists. */
function revive(key: string, value: unknown, own: Readonly<Record<string, LayerFactory>>): unknown {
  if (Array.isArray(value)) return value.map((item) => revive(key, item, own));
  const isDescribed = typeof value === "object" && value !== null && "kind" in value;
  if (!isDescribed) return value;
  if ("config" in value) return layerFromConfig(value.kind as string, value.config as Record<string, unknown>, own);
  const { kind, ...options } = value as { kind: string };
  return lookUp("layerFromConfig", key, made, kind)(options);
}

/** What {@link Network.getConfig} gives. */
export interface NetworkConfig {
  /** None where nothing has named the network. */
  name?: string;
  trainable: boolean;
  inputs: { name: string; shape: BatchShape; dtype: DType }[];
  layers: { kind: string; config: Record<string, unknown> }[];
  /** [use, output]; use −1 is an input. */
  uses: { layer: number; inputs: [number, number][]; single: boolean }[];
  outputs: [number, number][];
}

/**
 * The inputs and outputs of the graph that a network's `getConfig` describes, made of new layers.
 */
export function graphFromConfig(
  { inputs, layers, uses, outputs }: NetworkConfig,
  own: Readonly<Record<string, LayerFactory>> = {},
): { inputs: SymbolicTensor[]; outputs: SymbolicTensor[] } {
  const made = layers.map(({ kind, config }) => layerFromConfig(kind, config, own));
  const starts = inputs.map(({ name, shape, dtype }) => new SymbolicTensor(shape, dtype, undefined, name));
  const results: SymbolicTensor[][] = [];
  const find = ([use, output]: [number, number]): SymbolicTensor => {
    const found = use === -1 ? starts[output] : results[use]?.[output];
    if (found) return found;
    throw valueError("graphFromConfig", {
      rule: "a use refers to what came before it",
      expected: `an output of uses before ${results.length}`,
      received: [use, output],
    });
  };
  for (const { layer, inputs: sources, single } of uses) {
    const given = sources.map(find);
    results.push((made[layer] as Layer).applyAll(single ? (given[0] as SymbolicTensor) : given));
  }
  return { inputs: starts, outputs: outputs.map(find) };
}

/** A network from what its `getConfig` gave, with fresh weights. */
export function networkFromConfig(config: NetworkConfig, own: Readonly<Record<string, LayerFactory>> = {}): Network {
  const { inputs, outputs } = graphFromConfig(config, own);
  return new Network(inputs, outputs, {
    ...(config.name !== undefined && { name: config.name }),
    trainable: config.trainable,
  });
}
