// Running sums and products along an axis.
import { knownExtent, normalizeAxis, sizeOf } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import { checkOptions } from "../../options.ts";
import { defineOp, type OpDefinition, record } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { cast, mul } from "./elementwise.ts";
import { concat, slice } from "./joining.ts";
import { asTensor, type Operand } from "./leaf.ts";
import { ones } from "./shaping.ts";

interface CumsumAttrs {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

/** Running sums along an axis; the gradient runs the other way. */
export const cumsumOp: OpDefinition<CumsumAttrs> = /* @__PURE__ */ defineOp<CumsumAttrs>({
  name: "cumsum",
  infer: ([x]) => ({ shape: (x as Tensor).shape, dtype: "float32" }),
  vjp: (dy, _, __, attrs) => [record(cumsumOp, [dy], { ...attrs, reverse: !attrs.reverse })],
  lower: (ctx, [x], output, { axis, exclusive, reverse }) => {
    const input = ctx.contiguous(x as View);
    const result = ctx.allocate(output.shape, "float32");
    const [outer, length, inner] = [
      sizeOf(input.shape.slice(0, axis)),
      input.shape[axis] as number,
      sizeOf(input.shape.slice(axis + 1)),
    ];
    ctx.emit({ kind: "cumsum", outer, length, inner, exclusive, reverse, input, output: result });
    return result;
  },
});

/** Options of {@link cumsum} and {@link cumprod}. */
export interface CumsumOptions {
  /** Leave each element itself out of its own sum or product. Default false. */
  exclusive?: boolean;
  /** Begin at the end. Default false. */
  reverse?: boolean;
}

/** Running sums along an axis (default the last). int32 gives float32. */
export function cumsum(x: Operand, axis = -1, options: CumsumOptions = {}): Tensor {
  const { exclusive = false, reverse = false } = checkOptions("cumsum", options, {
    exclusive: "boolean",
    reverse: "boolean",
  });
  const t = cast(asTensor(x), "float32");
  return record(cumsumOp, [t], { axis: normalizeAxis("cumsum", axis, t.rank), exclusive, reverse });
}

/**
 * Running products along an axis (default the last). int32 gives float32. Gradients are right where factors are 0, too.
 * Cost: log2(n) passes over x for an axis of n elements.
 * @throws ShapeError where the extent of the axis is not known.
 * @see Keras 3 `ops.cumprod`.
 */
export function cumprod(x: Operand, axis = -1, options: CumsumOptions = {}): Tensor {
  const { exclusive = false, reverse = false } = checkOptions("cumprod", options, {
    exclusive: "boolean",
    reverse: "boolean",
  });
  const t = cast(asTensor(x), "float32");
  const at = normalizeAxis("cumprod", axis, t.rank);
  const extent = knownExtent("cumprod", "the extent of the axis must be known", t.shape, at);
  const withExtent = (n: number) => t.shape.map((old, i) => (i === at ? n : old));
  const begin = (n: number) => t.shape.map((_, i) => (i === at ? n : 0));
  /** Moves by n places away from the end at which products begin; ones come in. */
  const shifted = (y: Tensor, n: number) => {
    const kept = slice(y, begin(reverse ? n : 0), withExtent(extent - n));
    const filled = ones(withExtent(n));
    return concat(reverse ? [kept, filled] : [filled, kept], at);
  };
  let products = exclusive && extent > 0 ? shifted(t, 1) : t;
  // Each pass doubles the number of factors in every product (Hillis & Steele 1986).
  for (let n = 1; n < extent; n *= 2) products = mul(products, shifted(products, n));
  return products;
}
