// Tensors that have yet to be computed, among data that a user hands in.
import type { Backend } from "../backends/backend.ts";
import { isPlainRecord } from "../data/tree.ts";
import { Tensor } from "../tensor/tensor.ts";

/** The data with constants in place of tensors that have yet to be computed, all in one run; at once without any. */
export function computed<T>(data: T, backend?: Backend): T | Promise<T> {
  // Each once, since lists may hold themselves; that and lists that are too deep are refused when they are read.
  const seen = new Set<unknown>([data]);
  for (const node of seen) for (const member of membersOf(node)) if (typeof member === "object") seen.add(member);
  const found = [...seen].filter((node) => node instanceof Tensor && node.op.name !== "constant") as Tensor[];
  if (found.length === 0) return data;
  return import("./compute-tensors.ts").then(async ({ constantsFor, withConstants }) =>
    withConstants(data, await constantsFor(found, backend)),
  );
}

/** Members of a list or record that may hold tensors. */
function membersOf(node: unknown): readonly unknown[] {
  if (Array.isArray(node)) return ["number", "string"].includes(typeof node[0]) ? [] : node;
  return isPlainRecord(node) ? Object.values(node) : [];
}
