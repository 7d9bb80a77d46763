// Whole numbers as vectors, on the host.
import type { HostArray } from "../../../data/array.ts";
import { valueError } from "../../../errors.ts";
import type { Shape } from "../../../ir/shape.ts";

/**
 * What a layer makes of the index of each value: the index itself; a vector for each value; or one for each sample,
 * with 1 where an index occurs, how often it occurs, or that times its inverse document frequency.
 */
export type IndexMode = "int" | "oneHot" | "multiHot" | "count" | "tfIdf";

const modes: readonly string[] = ["int", "oneHot", "multiHot", "count", "tfIdf"];

/** @throws ValueError on another mode. @param count how many of "int", "oneHot", "multiHot", "count", "tfIdf". */
export function checkIndexMode(owner: string, mode: string, count = modes.length): void {
  const known = modes.slice(0, count);
  if (known.includes(mode)) return;
  throw valueError(owner, { rule: "unknown outputMode", expected: `one of ${known.join(", ")}`, received: mode });
}

/** The shape of encoded indices. A sample that is one index, of rank 1, has an axis of its own. */
export function encodedShape(shape: Shape, mode: IndexMode, depth: number): Shape {
  if (mode === "int") return shape;
  const isRow = mode !== "oneHot" || (shape.length > 1 && shape.at(-1) === 1);
  return [...(isRow && shape.length > 1 ? shape.slice(0, -1) : shape), depth];
}

/** Encodes indices; those outside [0, depth) count for nothing. @param scale multiplies counts, by index. */
export function encodeIndices(
  indices: Int32Array,
  shape: Shape,
  mode: IndexMode,
  depth: number,
  scale?: ArrayLike<number>,
): HostArray {
  if (mode === "int") return { data: indices, shape };
  const row = mode === "oneHot" || shape.length < 2 ? 1 : (shape.at(-1) as number);
  const data = new Float32Array(row === 0 ? 0 : (indices.length / row) * depth);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] as number;
    if (index < 0 || index >= depth) continue;
    const at = Math.floor(i / row) * depth + index;
    if (mode === "oneHot" || mode === "multiHot") data[at] = 1;
    else data[at] = (data[at] as number) + 1;
  }
  if (scale) for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) * (scale[i % depth] as number);
  return { data, shape: encodedShape(shape, mode, depth) };
}
