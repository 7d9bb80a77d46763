import type { Shape } from "../ir/shape.ts";

/** The index, axis by axis, of a place in row-major order. */
export function indexIn(shape: Shape, position: number): number[] {
  let rest = position;
  return [...shape]
    .reverse()
    .map((extent) => {
      const index = rest % extent;
      rest = Math.floor(rest / extent);
      return index;
    })
    .reverse();
}
