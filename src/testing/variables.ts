// Graphs with other tensors in place of their variables, for the gradient check.
import type { Backend } from "../backends/backend.ts";
import { evaluate } from "../backends/evaluate.ts";
import { reachable } from "../compiler/graph.ts";
import { valueError } from "../errors.ts";
import type { TypedArray } from "../ir/dtype.ts";
import { sizeOf } from "../ir/shape.ts";
import { record } from "../tensor/op.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type Variable, variableOp } from "../tensor/variable.ts";

/** The same graph with other tensors in the variables' places. */
export function replaceVariables(tensor: Tensor, places: ReadonlyMap<Variable, Tensor>): Tensor {
  const made = new Map<Tensor, Tensor>();
  for (const node of reachable([tensor])) {
    const inputs = node.inputs.map((input) => made.get(input) as Tensor);
    const isSame = inputs.every((input, index) => input === node.inputs[index]);
    const place = node.op === variableOp ? places.get(variableOf(node)) : undefined;
    made.set(node, place ?? (isSame ? node : record(node.op, inputs, node.attrs)));
  }
  return made.get(tensor) as Tensor;
}

/**
 * A variable's values, which stay where they are; first ones are worked out on `backend`. @throws ValueError where it
 * has none yet.
 */
export async function valuesOf(variable: Variable, backend: Backend): Promise<TypedArray> {
  const { placement, initial, shape, dtype } = variable;
  // In float64, so that a small step is not rounded away.
  if (placement) return dtype === "int32" ? placement.read() : Float64Array.from(await placement.read());
  if (initial instanceof Tensor) return (await evaluate([initial], backend))[0] as TypedArray;
  if (typeof initial !== "number") return Float64Array.from(initial);
  if (!Number.isNaN(initial)) return new Float64Array(sizeOf(shape)).fill(initial);
  throw valueError(`variable "${variable.name}"`, {
    rule: "a variable must have values",
    expected: "a layer that was initialized",
    received: "none",
    advice: "Call layer.initialize(seed), or give checkGradients the layer itself.",
  });
}

const variableOf = (node: Tensor): Variable => (node.attrs as { variable: Variable }).variable;
