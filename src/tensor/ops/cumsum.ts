import { normalizeAxis, sizeOf } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import { checkOptions } from "../../options.ts";
import { defineOp, type OpDefinition, record } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { cast } from "./elementwise.ts";
import { asTensor, type Operand } from "./leaf.ts";

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

/** Options of {@link cumsum}. */
export interface CumsumOptions {
  /** Leave each element itself out of its sum. Default false. */
  exclusive?: boolean;
  /** Add up from the end. Default false. */
  reverse?: boolean;
}

/** Running sums along an axis (default the last). */
export function cumsum(x: Operand, axis = -1, options: CumsumOptions = {}): Tensor {
  const { exclusive = false, reverse = false } = checkOptions("cumsum", options, {
    exclusive: "boolean",
    reverse: "boolean",
  });
  const t = cast(asTensor(x), "float32");
  return record(cumsumOp, [t], { axis: normalizeAxis("cumsum", axis, t.rank), exclusive, reverse });
}
