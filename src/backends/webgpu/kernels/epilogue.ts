// Storing the elements of a product: as they are, or through the map that is its epilogue.
import type { MapInstruction } from "../../../ir/instructions/map.ts";
import type { View } from "../../../ir/view.ts";
import { expressionCode } from "../expression.ts";
import { type Context, offsetCode, type Shader } from "../shader.ts";

/**
 * The statements that store `value` as an element of a product's result.
 * @param address where the element lies from the output's base on.
 * @param flat its number in row-major order.
 */
export function storeCode(
  shader: Shader,
  ctx: Context,
  output: View,
  epilogue: MapInstruction | undefined,
  { value, address, flat }: { value: string; address: string; flat: string },
): string {
  if (!epilogue) return shader.operand(output).set(address, value);
  const { shape, inputs, outputs, expression } = epilogue;
  const isOverwritten = outputs.some(({ buffer }) => buffer === output.buffer);
  const own = ctx.isRead(output) && !isOverwritten ? shader.operand(output).set(address, value) : "";
  const reads = inputs.map((view) =>
    view.buffer === output.buffer ? value : shader.operand(view).get(offsetCode(flat, shape, view.strides)),
  );
  const code = expressionCode(expression, reads);
  const writes = outputs.map((view, index) => shader.operand(view).set(flat, `n${expression.outputs[index]}`));
  return [own, code, ...writes].join("\n");
}
