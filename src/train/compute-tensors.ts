// Computes tensors among data that a user hands in: loaded when the first such tensor comes.
import type { Backend } from "../backends/backend.ts";
import { evaluate } from "../backends/evaluate.ts";
import { isPlainRecord } from "../data/tree.ts";
import type { TypedArray } from "../ir/dtype.ts";
import { tensor } from "../tensor/ops/leaf.ts";
import { Tensor } from "../tensor/tensor.ts";

/** The values of tensors as constants, computed in one run. */
export async function constantsFor(found: readonly Tensor[], backend?: Backend): Promise<ReadonlyMap<Tensor, Tensor>> {
  const values = await evaluate(found, backend);
  return new Map(found.map((node, index) => [node, tensor(values[index] as TypedArray, node.shape)]));
}

/** Records and lists with constants in the place of tensors, down to a number of levels. */
export function withConstants<T>(data: T, constants: ReadonlyMap<Tensor, Tensor>, levels: number): T {
  const replace = (node: unknown, left: number): unknown => {
    if (node instanceof Tensor) return constants.get(node) ?? node;
    if (left === 0) return node;
    if (Array.isArray(node)) return node.map((member) => replace(member, left - 1));
    if (!isPlainRecord(node)) return node;
    return Object.fromEntries(Object.entries(node).map(([key, member]) => [key, replace(member, left - 1)]));
  };
  return replace(data, levels) as T;
}
