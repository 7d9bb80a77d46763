// Running sums on the GPU.
import type { CumsumInstruction } from "../../../ir/instructions/reduce.ts";
import type { View } from "../../../ir/view.ts";
import { type Context, type Dispatch, type Kernel, perItem, Shader } from "../shader.ts";

/** Fewest elements of a part that a thread sums up by itself. */
const leastShare = 32;

/**
 * A thread for each line of `length` elements. Where lines are few they are cut into parts: a thread for the sum of
 * each, one for the running sums over the parts of a line, and one for each part again, which begins from there.
 */
export const cumsum: Kernel<"cumsum"> = (instruction, ctx) => {
  const { outer, length, inner, input } = instruction;
  const lines = outer * inner;
  if (lines * length === 0) return [];
  const wanted = Math.min(Math.ceil(ctx.device.lanes / lines), Math.floor(Math.sqrt(length)));
  const share = Math.max(Math.ceil(length / Math.max(wanted, 1)), leastShare);
  const parts = Math.ceil(length / share);
  if (parts < 2) return lineSums(ctx, instruction);
  const sums: View = { ...ctx.scratch(outer * parts * inner), dtype: input.dtype };
  const shader = new Shader(ctx);
  const { at, value, zero, store } = codeOf(shader, instruction, sums);
  const add = perItem(
    ctx,
    shader,
    outer * parts * inner,
    `${partCode(length, inner, share)}
var sum = ${zero};
for (var j = low; j < high; j++) { sum += ${value(at("j"))}; }
${store("i", "sum")}`,
  );
  const overParts = { ...instruction, length: parts, input: sums, output: sums, exclusive: true, reverse: false };
  return [...add, ...lineSums(ctx, overParts), ...lineSums(ctx, instruction, share, sums)];
};

/** Where item i of [outer, parts, inner] lies: `first`, `low`, `high`. */
const partCode = (length: number, inner: number, share: number): string => {
  const parts = Math.ceil(length / share);
  return `let first = (i / ${parts * inner}u) * ${length * inner}u + i % ${inner}u;
let low = ((i / ${inner}u) % ${parts}u) * ${share}u;
let high = min(low + ${share}u, ${length}u);`;
};

function codeOf(shader: Shader, { length, inner, reverse, input }: CumsumInstruction, output: View) {
  const [x, y] = [shader.operand(input), shader.operand(output)];
  const isInt = input.dtype === "int32";
  return {
    at: (j: string) => `first + ${reverse ? `(${length - 1}u - ${j})` : j} * ${inner}u`,
    value: isInt ? x.int : x.get,
    zero: isInt ? "0" : "0.0",
    store: (at: string, value: string) => (isInt ? `${y.raw(at)} = bitcast<u32>(${value});` : y.set(at, value)),
    start: isInt ? "int" : "get",
  } as const;
}

/** A thread for each part of each line. @param starts what comes before each part; without, lines are whole. */
function lineSums(ctx: Context, it: CumsumInstruction, share = it.length, starts?: View): Dispatch[] {
  const { outer, length, inner, exclusive, output } = it;
  const shader = new Shader(ctx);
  const { at, value, zero, store, start } = codeOf(shader, it, output);
  return perItem(
    ctx,
    shader,
    outer * Math.ceil(length / share) * inner,
    `${partCode(length, inner, share)}
var sum = ${starts ? shader.operand(starts)[start]("i") : zero};
for (var j = low; j < high; j++) {
  let at = ${at("j")};
  let before = sum;
  sum += ${value("at")};
  ${store("at", exclusive ? "before" : "sum")}
}`,
    "",
    share,
  );
}
