// Elementwise expressions on the GPU.

import { stridesOf } from "../../../ir/shape.ts";
import { expressionCode, isLight } from "../expression.ts";
import type { Kernel } from "../shader.ts";
import { perElement } from "./elements.ts";

/** Every result is written at the index at which every input is read. */
export const map: Kernel<"map"> = ({ shape, inputs, outputs, expression }, ctx) => {
  const codeOf = (words: readonly string[]) =>
    expressionCode(
      expression,
      inputs.map(({ dtype }, k) => (dtype === "int32" ? `f32(bitcast<i32>(${words[k]}))` : `f(${words[k]})`)),
    );
  return perElement(ctx, shape, {
    reads: inputs,
    writes: outputs.map((view) => ({ ...view, strides: stridesOf(shape) })),
    isCostly: !isLight(codeOf([])),
    compute: (words) => ({
      code: codeOf(words),
      results: outputs.map(({ dtype }, k) => {
        const value = `n${expression.outputs[k]}`;
        return dtype === "int32" ? `bitcast<u32>(toInt(${value}))` : `u(${value})`;
      }),
    }),
  });
};
