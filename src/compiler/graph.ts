import { Tensor } from "../tensor/tensor.ts";
import { type Variable, variableOp } from "../tensor/variable.ts";

/** Every node that the roots need, inputs before users (ids grow with recording). */
export function reachable(roots: readonly Tensor[]): Tensor[] {
  const seen = new Set<Tensor>();
  const stack = [...roots];
  while (stack.length > 0) {
    const node = stack.pop() as Tensor;
    if (seen.has(node)) continue;
    seen.add(node);
    for (const input of node.inputs) stack.push(input);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

/** The same op on other inputs of the same shapes. */
export const withInputs = (node: Tensor, inputs: readonly Tensor[]): Tensor =>
  new Tensor(node.op, inputs, node.attrs, node.shape, node.dtype);

/** The variables that the roots read, in the order in which they were read first. */
export function variablesIn(roots: readonly Tensor[]): Variable[] {
  return reachable(roots).flatMap(({ op, attrs }) =>
    op === variableOp ? [(attrs as { variable: Variable }).variable] : [],
  );
}
