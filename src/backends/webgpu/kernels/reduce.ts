// Reductions along an axis on the GPU.
import { type Kernel, perGroup, perItem, Shader } from "../shader.ts";

const identities = {
  sum: ["0.0", "0"],
  prod: ["1.0", "1"],
  max: ["-inf()", "i32(-2147483648)"],
  min: ["inf()", "2147483647"],
} as const;

/** The element that row `i` of [outer, inner] begins with in [outer, length, inner]. */
export const firstCode = (length: number, inner: number): string =>
  `(i / ${Math.max(inner, 1)}u) * ${length * inner}u + i % ${Math.max(inner, 1)}u`;

/** A thread for each result; where these are few and long, a workgroup. */
export const reduce: Kernel<"reduce"> = ({ operation, outer, length, inner, input, output }, ctx) => {
  const shader = new Shader(ctx);
  const [x, y] = [shader.operand(input), shader.operand(output)];
  const isInt = output.dtype === "int32";
  const extreme = isInt ? operation : `n${operation}`;
  const combine = { sum: "r + v", prod: "r * v", max: `${extreme}(r, v)`, min: `${extreme}(r, v)` }[operation];
  const value = (at: string) => (isInt ? x.int(at) : x.get(at));
  const store = (r: string) => (isInt ? `${y.raw("i")} = bitcast<u32>(${r});` : y.set("i", r));
  const begin = `let first = ${firstCode(length, inner)};\nvar r = ${identities[operation][isInt ? 1 : 0]};`;
  const step = `let v = ${value(`first + j * ${inner}u`)}; r = ${combine};`;
  if (length < 64 || outer * inner >= 4 * ctx.device.lanes) {
    const body = `${begin}\nfor (var j = 0u; j < ${length}u; j++) { ${step} }\n${store("r")}`;
    return perItem(ctx, shader, outer * inner, body);
  }
  return perGroup(
    ctx,
    shader,
    outer * inner,
    `${begin}
for (var j = l; j < ${length}u; j += 64u) { ${step} }
let all = ${operation}${isInt ? "I" : "F"}(l, r);
if (l == 0u) { ${store("all")} }`,
  );
};

/** A thread for each result. */
export const argReduce: Kernel<"argReduce"> = ({ operation, outer, length, inner, input, output }, ctx) => {
  const shader = new Shader(ctx);
  const [x, y] = [shader.operand(input), shader.operand(output)];
  const isInt = input.dtype === "int32";
  const value = (at: string) => (isInt ? x.int(at) : x.get(at));
  const isBetter = operation === "max" ? "v > best" : "v < best";
  return perItem(
    ctx,
    shader,
    outer * inner,
    `let first = ${firstCode(length, inner)};
var best = ${value("first")};
var at = 0u;
for (var j = 1u; j < ${length}u; j++) {
  ${isInt ? "" : "if (isNan(best)) { break; }"}
  let v = ${value(`first + j * ${inner}u`)};
  if (${isBetter}${isInt ? "" : " || isNan(v)"}) { best = v; at = j; }
}
${y.raw("i")} = at;`,
  );
};
