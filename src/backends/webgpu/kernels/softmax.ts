// Softmax along rows, its logarithm and their gradients on the GPU.
import { type Context, type Dispatch, groupSize, type Kernel, perGroup, perItem, Shader } from "../shader.ts";

/** How a row is shared out: WGSL of its first column for a thread, of the step, and of what joins the values. */
interface Sharing {
  readonly each: (body: string) => string;
  readonly max: (x: string) => string;
  readonly sum: (x: string) => string;
}

/**
 * Runs statements on each row `i`: a thread for each where rows are short or many, which needs no barrier; else a
 * workgroup.
 */
function perRow(
  ctx: Context,
  shader: Shader,
  rows: number,
  columns: number,
  bodyOf: (sharing: Sharing) => string,
): Dispatch[] {
  const each = (from: string, step: string) => (body: string) =>
    `for (var j = ${from}; j < ${columns}u; j += ${step}) { let at = i * ${columns}u + j; ${body} }`;
  const { isSoftware, lanes } = ctx.device;
  if (columns <= 32 || (isSoftware && rows * groupSize >= lanes) || (rows >= lanes && columns <= 128)) {
    const alone = (x: string) => x;
    const body = bodyOf({ each: each("0u", "1u"), max: alone, sum: alone });
    return perItem(ctx, shader, rows, body, "", 3 * columns);
  }
  const body = bodyOf({ each: each("l", "threads"), max: (x) => `maxF(l, ${x})`, sum: (x) => `sumF(l, ${x})` });
  return perGroup(ctx, shader, rows, body);
}

/** From the maximum of a row, so that nothing overflows. Exponentials are kept in the result, not computed again. */
export const softmax: Kernel<"softmax"> = ({ log, rows, columns, input, output }, ctx) => {
  if (columns === 0) return [];
  const shader = new Shader(ctx);
  const [x, y] = [shader.operand(input), shader.operand(output)];
  return perRow(
    ctx,
    shader,
    rows,
    columns,
    ({ each, max, sum }) => `var m = -inf();
${each(`m = nmax(m, ${x.get("at")});`)}
let top = ${max("m")};
var s = 0.0;
${each(`let e = exp1(${x.get("at")} - top); s += e; ${log ? "" : y.set("at", "e")}`)}
let total = ${sum("s")};
${
  log
    ? `let logarithm = log1(total);\n${each(y.set("at", `(${x.get("at")} - top) - logarithm`))}`
    : `let scale = 1.0 / total;\n${each(y.set("at", `${y.get("at")} * scale`))}`
}`,
  );
};

/** y·(dy − Σ dy·y), or dy − e^y·Σ dy. */
export const softmaxGrad: Kernel<"softmaxGrad"> = ({ log, rows, columns, dy, y, output }, ctx) => {
  if (columns === 0) return [];
  const shader = new Shader(ctx);
  const [slope, result, target] = [shader.operand(dy), shader.operand(y), shader.operand(output)];
  const [g, v] = [slope.get("at"), result.get("at")];
  return perRow(
    ctx,
    shader,
    rows,
    columns,
    ({ each, sum }) => `var s = 0.0;
${each(`s += ${log ? g : `${g} * ${v}`};`)}
let total = ${sum("s")};
${each(target.set("at", log ? `${g} - exp1(${v}) * total` : `${v} * (${g} - total)`))}`,
  );
};
