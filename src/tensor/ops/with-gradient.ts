// Values with a custom gradient.

import { checkList } from "../../ir/shape.ts";
import type { View } from "../../ir/view.ts";
import { defineOp, record } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { asTensor, type Operand } from "./leaf.ts";

interface WithGradientAttrs {
  readonly vjp: (dy: Tensor) => readonly (Tensor | null)[];
}

/**
 * Returns its first input; gradients flow to the other inputs by a given rule. Compiled programs contain no trace of
 * it.
 */
export const withGradientOp = /* @__PURE__ */ defineOp<WithGradientAttrs>({
  name: "withGradient",
  infer: ([value]) => ({ shape: (value as Tensor).shape, dtype: (value as Tensor).dtype }),
  vjp: (dy, _inputs, _y, { vjp }) => [null, ...vjp(dy)],
  lower: (_, [value]) => value as View,
});

/**
 * `value` as it is, with a gradient that you give: for maths whose derivative has a shorter or safer form than the one
 * that follows from its steps. Gradients of gradients are right where `vjp` is recorded from the inputs with ops.
 * @param inputs what the value is a function of.
 * @param vjp from the gradient by the value, of its shape, the gradients by the inputs: in their shapes, or shapes that
 * these were broadcast to; null where there is none.
 * @example const softplus = (x: Tensor) => withGradient(log(add(1, exp(x))), [x], (dy) => [mul(dy, sigmoid(x))]);
 */
export function withGradient(
  value: Tensor,
  inputs: readonly Tensor[],
  vjp: (dy: Tensor) => readonly (Tensor | null)[],
): Tensor {
  return record(withGradientOp, [value, ...checkList("withGradient", "inputs", inputs)].map(asTensor), { vjp });
}

/** x itself, through which no gradient flows. */
export const stopGradient = (x: Operand): Tensor => withGradient(asTensor(x), [], () => []);
