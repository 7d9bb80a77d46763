import type { View } from "../../compiler/instruction.ts";
import { shapeError } from "../../errors.ts";
import { defineOp, type LowerContext, type OpDefinition, record } from "../op.ts";
import { broadcastShapes, formatShape, type Shape, sameShape, sizeOf, stridesOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { reshapeView } from "../view.ts";
import { asTensor, type Operand } from "./leaf.ts";
import { broadcastTo, broadcastView, reshape, swapAxes } from "./shaping.ts";

/** [batch…, M, K] · [batch…, K, N]; transposed operands are views, so transposes cost nothing. */
export const matmulOp: OpDefinition<object> = /* @__PURE__ */ defineOp<object>({
  name: "matmul",
  infer: ([a, b]) => {
    const [left, right] = [(a as Tensor).shape, (b as Tensor).shape];
    if (left.length < 2 || right.length < 2 || left.at(-1) !== right.at(-2)) {
      throw shapeError("matmul", {
        rule: "both operands have two axes or more, and the last axis of a is the last but one of b",
        expected: left.length < 2 ? "a of rank ≥ 2" : `b [..., ${left.at(-1)}, n]`,
        received: formatShape(right),
        context: `a ${formatShape(left)}, b ${formatShape(right)}`,
      });
    }
    const batch = broadcastShapes("matmul", left.slice(0, -2), right.slice(0, -2));
    return { shape: [...batch, left.at(-2) as number, right.at(-1) as number], dtype: "float32" };
  },
  vjp: (dy, [a, b]) => [matmul(dy, swapAxes(b as Tensor)), matmul(swapAxes(a as Tensor), dy)],
  lower: (ctx, [a, b], output) => {
    const batch = output.shape.slice(0, -2);
    const result = ctx.allocate(output.shape, "float32");
    const flat: Shape = [sizeOf(batch), ...output.shape.slice(-2)];
    ctx.emit({
      kind: "matmul",
      a: operand(ctx, a as View, batch),
      b: operand(ctx, b as View, batch),
      output: { ...result, shape: flat, strides: stridesOf(flat) },
    });
    return result;
  },
});

/** The view as [batch, rows, columns] with one of the last two strides equal to 1; copied where that cannot be. */
function operand(ctx: LowerContext, view: View, batch: Shape): View {
  const [rows, columns] = view.shape.slice(-2) as [number, number];
  const [rowStride, columnStride] = view.strides.slice(-2) as [number, number];
  const isMatrix = columnStride === 1 || rowStride === 1 || columns === 1 || rows === 1;
  const whole = broadcastView(isMatrix ? view : ctx.contiguous(view), [...batch, rows, columns]);
  const flat = reshapeView(whole, [sizeOf(batch), rows, columns]) ?? reshapeView(ctx.contiguous(whole), [sizeOf(batch), rows, columns]);
  return unitStride(flat as View);
}

/** A row or column vector can say that its lone axis has stride 1. */
function unitStride(view: View): View {
  const [batch = 0, rows = 0, columns = 0] = view.strides;
  if (rows === 1 || columns === 1) return view;
  return { ...view, strides: view.shape[2] === 1 ? [batch, rows, 1] : [batch, 1, columns] };
}

/** Options of {@link matmul}. */
export interface MatmulOptions {
  /** Use aᵀ (its last two axes exchanged). Default false. */
  transposeA?: boolean;
  /** Use bᵀ. Default false. */
  transposeB?: boolean;
}

/**
 * Matrix product over the last two axes; leading axes broadcast.
 * @throws ShapeError where the inner extents differ.
 */
export function matmul(a: Operand, b: Operand, { transposeA = false, transposeB = false }: MatmulOptions = {}): Tensor {
  const left = transposeA ? swapAxes(a) : asTensor(a);
  const right = transposeB ? swapAxes(b) : asTensor(b);
  if (right.rank === 2 && left.rank > 2) {
    // One big product rather than many small ones.
    const rows = left.shape.slice(0, -1);
    return reshape(matmul(reshape(left, [sizeOf(rows), left.shape.at(-1) as number]), right), [...rows, right.shape[1] as number]);
  }
  if (left.rank > 2 && !sameShape(left.shape.slice(0, -2), right.shape.slice(0, -2))) {
    const batch = broadcastShapes("matmul", left.shape.slice(0, -2), right.shape.slice(0, -2));
    return record(matmulOp, [broadcastTo(left, [...batch, ...left.shape.slice(-2)]), broadcastTo(right, [...batch, ...right.shape.slice(-2)])], {});
  }
  return record(matmulOp, [left, right], {});
}
