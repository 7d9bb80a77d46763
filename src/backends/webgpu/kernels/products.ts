// Matrix products on the GPU.
import { sizeOf } from "../../../ir/shape.ts";
import type { View } from "../../../ir/view.ts";
import { type Kernel, offsetCode, perItem, Shader } from "../shader.ts";
import { storeCode } from "./epilogue.ts";

/** A thread for each element of the result. */
export const matmul: Kernel<"matmul"> = ({ a, b, output, epilogue }, ctx) => {
  const batchAxes = output.shape.length - 2;
  const [rows, columns] = output.shape.slice(-2) as [number, number];
  const depth = b.shape[batchAxes] as number;
  const batches = output.shape.slice(0, batchAxes);
  if (sizeOf(output.shape) === 0) return [];
  const shader = new Shader(ctx);
  const [left, right] = [shader.operand(a), shader.operand(b)];
  const batchOffset = (view: View) => offsetCode("z", batches, view.strides.slice(0, batchAxes));
  const at = ({ strides }: View, row: string, column: string) =>
    `${row} * ${strides[batchAxes]}u + ${column} * ${strides[batchAxes + 1]}u`;
  return perItem(
    ctx,
    shader,
    sizeOf(output.shape),
    `let z = i / ${rows * columns}u;
let row = (i / ${columns}u) % ${rows}u;
let column = i % ${columns}u;
let aBase = ${batchOffset(a)};
let bBase = ${batchOffset(b)};
var sum = 0.0;
for (var k = 0u; k < ${depth}u; k++) {
  sum = fma(${left.get(`aBase + ${at(a, "row", "k")}`)}, ${right.get(`bBase + ${at(b, "k", "column")}`)}, sum);
}
${storeCode(shader, ctx, output, epilogue, {
  value: "sum",
  address: `${batchOffset(output)} + ${at(output, "row", "column")}`,
  flat: "i",
})}`,
  );
};
