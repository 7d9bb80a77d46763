// Arguments and results of recorded functions: records and lists, nested at will, with tensors as their leaves.
import { type ArrayInput, type HostArray, isHostArray } from "../data/array.ts";
import { isPlainRecord, mapLeaves, toHostTree } from "../data/tree.ts";
import { literal, valueError } from "../errors.ts";
import { dtypeOf } from "../ir/dtype.ts";
import { placeholder } from "../tensor/ops/leaf.ts";
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

/** Checks arguments and brings them to the host. */
export function toArguments(given: readonly unknown[], nameOf: (index: number) => string): Arguments {
  const trees = given.map((tree, index) => toHostTree(nameOf(index), tree));
  const leaves: HostArray[] = [];
  return { trees, leaves, signature: describe(trees, leaves) };
}

/** Structure, shapes and dtypes as text. Adds the leaves to a list. */
function describe(node: unknown, leaves: HostArray[]): string {
  if (node === undefined) return "-";
  if (isHostArray(node)) {
    leaves.push(node);
    return `${dtypeOf(node.data)}[${node.shape}]`;
  }
  if (Array.isArray(node)) return `[${node.map((member) => describe(member, leaves))}]`;
  const members = Object.entries(node as object);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${describe(member, leaves)}`)}}`;
}

/** The arguments with placeholders as leaves. */
export function placeholdersFor({ trees }: Arguments): readonly unknown[] {
  let index = 0;
  const stand = ({ data, shape }: HostArray) => placeholder(inputName(index++), shape, dtypeOf(data));
  return trees.map((tree) => mapLeaves<unknown>(tree, stand as unknown as (leaf: HostArray) => HostArray));
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

/** The record with `change` done to each value. */
function mapRecord<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
