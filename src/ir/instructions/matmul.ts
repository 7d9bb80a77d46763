import { describe } from "../descriptor.ts";
import { sizeOf } from "../shape.ts";
import type { View } from "../view.ts";
import type { MapInstruction } from "./map.ts";

/**
 * output[b] = a[b] · b[b]. `a` is [batch…, M, K] and `b` is [batch…, K, N], each with one of its last two strides equal
 * to 1 (so transposes cost nothing; batch stride 0 repeats an operand); `output` is [batch…, M, N] with columns of
 * stride 1, and its elements are those of a contiguous tensor, in row-major order where there is an epilogue. There is
 * one batch axis unless strides need more: the heads of attention are a second one, whose results are side by side in
 * rows of all heads.
 *
 * With `rowAxes`, there is one batch axis, and `a` is [batch, rows…, depth…] with any strides: so many axes make up M
 * in row-major order, the others K. Patches of an image are such a view (elements in several patches appear as often),
 * which makes this instruction a convolution and its filter gradient.
 *
 * The epilogue is a map over shape [batch…·M, N] or its collapsed form, one of whose inputs is `output`; it may run on
 * rows as soon as they are done. It never writes what `a` or `b` read.
 */
export interface MatmulInstruction {
  readonly kind: "matmul";
  readonly a: View;
  readonly b: View;
  readonly output: View;
  readonly rowAxes?: number;
  readonly epilogue?: MapInstruction;
}

export const matmul = /* @__PURE__ */ describe<MatmulInstruction>(
  { a: "reads", b: "reads", output: "writes", rowAxes: "number", epilogue: "epilogue" },
  ({ b, output }) => 2 * sizeOf(output.shape) * (b.shape.at(-2) as number),
);
