// Uniform random numbers on the GPU.
import { type Kernel, perItem, Shader } from "../shader.ts";

/** A thread for four numbers, by Philox 4×32-10 as in assembly/random.ts: equal to the bit. */
export const random: Kernel<"random"> = ({ stream, count, key, output }, ctx) => {
  const shader = new Shader(ctx);
  const [k, target] = [shader.operand(key), shader.operand(output)];
  // The stream is a parameter, so that all draws share a pipeline.
  const counter = `vec4<u32>(i, ${shader.param(stream)}, ${k.raw("2u")}, ${k.raw("3u")} << 1u)`;
  return perItem(
    ctx,
    shader,
    Math.ceil(count / 4),
    `let x = philox(${counter}, vec2<u32>(${k.raw("0u")}, ${k.raw("1u")}));
for (var j = 0u; j < 4u && i * 4u + j < ${count}u; j++) {
  ${target.set("i * 4u + j", "(f32(x[j] >> 9u) + 0.5) * 1.1920928955078125e-7")}
}`,
    "",
    8,
  );
};
