// Running sums on the GPU.
import { type Kernel, perItem, Shader } from "../shader.ts";
import { firstCode } from "./reduce.ts";

/** A thread for each row of `length` elements. */
export const cumsum: Kernel<"cumsum"> = ({ outer, length, inner, exclusive, reverse, input, output }, ctx) => {
  if (length === 0) return [];
  const shader = new Shader(ctx);
  const [x, y] = [shader.operand(input), shader.operand(output)];
  const isInt = input.dtype === "int32";
  const result = exclusive ? "before" : "sum";
  return perItem(
    ctx,
    shader,
    outer * inner,
    `let first = ${firstCode(length, inner)};
var sum = ${isInt ? "0" : "0.0"};
for (var j = 0u; j < ${length}u; j++) {
  let at = first + (${reverse ? `${length - 1}u - j` : "j"}) * ${inner}u;
  let before = sum;
  sum += ${isInt ? x.int("at") : x.get("at")};
  ${isInt ? `${y.raw("at")} = bitcast<u32>(${result});` : y.set("at", result)}
}`,
  );
};
