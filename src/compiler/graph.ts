import type { Tensor } from "../tensor/tensor.ts";
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

/** The variables that the roots read, in the order in which they were read first. */
export function variablesIn(roots: readonly Tensor[]): Variable[] {
  return reachable(roots).flatMap(({ op, attrs }) =>
    op === variableOp ? [(attrs as { variable: Variable }).variable] : [],
  );
}
