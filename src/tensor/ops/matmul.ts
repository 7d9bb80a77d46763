// The matrix product.
import { shapeError } from "../../errors.ts";
import { broadcastShapes, formatShape, mayEqual, type Shape, sameShape, sizeOf } from "../../ir/shape.ts";
import { collapseTogether, type View } from "../../ir/view.ts";
import { checkOptions } from "../../options.ts";
import { defineOp, type LowerContext, type OpDefinition, record } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { asTensor, type Operand } from "./leaf.ts";
import { broadcastTo, broadcastView, expandDims, reshape, squeeze, swapAxes, transpose } from "./shaping.ts";

/** Attributes of a recorded product. */
export interface MatmulAttrs {
  /**
   * The result's rows come before this many batch axes: [batch…, M, heads…, N]. Used by the simplifier for attention
   * heads. Default 0.
   */
  readonly rowsBefore?: number;
}

/** [batch…, M, K] · [batch…, K, N]; transposed operands are views, so transposes cost nothing. */
export const matmulOp: OpDefinition<MatmulAttrs> = /* @__PURE__ */ defineOp<MatmulAttrs>({
  name: "matmul",
  infer: ([a, b], { rowsBefore = 0 }) => {
    const [left, right] = [(a as Tensor).shape, (b as Tensor).shape];
    if (left.length < 2 || right.length < 2 || !mayEqual(left.at(-1), right.at(-2))) {
      throw shapeError("matmul", {
        rule: "the last axis of a is the last but one of b (the last of a vector)",
        expected: left.length < 2 || right.length < 2 ? "operands with axes" : `b [..., ${left.at(-1)}, n]`,
        received: formatShape(right),
        context: `a ${formatShape(left)}, b ${formatShape(right)}`,
      });
    }
    const batch = broadcastShapes("matmul", left.slice(0, -2), right.slice(0, -2));
    const [rows, columns] = [left.at(-2) as number, right.at(-1) as number];
    const outer = batch.length - rowsBefore;
    return { shape: [...batch.slice(0, outer), rows, ...batch.slice(outer), columns], dtype: "float32" };
  },
  vjp: (dy, [a, b], _, { rowsBefore = 0 }) => {
    const d = transpose(dy, rowsLast(dy.rank, rowsBefore));
    return [matmul(d, swapAxes(b as Tensor)), matmul(swapAxes(a as Tensor), d)];
  },
  lower: (ctx, [a, b], output, { rowsBefore = 0 }) => {
    const result = ctx.allocate(output.shape, "float32");
    const order = rowsLast(output.rank, rowsBefore);
    const pick = (list: readonly number[]) => order.map((axis) => list[axis] as number);
    const product = { ...result, shape: pick(result.shape), strides: pick(result.strides) };
    const batch = product.shape.slice(0, -2);
    const views: readonly View[] = [operand(ctx, a as View, batch), operand(ctx, b as View, batch), product];
    const merged = collapseTogether(
      batch,
      views.map(({ strides }) => strides.slice(0, -2)),
    );
    const [left, right, target] = views.map((view, index): View => {
      const strides = merged.strides[index] as number[];
      return {
        ...view,
        shape: [...(strides.length > 0 ? merged.shape : [1]), ...view.shape.slice(-2)],
        strides: [...(strides.length > 0 ? strides : [sizeOf(view.shape.slice(-2))]), ...view.strides.slice(-2)],
      };
    }) as [View, View, View];
    ctx.emit({ kind: "matmul", a: left, b: right, output: target });
    return result;
  },
});

/** The order of a result's axes that puts its rows behind the batch axes. */
function rowsLast(rank: number, rowsBefore: number): number[] {
  const order = Array.from({ length: rank }, (_, axis) => axis);
  order.splice(rank - 2, 0, ...order.splice(rank - 2 - rowsBefore, 1));
  return order;
}

/** The view as [batch…, rows, columns] with one of the last two strides equal to 1; copied where that cannot be. */
function operand(ctx: LowerContext, view: View, batch: Shape): View {
  const [rows, columns] = view.shape.slice(-2) as [number, number];
  const [rowStride, columnStride] = view.strides.slice(-2) as [number, number];
  const isMatrix = columnStride === 1 || rowStride === 1 || columns === 1 || rows === 1;
  return unitStride(broadcastView(isMatrix ? view : ctx.contiguous(view), [...batch, rows, columns]));
}

/** A row or column vector can say that its lone axis has stride 1. */
function unitStride(view: View): View {
  const [rows, columns] = view.strides.slice(-2) as [number, number];
  if (rows === 1 || columns === 1) return view;
  return { ...view, strides: [...view.strides.slice(0, -2), ...(view.shape.at(-1) === 1 ? [rows, 1] : [1, columns])] };
}

/** Options of {@link matmul}. */
export interface MatmulOptions {
  /** Use aᵀ (its last two axes exchanged). Default false. */
  transposeA?: boolean;
  /** Use bᵀ. Default false. */
  transposeB?: boolean;
}

/**
 * Matrix product over the last two axes; leading axes broadcast. As in NumPy, a vector is a row on the left and a
 * column on the right, whose axis of 1 the result does not have: [k] · [k] gives a number.
 * @throws ShapeError where the inner extents differ, or on a number.
 */
export function matmul(a: Operand, b: Operand, options: MatmulOptions = {}): Tensor {
  const { transposeA, transposeB } = checkOptions("matmul", options, { transposeA: "boolean", transposeB: "boolean" });
  const left = transposeA ? swapAxes(a) : asTensor(a);
  const right = transposeB ? swapAxes(b) : asTensor(b);
  if (left.rank === 1 || right.rank === 1) {
    const product = matmul(
      left.rank === 1 ? expandDims(left, 0) : left,
      right.rank === 1 ? expandDims(right, 1) : right,
    );
    return squeeze(product, [...(left.rank === 1 ? [-2] : []), ...(right.rank === 1 ? [-1] : [])]);
  }
  if (right.rank === 2 && left.rank > 2) {
    // One big product rather than many small ones.
    const rows = left.shape.slice(0, -1);
    return reshape(matmul(reshape(left, [sizeOf(rows), left.shape.at(-1) as number]), right), [
      ...rows,
      right.shape[1] as number,
    ]);
  }
  if (left.rank > 2 && !sameShape(left.shape.slice(0, -2), right.shape.slice(0, -2))) {
    const batch = broadcastShapes("matmul", left.shape.slice(0, -2), right.shape.slice(0, -2));
    return record(
      matmulOp,
      [
        broadcastTo(left, [...batch, ...left.shape.slice(-2)]),
        broadcastTo(right, [...batch, ...right.shape.slice(-2)]),
      ],
      {},
    );
  }
  return record(matmulOp, [left, right], {});
}
