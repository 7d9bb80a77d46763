// Uniform random numbers on the GPU.
import { type Kernel, perItem, Shader } from "../shader.ts";

/** Philox 4×32-10. Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3". */
const philox = `
fn mulHigh(a: u32, b: u32) -> u32 {
  let al = a & 0xffffu; let ah = a >> 16u; let bl = b & 0xffffu; let bh = b >> 16u;
  let mid = ah * bl + ((al * bl) >> 16u);
  return ah * bh + (mid >> 16u) + ((al * bh + (mid & 0xffffu)) >> 16u);
}
fn philox(counter: vec4<u32>, key: vec2<u32>) -> vec4<u32> {
  var x = counter; var k = key;
  for (var round = 0; round < 10; round++) {
    x = vec4<u32>(
      mulHigh(0xcd9e8d57u, x.z) ^ x.y ^ k.x, 0xcd9e8d57u * x.z, mulHigh(0xd2511f53u, x.x) ^ x.w ^ k.y, 0xd2511f53u * x.x);
    k = k + vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return x;
}
`;

/** A thread for four numbers. */
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
    philox,
  );
};
