import { shapeError, valueError } from "../../errors.ts";
import type { PoolInstruction } from "../../ir/instructions/pool.ts";
import { formatShape } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import type { Windows } from "../../ir/windows.ts";
import { checkOptions } from "../../options.ts";
import { defineOp, type LowerContext, type OpDefinition, record } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { cast, mul } from "./elementwise.ts";
import { asTensor, type Operand, tensor } from "./leaf.ts";
import { reshape } from "./shaping.ts";
import { type Padding, perAxis, spatialWindows, windowGeometry } from "./window.ts";

/** What {@link poolOp} and {@link poolGradOp} are recorded with. "select" has the keys as first input. */
export interface PoolAttrs {
  readonly operation: PoolInstruction["operation"];
  readonly windows: Windows;
}

/**
 * Per window the sum of x ("sum"), or of two inputs keys and x the x where the key is largest ("select"): [batch,
 * depth, height, width, channels].
 */
export const poolOp: OpDefinition<PoolAttrs> = /* @__PURE__ */ defineOp<PoolAttrs>({
  name: "pool",
  infer: (_, { windows: { batch, outputs, channels } }) => ({ shape: [batch, ...outputs, channels], dtype: "float32" }),
  vjp: (dy, inputs, _, attrs) => adjoint(poolGradOp, dy, inputs, attrs),
  lower: (ctx, views, output, attrs) => {
    const result = ctx.allocate(output.shape, "float32");
    const { keys, last } = operands(ctx, views);
    ctx.emit({ kind: "pool", ...attrs, ...(keys && { keys }), input: last, output: result });
    return result;
  },
});

/**
 * The adjoint of {@link poolOp}: each window's dy goes to all its elements ("sum"), or of two inputs keys and dy to
 * where the key is largest.
 */
export const poolGradOp: OpDefinition<PoolAttrs> = /* @__PURE__ */ defineOp<PoolAttrs>({
  name: "poolGrad",
  infer: (_, { windows: { batch, inputs, channels } }) => ({ shape: [batch, ...inputs, channels], dtype: "float32" }),
  vjp: (ddx, inputs, _, attrs) => adjoint(poolOp, ddx, inputs, attrs),
  lower: (ctx, views, output, attrs) => {
    const result = ctx.allocate(output.shape, "float32");
    const { keys, last } = operands(ctx, views);
    ctx.emit({ kind: "poolGrad", ...attrs, ...(keys && { keys }), dy: last, output: result });
    return result;
  },
});

/** Both ops are linear in their last input and each other's adjoint in it; keys have no gradient. */
function adjoint(
  op: OpDefinition<PoolAttrs>,
  gradient: Tensor,
  inputs: readonly Tensor[],
  attrs: PoolAttrs,
): (Tensor | null)[] {
  const keys = inputs.slice(0, -1);
  return [...keys.map(() => null), record(op, [...keys, gradient], attrs)];
}

/** Where keys and x are one, they stay one: kernels have a faster way for that. */
function operands(ctx: LowerContext, views: readonly View[]): { keys: View | undefined; last: View } {
  const given = views.at(-1) as View;
  const last = ctx.contiguous(given);
  const [keys] = views.slice(0, -1);
  return { keys: keys && (keys === given ? last : ctx.contiguous(keys)), last };
}

/** Options of {@link maxPool} and {@link averagePool}. */
export interface PoolOptions {
  /** Steps from window to window, integers ≥ 1: one, or one for each spatial axis. Default the window's size. */
  strides?: number | readonly number[];
  /** Default "valid". */
  padding?: Exclude<Padding, "causal">;
  /** Stands in messages. Default the function's name. */
  name?: string;
}

/**
 * The largest value of each window, NaN where it holds one. What is beyond the border never counts. The gradient goes
 * to the first of equal values. Shapes: x [batch, …spatial, channels] with one to three spatial axes gives [batch,
 * …windows, channels].
 * @param poolSize the window's extent, an integer ≥ 1: one, or one for each spatial axis.
 * @throws ValueError on sizes, strides or paddings that mean nothing; ShapeError on another rank or a window larger
 * than x.
 * @see Keras 3 `ops.max_pool`.
 */
export function maxPool(x: Operand, poolSize: number | readonly number[], options: PoolOptions = {}): Tensor {
  const { windows, input, shape } = prepare("maxPool", x, poolSize, options);
  return reshape(record(poolOp, [input, input], { operation: "select", windows }), shape);
}

/**
 * The mean of each window, of the elements that exist.
 * Shapes and parameters as of {@link maxPool}.
 * @see Keras 3 `ops.average_pool`.
 */
export function averagePool(x: Operand, poolSize: number | readonly number[], options: PoolOptions = {}): Tensor {
  const { windows, input, shape } = prepare("averagePool", x, poolSize, options);
  return reshape(mul(record(poolOp, [input], { operation: "sum", windows }), reciprocalCounts(windows)), shape);
}

/** 1 / elements of each window: a number where all have as many. */
function reciprocalCounts({ inputs, outputs, size, strides, low }: Windows): Tensor | number {
  const counts = outputs.map((count, axis) =>
    Array.from({ length: count }, (_, o) => {
      const start = o * (strides[axis] as number) - (low[axis] as number);
      return Math.min(start + (size[axis] as number), inputs[axis] as number) - Math.max(start, 0);
    }),
  );
  const [d = [], h = [], w = []] = counts;
  const products = d.flatMap((a) => h.flatMap((b) => w.map((c) => a * b * c)));
  const [first = 1] = products;
  if (products.every((count) => count === first)) return 1 / first;
  return tensor(
    Float64Array.from(products, (count) => 1 / count),
    [...outputs, 1],
  );
}

function prepare(op: string, x: Operand, poolSize: number | readonly number[], options: PoolOptions) {
  const table = { strides: "number or list", padding: "string or list", name: "string" } as const;
  const { strides = poolSize, padding = "valid", name = op } = checkOptions(op, options, table);
  const t = cast(asTensor(x), "float32");
  const axes = t.rank - 2;
  if (axes < 1 || axes > 3) {
    throw shapeError(name, {
      rule: "pools over one to three spatial axes",
      expected: "[batch, …spatial, channels]",
      received: formatShape(t.shape),
    });
  }
  const extents = t.shape.slice(1, -1);
  const geometry = windowGeometry(name, extents, {
    size: perAxis(name, "poolSize", poolSize, axes),
    strides: perAxis(name, "strides", strides, axes),
    padding,
  });
  const isEmpty = geometry.size.some(
    (size, axis) => Math.max(geometry.low[axis] as number, geometry.high[axis] as number) >= size,
  );
  if (isEmpty) {
    throw valueError(name, {
      rule: "every window must hold an element, so padding is less than the window",
      expected: `paddings below ${formatShape(geometry.size)}`,
      received: padding,
    });
  }
  const [batch = 0, channels = 0] = [t.shape[0], t.shape.at(-1)];
  const windows = spatialWindows(batch, extents, channels, geometry);
  return {
    windows,
    input: reshape(t, [batch, ...windows.inputs, channels]),
    shape: [batch, ...geometry.outputs, channels],
  };
}
