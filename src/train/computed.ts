// Tensors that have yet to be computed, among data that a user hands in.
import type { Backend } from "../backends/backend.ts";
import { evaluate } from "../backends/evaluate.ts";
import { isPlainRecord } from "../data/tree.ts";
import type { TypedArray } from "../ir/dtype.ts";
import { tensor } from "../tensor/ops/leaf.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Deeper levels of records and lists are refused when they are read. */
const maxDepth = 33;

/** The data with constants in place of tensors that have yet to be computed, all in one run; at once without any. */
export function computed<T>(data: T, backend?: Backend): T | Promise<T> {
  const found = new Set<Tensor>();
  collect(data, found, 0);
  return found.size === 0 ? data : compute(data, [...found], backend);
}

function collect(node: unknown, found: Set<Tensor>, depth: number): void {
  if (node instanceof Tensor) {
    if (node.op.name !== "constant") found.add(node);
  } else if (depth < maxDepth) for (const member of membersOf(node)) collect(member, found, depth + 1);
}

async function compute<T>(data: T, found: readonly Tensor[], backend: Backend | undefined): Promise<T> {
  const values = await evaluate(found, backend);
  const constants = new Map(found.map((node, index) => [node, tensor(values[index] as TypedArray, node.shape)]));
  const replace = (node: unknown, depth: number): unknown => {
    if (node instanceof Tensor) return constants.get(node) ?? node;
    if (depth === maxDepth || membersOf(node).length === 0) return node;
    if (Array.isArray(node)) return node.map((member) => replace(member, depth + 1));
    return Object.fromEntries(Object.entries(node as object).map(([key, member]) => [key, replace(member, depth + 1)]));
  };
  return replace(data, 0) as T;
}

/** Members of a list or record that may hold tensors. */
function membersOf(node: unknown): readonly unknown[] {
  if (Array.isArray(node)) return ["number", "string"].includes(typeof node[0]) ? [] : node;
  return isPlainRecord(node) ? Object.values(node) : [];
}
