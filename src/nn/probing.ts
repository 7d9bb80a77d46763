import { literal, valueError } from "../errors.ts";
import { placeholder } from "../tensor/ops/leaf.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { BatchShape, CallContext } from "./layer.ts";

/** A context in which only shapes matter. */
export const probing: CallContext = {
  training: false,
  noise: false,
  isProbe: true,
  get key() {
    return placeholder("key", [4], "int32");
  },
  stream: () => 0,
  current: (variable) => variable.tensor,
  update: () => {},
  addLoss: () => {},
  maskOf: () => undefined,
  setMask: () => {},
};

/** Whether two shapes may be the same. */
export function agree(a: BatchShape, b: BatchShape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === null || b[axis] === null || extent === b[axis]);
}

/** What a layer's `call` gave. @throws ValueError where it holds what is no tensor. */
export function checkOutputs(label: string, outputs: readonly Tensor[]): readonly Tensor[] {
  const wrong = outputs.findIndex((output) => !(output instanceof Tensor));
  if (wrong < 0) return outputs;
  throw valueError(label, {
    rule: "a layer's function gives a tensor",
    expected: "the result of ops",
    received: literal(outputs[wrong]),
  });
}
