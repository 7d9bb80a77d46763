import type { Layer } from "../nn/layer.ts";
import { Recording } from "../nn/recording.ts";
import { tensor } from "../tensor/ops/leaf.ts";
import { randomKey } from "../tensor/ops/random.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * A layer as a function of its inputs: built for them, with first weights where it has none. Random layers draw the
 * same at every call. Gives the outputs, and what the layer adds to the loss.
 */
export function asFunction(
  layer: Layer,
  { training, seed }: { training: boolean; seed: number },
): (...inputs: Tensor[]) => readonly Tensor[] {
  return (...inputs) => {
    const shapes = inputs.map(({ shape }) => [null, ...shape.slice(1)]);
    layer.ensureBuilt(inputs.length === 1 ? (shapes[0] ?? []) : shapes);
    layer.initialize(seed);
    const ctx = new Recording(layer, { training, key: tensor(randomKey(seed)) });
    const outputs = layer.applyAll(inputs.length === 1 ? (inputs[0] as Tensor) : inputs, ctx);
    return [...outputs, ...ctx.losses, ...layer.penalties()];
  };
}
