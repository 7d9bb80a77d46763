// Which networks are Sequential models in Keras.
import type { NetworkConfig } from "../../nn/registry.ts";

type Layers = NetworkConfig["layers"];

/** Whether each layer takes what the one before it gives, and is used once. */
export function isSequential(kind: string, { inputs, layers, uses, outputs }: NetworkConfig): boolean {
  return (
    kind === "sequential" &&
    inputs.length === 1 &&
    String(outputs) === `${uses.length - 1},0` &&
    uses.length === layers.length &&
    uses.every(
      ({ layer, inputs: sources, single }, at) =>
        single &&
        layer === at &&
        String(sources) === `${at - 1},0` &&
        // They get query and value, which are two inputs.
        !/^(a|additiveA|multiHeadA|groupQueryA)ttention$/.test((layers[at] as Layers[number]).kind),
    )
  );
}
