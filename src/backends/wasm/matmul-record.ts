import type { MatmulInstruction } from "../../ir/instructions/matmul.ts";
import { sizeOf } from "../../ir/shape.ts";
import { isContiguous, type View } from "../../ir/view.ts";
import { matmulScratchBytes } from "./gemm-scratch.ts";
import { writeMap } from "./map-record.ts";
import type { RecordWriter } from "./record-writer.ts";

/**
 * A product whose `a` may be patches: [batch, rows…, depth…] with any strides, where so many axes make up the rows in
 * row-major order and the others the depth.
 */
export interface Product extends Omit<MatmulInstruction, "kind"> {
  readonly rowAxes?: number;
}

/**
 * Writes the record of assembly/gemm.ts, behind it axes of patches and of the batch, and the record of the epilogue.
 */
export function writeMatmul({ a, b, output, rowAxes, epilogue }: Product, writer: RecordWriter): void {
  const [m = 1, n = 1] = output.shape.slice(-2);
  const axes = output.shape.length - 2;
  const [aRow = 0, aColumn = 0] = rowAxes === undefined ? a.strides.slice(-2) : [];
  const [bRow = 0, bColumn = 0] = b.strides.slice(-2);
  const k = b.shape.at(-2) as number;
  const set = writer.fields({
    a: writer.addressOf(a),
    b: writer.addressOf(b),
    c: writer.addressOf(output),
    batch: sizeOf(output.shape.slice(0, axes)),
    m,
    n,
    k,
    aRow,
    aColumn,
    bRow,
    bColumn,
    aBatch: a.strides[0] as number,
    bBatch: b.strides[0] as number,
    scratch: writer.scratch(matmulScratchBytes(m, n, k)),
    epilogue: 0,
    patches: 0,
    entries: 0,
  });
  if (rowAxes !== undefined) {
    set("patches", writer.address);
    writePatches(a, rowAxes, writer);
  }
  if (axes > 1 || !isContiguous(output)) {
    set("entries", writer.address);
    writer.fields({ cRow: output.strides[axes] as number, axes });
    for (let axis = 0; axis < axes; axis++)
      writer.word(output.shape[axis] as number, ...[a, b, output].map(({ strides }) => strides[axis] as number));
  }
  if (!epilogue) return;
  writer.align();
  set("epilogue", writer.address);
  writeMap(epilogue, writer);
}

/** The axes of patches but for the first, strides in bytes. */
export function writePatches({ shape, strides }: View, rowAxes: number, writer: RecordWriter): void {
  writer.fields({ rowAxes, depthAxes: shape.length - 1 - rowAxes });
  for (let axis = 1; axis < shape.length; axis++) writer.word(shape[axis] as number, (strides[axis] as number) * 4);
}
