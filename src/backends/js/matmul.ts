// Matrix products on the js backend.
import type { TypedArray } from "../../ir/dtype.ts";
import type { MatmulInstruction } from "../../ir/instructions/matmul.ts";
import type { View } from "../../ir/view.ts";
import { map } from "./map.ts";
import type { Memory } from "./memory.ts";

/** A matrix inside an array: element (i, j) is `data[rows[i] + columns[j]]`. */
interface Matrix {
  readonly data: TypedArray;
  readonly rows: Int32Array;
  readonly columns: Int32Array;
}

/**
 * Batched product. Sums are kept in float64 and rounded once, when stored; the epilogue runs after the whole product.
 */
export function matmul({ a, b, output, epilogue }: MatmulInstruction, memory: Memory): void {
  const [rows, columns] = output.shape.slice(-2) as [number, number];
  const batchAxes = output.shape.length - 2;
  const depth = b.shape[batchAxes] as number;
  const out = memory.array(output);
  const startsOf = ({ shape, strides, offset }: View) =>
    offsetsOf(shape.slice(0, batchAxes), strides.slice(0, batchAxes), offset);
  const [aStarts, bStarts, starts] = [startsOf(a), startsOf(b), startsOf(output)];
  const rowStride = output.strides[batchAxes] as number;
  const left = new Float64Array(depth);
  const right = new Float64Array(depth * columns);
  const sums = new Float64Array(columns);
  for (let index = 0; index < starts.length; index++) {
    const aMatrix = matrixFrom(a, aStarts[index] as number, memory, batchAxes);
    const bMatrix = matrixFrom(b, bStarts[index] as number, memory, batchAxes);
    for (let k = 0; k < depth; k++) packRow(bMatrix, k, columns, right, k * columns);
    for (let i = 0; i < rows; i++) {
      packRow(aMatrix, i, depth, left, 0);
      addScaledRows(left, right, sums);
      out.set(sums, (starts[index] as number) + i * rowStride);
    }
  }
  if (epilogue) map(epilogue, memory);
}

/** The matrix of a view [batch…, rows, columns] that begins at `start`. */
function matrixFrom(view: View, start: number, memory: Memory, batchAxes: number): Matrix {
  const { shape, strides } = view;
  return {
    data: memory.array(view),
    rows: offsetsOf(shape.slice(batchAxes, -1), strides.slice(batchAxes, -1), start),
    columns: offsetsOf(shape.slice(-1), strides.slice(-1), 0),
  };
}

/** Where the elements of a strided box are, in row-major order. */
function offsetsOf(shape: readonly number[], strides: readonly number[], base: number): Int32Array {
  let offsets = Int32Array.of(base);
  shape.forEach((extent, axis) => {
    const stride = strides[axis] as number;
    const finer = new Int32Array(offsets.length * extent);
    offsets.forEach((offset, index) => {
      for (let i = 0; i < extent; i++) finer[index * extent + i] = offset + i * stride;
    });
    offsets = finer;
  });
  return offsets;
}

/** Copies a row to contiguous float64, so that one loop serves every layout and both precisions. */
function packRow({ data, rows, columns }: Matrix, row: number, length: number, target: Float64Array, to: number): void {
  const from = rows[row] as number;
  for (let j = 0; j < length; j++) target[to + j] = data[from + (columns[j] as number)] as number;
}

/** sums = Σ_k a[k] · (row k of b). Four rows at a time, so that each sum is read and written a quarter as often. */
function addScaledRows(a: Float64Array, b: Float64Array, sums: Float64Array): void {
  const columns = sums.length;
  const whole = a.length - (a.length % 4);
  sums.fill(0);
  for (let k = 0; k < whole; k += 4) {
    const [a0, a1, a2, a3] = [a[k] as number, a[k + 1] as number, a[k + 2] as number, a[k + 3] as number];
    const row0 = k * columns;
    const [row1, row2, row3] = [row0 + columns, row0 + 2 * columns, row0 + 3 * columns];
    for (let j = 0; j < columns; j++) {
      sums[j] =
        (sums[j] as number) +
        a0 * (b[row0 + j] as number) +
        a1 * (b[row1 + j] as number) +
        a2 * (b[row2 + j] as number) +
        a3 * (b[row3 + j] as number);
    }
  }
  for (let k = whole; k < a.length; k++) {
    const scale = a[k] as number;
    for (let j = 0; j < columns; j++) sums[j] = (sums[j] as number) + scale * (b[k * columns + j] as number);
  }
}
