import type { MatmulInstruction } from "../../compiler/instruction.ts";
import type { TypedArray } from "../../tensor/dtype.ts";
import { map } from "./map.ts";
import type { Memory } from "./memory.ts";

/** A matrix inside an array: element (i, j) is `data[offset + i·rowStride + j·columnStride]`. */
interface Matrix {
  readonly data: TypedArray;
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** Batched product. Sums are kept in float64 and rounded once, when stored; the epilogue runs after the whole product. */
export function matmul({ a, b, output, epilogue }: MatmulInstruction, memory: Memory): void {
  const [batch, rows, columns] = output.shape as [number, number, number];
  const depth = a.shape[2] as number;
  const out = memory.window(output);
  const matrix = (view: typeof a, index: number): Matrix => {
    const [batchStride, rowStride, columnStride] = view.strides as [number, number, number];
    return { data: memory.array(view), offset: view.offset + index * batchStride, rowStride, columnStride };
  };
  const sums = new Float64Array(columns);
  for (let index = 0; index < batch; index++) {
    const left = matrix(a, index);
    const right = matrix(b, index);
    // Either way the innermost loop runs along the contiguous axis of the right operand.
    const multiplyRow = right.columnStride === 1 ? addScaledRows : dotProducts;
    for (let i = 0; i < rows; i++) {
      multiplyRow(left, left.offset + i * left.rowStride, right, depth, sums);
      out.set(sums, (index * rows + i) * columns);
    }
  }
  if (epilogue) map(epilogue, memory);
}

/** sums = Σ_k a[k] · (row k of b). */
function addScaledRows(a: Matrix, aRow: number, b: Matrix, depth: number, sums: Float64Array): void {
  sums.fill(0);
  for (let k = 0; k < depth; k++) {
    const scale = a.data[aRow + k * a.columnStride] as number;
    const bRow = b.offset + k * b.rowStride;
    for (let j = 0; j < sums.length; j++) sums[j] = (sums[j] as number) + scale * (b.data[bRow + j] as number);
  }
}

/** sums[j] = Σ_k a[k] · b[k, j], for columns of b that are contiguous or any others. */
function dotProducts(a: Matrix, aRow: number, b: Matrix, depth: number, sums: Float64Array): void {
  for (let j = 0; j < sums.length; j++) {
    const bColumn = b.offset + j * b.columnStride;
    let sum = 0;
    for (let k = 0; k < depth; k++) sum += (a.data[aRow + k * a.columnStride] as number) * (b.data[bColumn + k * b.rowStride] as number);
    sums[j] = sum;
  }
}
