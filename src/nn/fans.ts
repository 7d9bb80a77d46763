// Fan-in and fan-out of a variable, by which initializers scale.
import { type Shape, sizeOf } from "../ir/shape.ts";

/** How many inputs an output sees, and how many outputs an input feeds. */
export interface Fans {
  readonly in: number;
  readonly out: number;
}

/**
 * Fans by rank: [n] has n and n; [in, out]; kernels [space…, in, out] count the receptive field. @see Keras 3
 * `compute_fans`.
 */
export function fansOf(shape: Shape): Fans {
  if (shape.length < 2) return { in: shape[0] ?? 1, out: shape[0] ?? 1 };
  const field = sizeOf(shape.slice(0, -2));
  return { in: field * (shape.at(-2) as number), out: field * (shape.at(-1) as number) };
}
