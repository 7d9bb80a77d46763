// Elementwise expressions on the GPU.
import { sizeOf } from "../../../ir/shape.ts";
import { expressionCode } from "../expression.ts";
import { type Kernel, offsetCode, perItem, Shader } from "../shader.ts";

/** A thread for each element: it reads all inputs before it writes, which is what makes maps in place right. */
export const map: Kernel<"map"> = ({ shape, inputs, outputs, expression }, ctx) => {
  const shader = new Shader(ctx);
  const reads = inputs.map((view) => shader.operand(view).get(offsetCode("i", shape, view.strides)));
  const { code, used } = expressionCode(expression, reads);
  shader.use(used);
  const writes = outputs.map((view, index) => shader.operand(view).set("i", `n${expression.outputs[index]}`));
  return perItem(ctx, shader, sizeOf(shape), `${code}\n${writes.join("\n")}`);
};
