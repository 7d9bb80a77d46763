// Which networks are Sequential models in Keras.
import type { NetworkConfig } from "../../nn/registry.ts";

type Layers = NetworkConfig["layers"];

/** Layers that get query, value and key: [query, value, key] in one list, or as arguments of their own. */
export const attentions: Readonly<Record<string, "list" | "arguments">> = {
  attention: "list",
  additiveAttention: "list",
  multiHeadAttention: "arguments",
  groupQueryAttention: "arguments",
};

/** Whether each layer takes what the one before it gives, and is used once. */
export function isSequential(kind: string, { inputs, layers, uses, outputs }: NetworkConfig): boolean {
  return (
    kind === "sequential" &&
    inputs.length === 1 &&
    outputs.length === 1 &&
    outputs[0]?.join() === [uses.length - 1, 0].join() &&
    uses.length === layers.length &&
    uses.every(
      ({ layer, inputs: sources, single }, at) =>
        single &&
        layer === at &&
        sources[0]?.join() === [at - 1, 0].join() &&
        !((layers[at] as Layers[number]).kind in attentions),
    )
  );
}
