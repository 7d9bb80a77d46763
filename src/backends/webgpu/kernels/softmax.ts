// Softmax along rows, its logarithm and their gradients on the GPU.
import { type Kernel, perGroup, Shader } from "../shader.ts";

/** A workgroup for each row. */
export const softmax: Kernel<"softmax"> = ({ log, rows, columns, input, output }, ctx) => {
  if (columns === 0) return [];
  const shader = new Shader(ctx);
  shader.use(log ? ["exp", "log"] : ["exp"]);
  const [x, y] = [shader.operand(input), shader.operand(output)];
  const at = `i * ${columns}u + j`;
  const each = (body: string) => `for (var j = l; j < ${columns}u; j += 64u) { let v = ${x.get(at)}; ${body} }`;
  return perGroup(
    ctx,
    shader,
    rows,
    `var m = -inf();
${each("m = nmax(m, v);")}
let top = maxF(l, m);
var s = 0.0;
${each("s += p_exp(v - top);")}
let total = sumF(l, s);
${each(y.set(at, log ? "(v - top) - p_log(total)" : "p_exp(v - top) / total"))}`,
  );
};

/** A workgroup for each row. */
export const softmaxGrad: Kernel<"softmaxGrad"> = ({ log, rows, columns, dy, y, output }, ctx) => {
  if (columns === 0) return [];
  const shader = new Shader(ctx);
  if (log) shader.use(["exp"]);
  const [slope, result, target] = [shader.operand(dy), shader.operand(y), shader.operand(output)];
  const at = `i * ${columns}u + j`;
  const each = (body: string) =>
    `for (var j = l; j < ${columns}u; j += 64u) { let g = ${slope.get(at)}; let v = ${result.get(at)}; ${body} }`;
  return perGroup(
    ctx,
    shader,
    rows,
    `var s = 0.0;
${each(log ? "s += g;" : "s += g * v;")}
let total = sumF(l, s);
${each(target.set(at, log ? "g - p_exp(v) * total" : "v * (g - total)"))}`,
  );
};
