// Tensors that have yet to be computed, among data that a user hands in.
import type { Backend } from "../backends/backend.ts";
import { isPlainRecord } from "../data/tree.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Deeper levels of records and lists are refused when they are read. */
const maxDepth = 33;

/** The data with constants in place of tensors that have yet to be computed, all in one run; at once without any. */
export function computed<T>(data: T, backend?: Backend): T | Promise<T> {
  const found = new Set<Tensor>();
  collect(data, found, 0);
  if (found.size === 0) return data;
  return import("./compute-tensors.ts").then(async ({ constantsFor, withConstants }) =>
    withConstants(data, await constantsFor([...found], backend), maxDepth),
  );
}

function collect(node: unknown, found: Set<Tensor>, depth: number): void {
  if (node instanceof Tensor) {
    if (node.op.name !== "constant") found.add(node);
  } else if (depth < maxDepth) for (const member of membersOf(node)) collect(member, found, depth + 1);
}

/** Members of a list or record that may hold tensors. */
function membersOf(node: unknown): readonly unknown[] {
  if (Array.isArray(node)) return ["number", "string"].includes(typeof node[0]) ? [] : node;
  return isPlainRecord(node) ? Object.values(node) : [];
}
