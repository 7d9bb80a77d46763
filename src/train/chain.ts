import { stateError, valueError } from "../errors.ts";
import { Layer } from "../nn/layer.ts";
import type { Network } from "../nn/network.ts";
import type { Application, SymbolicTensor } from "../nn/symbolic.ts";

/**
 * The output of a network with one more layer behind it.
 * @throws StateError where the network has several outputs; ValueError on what is no layer.
 */
export function outputBehind({ label, outputs }: Network, layer: Layer): SymbolicTensor {
  if (!(layer instanceof Layer))
    throw valueError(`add of ${label}`, { rule: "takes a layer", expected: "such as dense(10)", received: layer });
  const [end, other] = outputs;
  if (end && !other) return layer.apply(end);
  throw stateError(label, { rule: "add is for models of one output", expected: "1 output", received: outputs.length });
}

/** The last layer's use. @throws StateError where the network is not a chain of at least two layers. */
export function lastUse({ label, layers, outputs }: Network, uses: readonly Application[]): Application {
  const last = uses.at(-1);
  if (layers.length >= 2 && outputs.length === 1 && last?.single && last.outputs[0] === outputs[0]) return last;
  throw stateError(label, {
    rule: "pop takes the last layer off a chain of layers",
    expected: "at least two layers in a chain",
    received: `${layers.length} layers`,
  });
}
