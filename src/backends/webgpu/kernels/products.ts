// Matrix products on the GPU.
import { sizeOf } from "../../../ir/shape.ts";
import type { View } from "../../../ir/view.ts";
import type { Kernel } from "../shader.ts";
import { strided } from "./products-sources.ts";
import { product } from "./products-tile.ts";

export const matmul: Kernel<"matmul"> = ({ a, b, output, epilogue }, ctx) => {
  const batchAxes = output.shape.length - 2;
  const batch = (view: View) => ({
    shape: output.shape.slice(0, batchAxes),
    strides: view.strides.slice(0, batchAxes),
  });
  const axis = ({ shape, strides }: View, at: number) => ({
    shape: [shape[at] as number],
    strides: [strides[at] as number],
  });
  const [rowAxis, columnAxis] = [batchAxes, batchAxes + 1];
  return product(ctx, {
    batches: sizeOf(output.shape.slice(0, batchAxes)),
    rows: output.shape[rowAxis] as number,
    columns: output.shape[columnAxis] as number,
    depth: b.shape[rowAxis] as number,
    left: (shader, allowed) =>
      strided(shader, a, { batch: batch(a), outer: axis(a, rowAxis), depth: axis(a, columnAxis) }, "a", allowed),
    right: (shader, allowed) =>
      strided(shader, b, { batch: batch(b), outer: axis(b, columnAxis), depth: axis(b, rowAxis) }, "b", allowed),
    target: {
      view: output,
      batch: batch(output),
      rows: axis(output, rowAxis),
      columns: output.shape[columnAxis] as number,
      epilogue,
    },
  });
};
