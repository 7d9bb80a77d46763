// Strided copies and fills on the GPU.
import { sizeOf } from "../../../ir/shape.ts";
import { literal } from "../expression.ts";
import { type Kernel, offsetCode, perItem, Shader } from "../shader.ts";

/** A thread for each element. */
export const copy: Kernel<"copy"> = ({ input, output }, ctx) => {
  const shader = new Shader(ctx);
  const [x, y] = [shader.operand(input), shader.operand(output)];
  const [from, to] = [input, output].map(({ shape, strides }) => offsetCode("i", shape, strides)) as [string, string];
  return perItem(ctx, shader, sizeOf(output.shape), `${y.raw(to)} = ${x.raw(from)};`);
};

/** A thread for each element. */
export const fill: Kernel<"fill"> = ({ value, output: { shape, strides, dtype }, output }, ctx) => {
  const shader = new Shader(ctx);
  const y = shader.operand(output);
  const bits = dtype === "int32" ? `${value >>> 0}u` : `u(${literal(value)})`;
  return perItem(ctx, shader, sizeOf(shape), `${y.raw(offsetCode("i", shape, strides))} = ${bits};`);
};
