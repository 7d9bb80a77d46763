import type { DType } from "./dtype.ts";
import { type Shape, sizeOf, stridesOf } from "./shape.ts";

/** Index into `Program.buffers`. */
export type BufferId = number;

/** A strided part of a buffer. Offset and strides count elements; a stride of 0 repeats (a broadcast axis). */
export interface View {
  readonly buffer: BufferId;
  readonly dtype: DType;
  readonly offset: number;
  readonly shape: Shape;
  readonly strides: readonly number[];
  /** Within loops: how many elements it moves by from step to step of each, the outermost first. Default 0. */
  readonly advances?: readonly number[];
}

/** Whether the elements are one after the other in row-major order. Axes of extent 1 may have any stride. */
export function isContiguous(view: View): boolean {
  const dense = stridesOf(view.shape);
  return (
    sizeOf(view.shape) === 0 || view.shape.every((extent, axis) => extent === 1 || view.strides[axis] === dense[axis])
  );
}

/** The first and the last element that a view reaches, counted from the start of its buffer. */
export function reachOf({ offset, shape, strides }: View): { from: number; to: number } {
  let [from, to] = [offset, offset];
  shape.forEach((extent, axis) => {
    const span = (extent - 1) * (strides[axis] as number);
    if (span > 0) to += span;
    else from += span;
  });
  return { from, to };
}

/**
 * Whether two views begin at the same element, at every step of loops. Bodies of loops have many values in one buffer.
 */
export function samePlace(a: View, b: View): boolean {
  return a.buffer === b.buffer && a.offset === b.offset && `${a.advances ?? ""}` === `${b.advances ?? ""}`;
}

/** Whether two views of one shape visit the elements of their buffers in the same order, from the same place. */
export function sameLayout(a: View, b: View): boolean {
  return a.offset === b.offset && a.strides.every((stride, axis) => stride === b.strides[axis]);
}

/** The same memory with axes of extent 1 dropped and neighbours merged where one stride describes both. */
export function collapse(view: View): { shape: number[]; strides: number[] } {
  const merged = collapseTogether(view.shape, [view.strides]);
  return { shape: merged.shape, strides: merged.strides[0] as number[] };
}

/**
 * Merges neighbouring axes wherever that is possible for all operands at once: the fewest loops that visit the same
 * elements.
 */
export function collapseTogether(
  shape: Shape,
  operands: readonly (readonly number[])[],
): { shape: number[]; strides: number[][] } {
  const extents: number[] = [];
  const strides: number[][] = operands.map(() => []);
  shape.forEach((extent, axis) => {
    if (extent === 1) return;
    const last = extents.length - 1;
    const mergeable =
      last >= 0 &&
      operands.every((operand, k) => (strides[k] as number[])[last] === (operand[axis] as number) * extent);
    if (mergeable) extents[last] = (extents[last] as number) * extent;
    else extents.push(extent);
    operands.forEach((operand, k) => {
      const list = strides[k] as number[];
      list[mergeable ? last : list.length] = operand[axis] as number;
    });
  });
  return { shape: extents, strides };
}

/** The view with a new shape over the same elements, or undefined where strides cannot express it. */
export function reshapeView(view: View, shape: Shape): View | undefined {
  if (isContiguous(view)) return { ...view, shape, strides: stridesOf(shape) };
  const source = collapse(view);
  const strides = new Array<number>(shape.length).fill(0);
  let piece = source.shape.length - 1;
  let filled = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] as number;
    if (extent === 1) continue;
    if (piece < 0) return undefined;
    const available = source.shape[piece] as number;
    if (available % (filled * extent) !== 0) return undefined;
    strides[axis] = (source.strides[piece] as number) * filled;
    filled *= extent;
    if (filled === available) {
      piece--;
      filled = 1;
    }
  }
  return { ...view, shape, strides };
}
