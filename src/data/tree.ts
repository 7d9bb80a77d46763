// Records and lists of arrays: reading, stacking and mapping them as a whole.
import { shapeError, valueError } from "../errors.ts";
import { cut } from "../format.ts";
import { formatShape, sameShape } from "../ir/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type ArrayInput, emptyLike, type HostArray, isHostArray, isTextData, rowsOf, toHostArray } from "./array.ts";
import { type HostText, hostText, isText, type TextInput } from "./text.ts";

/**
 * The same structure (records and lists, nested at will) with a {@link HostArray} in place of everything that stands
 * for an array.
 */
export type HostTree<T> = T extends undefined
  ? undefined
  : T extends string | TextInput
    ? HostText
    : T extends ArrayInput
      ? HostArray
      : { readonly [K in keyof T]: HostTree<T[K]> };

/** A structure whose leaves are arrays, as far as the compiler has to know. */
type Node = HostArray | undefined | readonly Node[] | { readonly [key: string]: Node };

/** Levels of records and lists. */
export const maxDepth = 32;

/** Checks how deep records and lists are nested. @throws ShapeError beyond 32 levels. */
function checkDepth(name: string, depth: number): void {
  if (depth <= maxDepth) return;
  throw shapeError(name, {
    rule: "records and lists are nested too deep",
    expected: `at most ${maxDepth} levels`,
    received: "more",
  });
}

/**
 * Turns every leaf into a {@link HostArray}. A list whose members are tensors, host arrays or records is a list of
 * inputs; any other array is nested numbers. `undefined` stays, so `{ x, y, sampleWeight: undefined }` is fine.
 *
 * @param strings whether leaves may be strings, too.
 */
export function toHostTree<T>(name: string, tree: T, strings = false): HostTree<T> {
  const convert = (path: string, node: unknown, depth = 0): unknown => {
    checkDepth(cut(path, 40), depth);
    if (node === undefined) return node;
    if (isHostArray(node)) return isTextData(node.data) ? node : toHostArray(path, node);
    if (strings && isText(node)) return hostText(node);
    if (isList(node)) return node.map((member, index) => convert(`${path}[${index}]`, member, depth + 1));
    if (isPlainRecord(node))
      return Object.fromEntries(
        Object.entries(node).map(([key, member]) => [key, convert(path ? `${path}.${key}` : key, member, depth + 1)]),
      );
    return toHostArray(path || "data", node as ArrayInput);
  };
  return convert(name, tree) as HostTree<T>;
}

const isMember = (value: unknown, depth: number): boolean =>
  value instanceof Tensor || isHostArray(value) || isPlainRecord(value) || isList(value, depth);

/** Whether this is a list of arrays, records and such lists, rather than of numbers. So is what is nested too deep. */
const isList = (value: unknown, depth = 0): value is unknown[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  (depth > maxDepth || value.every((member) => isMember(member, depth + 1)));

/** Whether this is an object of no class, and not an array in the form `{ data, shape }`. */
export function isPlainRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" &&
    value !== null &&
    [Object.prototype, null].includes(Object.getPrototypeOf(value)) &&
    !isHostArray(value)
  );
}

/** A leaf and its place in the tree. */
type Leaf = readonly [path: string, leaf: HostArray];

/** The leaves with their paths (`x`, `x[0]`, `x.image`), in order. */
export function leavesOf(name: string, tree: unknown): Leaf[] {
  const node = tree as Node;
  if (node === undefined) return [];
  if (isHostArray(node)) return [[name || "data", node]];
  if (Array.isArray(node)) return node.flatMap((member, index) => leavesOf(`${name}[${index}]`, member));
  return Object.entries(node).flatMap(([key, member]) => leavesOf(name ? `${name}.${key}` : key, member));
}

/** The tree with `change` done to each leaf. */
export function mapLeaves<T>(tree: T, change: (leaf: HostArray) => HostArray): T {
  const visit = (node: Node): Node => {
    if (node === undefined) return node;
    if (isHostArray(node)) return change(node);
    if (Array.isArray(node)) return node.map(visit);
    return Object.fromEntries(Object.entries(node).map(([key, member]) => [key, visit(member)]));
  };
  return visit(tree as Node) as T;
}

/** How many rows all leaves have. @throws ShapeError where they differ, ValueError where there are no leaves. */
export function commonRows(name: string, tree: unknown): number {
  const leaves = leavesOf("", tree);
  const [first] = leaves;
  if (first === undefined)
    throw valueError(name, { rule: "there must be data", expected: "at least one array", received: "none" });
  const rows = rowsOf(first[0], first[1]);
  for (const [path, leaf] of leaves) {
    const other = rowsOf(path, leaf);
    if (other === rows) continue;
    throw shapeError(name, {
      rule: "all arrays must have the same number of rows",
      expected: `${rows} rows`,
      received: other,
      context: `${first[0]} ${formatShape(first[1].shape)}, ${path} ${formatShape(leaf.shape)}`,
    });
  }
  return rows;
}

/** Stacks examples of equal structure along a new first axis. */
export function stack<T>(name: string, examples: readonly HostTree<T>[]): HostTree<T> {
  const columns = examples.map((example) => leavesOf("", example));
  const [first] = columns as [Leaf[]];
  columns.forEach((leaves, example) => {
    // One past the end too, to catch an example that has more than the first.
    for (let i = 0; i <= first.length; i++) checkAlike(name, first[i], leaves[i], example);
  });
  let next = 0;
  return mapLeaves(examples[0] as HostTree<T>, ({ data, shape }) => {
    const index = next++;
    const out = emptyLike(data, examples.length * data.length);
    columns.forEach((leaves, row) => {
      out.set((leaves[index] as Leaf)[1].data, row * data.length);
    });
    return { data: out, shape: [examples.length, ...shape] };
  });
}

function checkAlike(name: string, first: Leaf | undefined, leaf: Leaf | undefined, example: number): void {
  if (first?.[0] === leaf?.[0] && sameShape(first?.[1].shape ?? [], leaf?.[1].shape ?? [])) return;
  const show = (of: Leaf | undefined) => (of ? `${of[0]} ${formatShape(of[1].shape)}` : "nothing more");
  throw shapeError(name, {
    rule: "examples of one batch must have the same structure and shapes",
    expected: show(first),
    received: show(leaf),
    context: `example ${example} of the batch`,
  });
}
