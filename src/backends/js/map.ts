// Elementwise expressions on the js backend.
import type { ExpressionNode } from "../../ir/expression.ts";
import type { MapInstruction } from "../../ir/instructions/map.ts";
import { type Shape, sizeOf } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import { type FloatArray, type Memory, tileSize } from "./memory.ts";
import { tileLoops } from "./primitives.ts";

/**
 * Runs the expression node by node over tiles of 1024 elements, each node with a tile of its own. A tile's inputs are
 * all read before its outputs are written, which is what makes maps in place right.
 */
export function map({ shape, inputs, outputs, expression }: MapInstruction, memory: Memory): void {
  const { nodes } = expression;
  const size = sizeOf(shape);
  nodes.forEach((node, index) => {
    if (node.op === "constant") memory.tile(index).fill(node.value);
  });
  for (let start = 0; start < size; start += tileSize) {
    const count = Math.min(tileSize, size - start);
    nodes.forEach((node, index) => {
      if (node.op === "input") loadTile(inputs[node.index] as View, shape, start, count, memory.tile(index), memory);
      else if (node.op !== "constant") applyNode(node, count, memory.tile(index), memory);
    });
    expression.outputs.forEach((node, index) => {
      storeTile(outputs[index] as View, start, count, memory.tile(node), memory);
    });
  }
}

function applyNode(
  node: Exclude<ExpressionNode, { op: "input" | "constant" }>,
  count: number,
  out: FloatArray,
  memory: Memory,
): void {
  // In place of operands that the primitive does not have the first one is passed.
  const [x = 0, y = x, z = x] = node.args;
  tileLoops[node.op](count, out, memory.tile(x), memory.tile(y), memory.tile(z));
}

/**
 * Reads the elements `start … start + count − 1` of `shape`, in row-major order, through a view that may repeat axes.
 */
function loadTile(view: View, shape: Shape, start: number, count: number, tile: FloatArray, memory: Memory): void {
  const data = memory.array(view);
  const last = shape.length - 1;
  const columns = shape[last] ?? 1;
  const stride = view.strides[last] ?? 0;
  let row = Math.floor(start / columns);
  let column = start % columns;
  for (let filled = 0; filled < count; row++, column = 0) {
    const length = Math.min(columns - column, count - filled);
    const from = view.offset + rowOffset(row, shape, view.strides) + column * stride;
    for (let i = 0; i < length; i++) tile[filled + i] = data[from + i * stride] as number;
    filled += length;
  }
}

/** Where row number `row` begins, when all axes but the last are counted through. */
function rowOffset(row: number, shape: Shape, strides: readonly number[]): number {
  let offset = 0;
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    const extent = shape[axis] as number;
    offset += (row % extent) * (strides[axis] as number);
    row = Math.floor(row / extent);
  }
  return offset;
}

function storeTile(view: View, start: number, count: number, tile: FloatArray, memory: Memory): void {
  const data = memory.array(view);
  const to = view.offset + start;
  if (view.dtype === "int32") for (let i = 0; i < count; i++) data[to + i] = toInt32(tile[i] as number);
  else for (let i = 0; i < count; i++) data[to + i] = tile[i] as number;
}

/**
 * Truncates towards zero. Out of range gives the nearest integer that fits, NaN gives 0: as WASM's saturating
 * conversion.
 */
function toInt32(x: number): number {
  return Math.max(-2147483648, Math.min(2147483647, x));
}
