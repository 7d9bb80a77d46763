// Which networks are Sequential models in Keras.
import type { NetworkConfig } from "../../nn/registry.ts";

type Layers = NetworkConfig["layers"];

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
        // They get query and value, which are two inputs.
        !/^[a-z]\w*ttention$/.test((layers[at] as Layers[number]).kind),
    )
  );
}
