// Softmax and its logarithm.

import { normalizeAxis, sizeOf } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import { defineOp, record } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { cast, exp, mul, neg, sub } from "./elementwise.ts";
import { asTensor, type Operand } from "./leaf.ts";
import { sum } from "./reduction.ts";
import { swapAxes } from "./shaping.ts";

const rowsOf = (view: View) => ({ rows: sizeOf(view.shape.slice(0, -1)), columns: view.shape.at(-1) as number });

/** Softmax along the last axis, or its logarithm. */
export const softmaxOp = /* @__PURE__ */ defineOp<{ log: boolean }>({
  name: "softmax",
  infer: ([x]) => ({ shape: (x as Tensor).shape, dtype: "float32" }),
  vjp: (dy, _, y, { log }) => [softmaxGrad(dy, y, log)],
  lower: (ctx, [x], output, { log }) => {
    const input = ctx.contiguous(x as View);
    const result = ctx.allocate(output.shape, "float32");
    ctx.emit({ kind: "softmax", log, ...rowsOf(input), input, output: result });
    return result;
  },
});

/**
 * Gradient through softmax along the last axis, from its result: y·(dy − Σ dy·y), or dy − e^y·Σ dy for the logarithm.
 */
export const softmaxGradOp = /* @__PURE__ */ defineOp<{ log: boolean }>({
  name: "softmaxGrad",
  infer: ([dy]) => ({ shape: (dy as Tensor).shape, dtype: "float32" }),
  vjp: (ddx, inputs, _, { log }) => {
    const [dy, y] = inputs as [Tensor, Tensor];
    const total = (t: Tensor) => sum(t, -1, true);
    if (log) return [sub(ddx, total(mul(ddx, exp(y)))), neg(mul(mul(ddx, exp(y)), total(dy)))];
    return [
      mul(y, sub(ddx, total(mul(ddx, y)))),
      sub(mul(ddx, sub(dy, total(mul(dy, y)))), mul(dy, total(mul(ddx, y)))),
    ];
  },
  lower: (ctx, inputs, output, { log }) => {
    const [dy, y] = inputs.map((view) => ctx.contiguous(view)) as [View, View];
    const result = ctx.allocate(output.shape, "float32");
    ctx.emit({ kind: "softmaxGrad", log, ...rowsOf(dy), dy, y, output: result });
    return result;
  },
});

function alongAxis(x: Operand, axis: number, log: boolean): Tensor {
  const t = cast(asTensor(x), "float32");
  const at = normalizeAxis(log ? "logSoftmax" : "softmax", axis, t.rank);
  const last = swapAxes(t, at, -1);
  return swapAxes(record(softmaxOp, [last], { log }), at, -1);
}

/** e^x / Σ e^x along an axis (default the last), computed stably. */
export const softmax = (x: Operand, axis = -1): Tensor => alongAxis(x, axis, false);
/** The logarithm of softmax along an axis (default the last), computed stably. */
export const logSoftmax = (x: Operand, axis = -1): Tensor => alongAxis(x, axis, true);

/** The gradient through softmax along the last axis from dy and the result y (see the op's formula). */
export const softmaxGrad = (dy: Operand, y: Operand, log: boolean): Tensor =>
  record(softmaxGradOp, [asTensor(dy), asTensor(y)], { log });
