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
 * The epilogue is a map over shape [batch…·M, N] or its collapsed form, one of whose inputs is `output`; it may run on
 * rows as soon as they are done. It never writes what `a` or `b` read.
 */
export interface MatmulInstruction {
  readonly kind: "matmul";
  readonly a: View;
  readonly b: View;
  readonly output: View;
  readonly epilogue?: MapInstruction;
}

export const matmul = /* @__PURE__ */ describe<MatmulInstruction>(
  { a: "reads", b: "reads", output: "writes", epilogue: "epilogue" },
  ({ b, output }) => 2 * sizeOf(output.shape) * (b.shape.at(-2) as number),
);
