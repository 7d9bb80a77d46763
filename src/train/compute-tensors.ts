// Computes tensors among data that a user hands in: loaded when the first such tensor comes.
import type { Backend } from "../backends/backend.ts";
import { evaluate } from "../backends/evaluate.ts";
import { isPlainRecord, maxDepth } from "../data/tree.ts";
import type { TypedArray } from "../ir/dtype.ts";
import { tensor } from "../tensor/ops/leaf.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The values of tensors as constants, computed in one run. */
export async function constantsFor(found: readonly Tensor[], backend?: Backend): Promise<ReadonlyMap<Tensor, Tensor>> {
  const values = await evaluate(found, backend);
  return new Map(found.map((node, index) => [node, tensor(values[index] as TypedArray, node.shape)]));
}

/** Records and lists with constants in the place of tensors. Lists that hold themselves still do. */
export function withConstants<T>(data: T, constants: ReadonlyMap<Tensor, Tensor>): T {
  const known = new Map<unknown, unknown>(constants);
  const replace = (node: unknown, levels: number): unknown => {
    if (known.has(node)) return known.get(node);
    if (levels === 0 || !(Array.isArray(node) || isPlainRecord(node))) return node;
    known.set(node, node);
    const next = (member: unknown) => replace(member, levels - 1);
    const copy = Array.isArray(node)
      ? node.map(next)
      : Object.fromEntries(Object.entries(node).map(([key, member]) => [key, next(member)]));
    known.set(node, copy);
    return copy;
  };
  // With the list of a function's arguments around it. Deeper levels are refused when they are read.
  return replace(data, maxDepth + 1) as T;
}
