// Arguments and results of recorded functions: records and lists, nested at will, with tensors as their leaves.
import type { Backend } from "../backends/backend.ts";
import { evaluate } from "../backends/evaluate.ts";
import { type ArrayInput, type HostArray, isHostArray } from "../data/array.ts";
import { checkDepth, isPlainRecord, leavesOf, mapLeaves, toHostTree } from "../data/tree.ts";
import { literal, valueError } from "../errors.ts";
import { dtypeOf, type TypedArray } from "../ir/dtype.ts";
import { placeholder, tensor } from "../tensor/ops/leaf.ts";
import { Tensor } from "../tensor/tensor.ts";

/** What a call takes in place of tensors: arrays in any form. Records and lists keep their structure. */
export type Given<T> = T extends Tensor ? ArrayInput : { readonly [K in keyof T]: Given<T[K]> };

/** Arrays that a function is called with, in the structure of its arguments. */
export interface Arguments {
  /** The arguments, with host arrays as leaves. */
  readonly trees: readonly unknown[];
  readonly leaves: readonly HostArray[];
  /** Structure, shapes and dtypes as text: equal where one program serves. */
  readonly signature: string;
}

/** The name of the placeholder for a leaf. */
export const inputName = (index: number): string => `input${index}`;

/** Checks arguments and brings them to the host; tensors that are not constants are computed. */
export async function toArguments(
  given: readonly unknown[],
  nameOf: (index: number) => string,
  backend: Backend | undefined,
): Promise<Arguments> {
  const computed = await compute(given, nameOf, backend);
  const trees = computed.map((tree, index) => toHostTree(nameOf(index), tree));
  const leaves = trees.flatMap((tree) => leavesOf("", tree)).map(([, leaf]) => leaf);
  return { trees, leaves, signature: JSON.stringify(trees, describeLeaf) };
}

/** For `JSON.stringify`: an array is its dtype and shape. A number, which no tree holds, is what is not given. */
const describeLeaf = (_: string, node: unknown): unknown =>
  node === undefined ? 0 : isHostArray(node) ? `${dtypeOf(node.data)}[${node.shape}]` : node;

/** The arguments with placeholders as leaves. */
export function placeholdersFor({ trees }: Arguments): readonly unknown[] {
  let index = 0;
  const stand = ({ data, shape }: HostArray) => placeholder(inputName(index++), shape, dtypeOf(data));
  return trees.map((tree) => mapLeaves<unknown>(tree, stand as unknown as (leaf: HostArray) => HostArray));
}

/** The structure with constants in the place of tensors that have yet to be computed: all in one run. */
async function compute(
  given: readonly unknown[],
  nameOf: (index: number) => string,
  backend: Backend | undefined,
): Promise<readonly unknown[]> {
  const recorded = new Set<Tensor>();
  const collect = (node: unknown, name: string, depth = 0): void => {
    checkDepth(name, depth);
    if (!(node instanceof Tensor)) for (const member of membersOf(node)) collect(member, name, depth + 1);
    else if (node.op.name !== "constant") recorded.add(node);
  };
  given.forEach((node, index) => {
    collect(node, nameOf(index));
  });
  if (recorded.size === 0) return given;
  const list = [...recorded];
  const values = await evaluate(list, backend);
  const constants = new Map(list.map((node, index) => [node, tensor(values[index] as TypedArray, node.shape)]));
  const replace = (node: unknown): unknown => {
    if (node instanceof Tensor) return constants.get(node) ?? node;
    if (membersOf(node).length === 0) return node;
    return Array.isArray(node) ? node.map(replace) : mapRecord(node as Readonly<Record<string, unknown>>, replace);
  };
  return given.map(replace);
}

/** Puts values in the places of a result's tensors. */
export type Rebuild = (values: readonly unknown[]) => unknown;

/**
 * Finds the tensors of a result and gives what puts their values in their places.
 * @throws ValueError where the result holds what is neither a tensor nor a list or record of them.
 */
export function outline(label: string, result: unknown, found: Tensor[]): Rebuild {
  if (result instanceof Tensor) {
    const index = found.push(result) - 1;
    return (values) => values[index];
  }
  if (result === undefined) return () => undefined;
  if (Array.isArray(result)) {
    const parts = result.map((part) => outline(label, part, found));
    return (values) => parts.map((rebuild) => rebuild(values));
  }
  if (isPlainRecord(result)) {
    const parts = mapRecord(result, (part) => outline(label, part, found));
    return (values) => mapRecord(parts, (rebuild) => rebuild(values));
  }
  // What an async function throws is not shown, for this is what has to be changed.
  if (result instanceof Promise) result.catch(() => {});
  throw valueError(label, {
    rule: "the function gives tensors",
    expected: "a tensor, or a list or record of tensors",
    received: literal(result),
    ...(result instanceof Promise && { advice: "Record without await: values are there when the call ends." }),
  });
}

/** Members of a list or record that may hold tensors. */
function membersOf(node: unknown): readonly unknown[] {
  if (Array.isArray(node)) return typeof node[0] === "number" ? [] : node;
  return isPlainRecord(node) ? Object.values(node) : [];
}

/** The record with `change` done to each value. */
function mapRecord<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
