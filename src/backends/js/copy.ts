// Copies and fills on the js backend.
import type { TypedArray } from "../../ir/dtype.ts";
import type { CopyInstruction, FillInstruction } from "../../ir/instructions/copy.ts";
import type { Memory } from "./memory.ts";

/** Strided copy. */
export function copy({ input, output }: CopyInstruction, memory: Memory): void {
  const source = memory.array(input);
  const target = memory.array(output);
  copyAxis(0, input.offset, output.offset);

  function copyAxis(axis: number, from: number, to: number): void {
    if (axis === output.shape.length) {
      target[to] = source[from] as number;
      return;
    }
    const extent = output.shape[axis] as number;
    const fromStride = input.strides[axis] as number;
    const toStride = output.strides[axis] as number;
    if (axis === output.shape.length - 1) copyRow(extent, source, from, fromStride, target, to, toStride);
    else for (let i = 0; i < extent; i++) copyAxis(axis + 1, from + i * fromStride, to + i * toStride);
  }
}

function copyRow(
  count: number,
  source: TypedArray,
  from: number,
  fromStride: number,
  target: TypedArray,
  to: number,
  toStride: number,
): void {
  for (let i = 0; i < count; i++) target[to + i * toStride] = source[from + i * fromStride] as number;
}

/** Writes one value through a view. */
export function fill({ value, output }: FillInstruction, memory: Memory): void {
  const target = memory.array(output);
  fillAxis(0, output.offset);

  function fillAxis(axis: number, to: number): void {
    if (axis === output.shape.length) {
      target[to] = value;
      return;
    }
    const extent = output.shape[axis] as number;
    const stride = output.strides[axis] as number;
    for (let i = 0; i < extent; i++) fillAxis(axis + 1, to + i * stride);
  }
}
