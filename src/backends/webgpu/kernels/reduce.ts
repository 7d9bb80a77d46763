// Reductions along an axis on the GPU.
import type { ReduceInstruction } from "../../../ir/instructions/reduce.ts";
import type { View } from "../../../ir/view.ts";
import { type Context, type Dispatch, groupSize, type Kernel, perGroup, perItem, Shader } from "../shader.ts";

const identities = {
  sum: ["0.0", "0"],
  prod: ["1.0", "1"],
  max: ["-inf()", "i32(-2147483648)"],
  min: ["inf()", "2147483647"],
} as const;

/** The element that row `i` of [outer, inner] begins with in [outer, length, inner]. */
export const firstCode = (length: number, inner: number): string =>
  `(i / ${Math.max(inner, 1)}u) * ${length * inner}u + i % ${Math.max(inner, 1)}u`;

/** Terms that are added up before they join others, so that rounding errors do not grow with the whole length. */
const block = 256;

/** A reduction of [outer, length, inner] to [outer, inner], or a stage of one. */
interface Stage extends Pick<ReduceInstruction, "operation" | "outer" | "length" | "inner"> {
  readonly input: View;
  readonly output: View;
}

/**
 * A thread for each result where there are enough of them; else in two stages, of which the first gives a partial
 * result for each part of the length.
 */
export const reduce: Kernel<"reduce"> = (instruction, ctx) => {
  const { operation, outer, length, inner, input, output } = instruction;
  const results = outer * inner;
  const { lanes, isSoftware } = ctx.device;
  const mayMerge = results * length <= 64 * 256 && length <= 64;
  if (length <= 32 || results >= lanes || mayMerge || results === 0) return byThread(ctx, instruction);
  // Along rows the threads of a workgroup read neighbours; its barriers cost more than that on a CPU.
  if (inner === 1 && !isSoftware && length <= 64 * groupSize) return byGroup(ctx, instruction);
  const parts = Math.min(Math.ceil(lanes / results), Math.ceil(length / 32));
  if (parts < 2) return byThread(ctx, instruction);
  const share = Math.ceil(length / parts);
  const count = Math.ceil(length / share);
  const partial = ctx.scratch(outer * count * inner);
  const scratch = { ...partial, dtype: output.dtype };
  const stages: [Stage, Stage] = [
    { operation, outer, length, inner, input, output: scratch },
    { operation, outer, length: count, inner, input: scratch, output },
  ];
  const isRow = inner === 1 && !isSoftware;
  return [...(isRow ? byGroup : byThread)(ctx, stages[0], share), ...byThread(ctx, stages[1])];
};

/** WGSL of a stage: reads, stores, and how values are combined. */
function codeOf(shader: Shader, { operation, input, output }: Stage) {
  const [x, y] = [shader.operand(input), shader.operand(output)];
  const isInt = output.dtype === "int32";
  const extreme = isInt ? operation : `n${operation}`;
  const combine = (a: string, b: string) =>
    ({ sum: `${a} + ${b}`, prod: `${a} * ${b}`, max: `${extreme}(${a}, ${b})`, min: `${extreme}(${a}, ${b})` })[
      operation
    ];
  return {
    combine,
    identity: identities[operation][isInt ? 1 : 0],
    value: (at: string) => (isInt ? x.int(at) : x.get(at)),
    store: (r: string) => (isInt ? `${y.raw("i")} = bitcast<u32>(${r});` : y.set("i", r)),
    fold: `${operation}${isInt ? "I" : "F"}`,
  };
}

/** Where item i of [outer, parts, inner] begins and ends along the length: `first`, `low`, `high`. */
function rangeCode({ length, inner }: Stage, share: number): string {
  const parts = Math.ceil(length / share);
  if (parts <= 1) return `let first = ${firstCode(length, inner)};\nlet low = 0u;\nlet high = ${length}u;`;
  return `let first = (i / ${parts * inner}u) * ${length * inner}u + i % ${inner}u;
let low = ((i / ${inner}u) % ${parts}u) * ${share}u;
let high = min(low + ${share}u, ${length}u);`;
}

/** A thread for each result of each share of the length. */
function byThread(ctx: Context, stage: Stage, share = Math.max(stage.length, 1)): Dispatch[] {
  const { outer, length, inner } = stage;
  const shader = new Shader(ctx);
  const { combine, identity, value, store } = codeOf(shader, stage);
  const terms = (from: string, to: string) =>
    `for (var j = ${from}; j < ${to}; j++) { let v = ${value(`first + j * ${inner}u`)}; r = ${combine("r", "v")}; }`;
  const all =
    share <= block
      ? terms("low", "high")
      : `for (var b = low; b < high; b += ${block}u) {
let whole = r;
r = ${identity};
${terms("b", `min(b + ${block}u, high)`)}
r = ${combine("whole", "r")};
}`;
  const body = `${rangeCode(stage, share)}\nvar r = ${identity};\n${all}\n${store("r")}`;
  return perItem(ctx, shader, outer * Math.ceil(Math.max(length, 1) / share) * inner, body, "", share);
}

/** A workgroup for each result of each share of the length. */
function byGroup(ctx: Context, stage: Stage, share = stage.length): Dispatch[] {
  const { outer, length, inner } = stage;
  const shader = new Shader(ctx);
  const { combine, identity, value, store, fold } = codeOf(shader, stage);
  return perGroup(
    ctx,
    shader,
    outer * Math.ceil(length / share) * inner,
    `${rangeCode(stage, share)}
var r = ${identity};
for (var j = low + l; j < high; j += threads) { let v = ${value(`first + j * ${inner}u`)}; r = ${combine("r", "v")}; }
let all = ${fold}(l, r);
if (l == 0u) { ${store("all")} }`,
  );
}

/** A thread for each result; a workgroup where they are few and the length is long. */
export const argReduce: Kernel<"argReduce"> = ({ operation, outer, length, inner, input, output }, ctx) => {
  const shader = new Shader(ctx);
  const [x, y] = [shader.operand(input), shader.operand(output)];
  const isInt = input.dtype === "int32";
  const value = (at: string) => (isInt ? x.int(at) : x.get(at));
  // The first NaN wins, then the first of equal extremes.
  const sign = operation === "max" ? ">" : "<";
  const isBetter = isInt ? `v ${sign} best` : `!isNan(best) && (v ${sign} best || isNan(v))`;
  const scan = (from: string, step: string) => `let first = ${firstCode(length, inner)};
var at = ${from};
var best = ${value(`first + min(at, ${length - 1}u) * ${inner}u`)};
for (var j = at + ${step}; j < ${length}u; j += ${step}) {
  let v = ${value(`first + j * ${inner}u`)};
  if (${isBetter}) { best = v; at = j; }
}`;
  if (length < 1024 || outer * inner >= ctx.device.lanes) {
    const steps = length;
    return perItem(ctx, shader, outer * inner, `${scan("0u", "1u")}\n${y.raw("i")} = at;`, "", steps);
  }
  const type = isInt ? "i32" : "f32";
  return perGroup(
    ctx,
    shader,
    outer * inner,
    `${scan("l", "threads")}
bests[l] = best;
places[l] = at;
workgroupBarrier();
if (l == 0u) {
  for (var t = 1u; t < threads; t++) {
    let v = bests[t];
    let isEqual = ${isInt ? "v == best" : "(isNan(v) && isNan(best)) || (v == best && ordered(v, best))"};
    if ((${isBetter}) || (isEqual && places[t] < at)) { best = v; at = places[t]; }
  }
  ${y.raw("i")} = at;
}`,
    `var<workgroup> bests: array<${type}, threads>;\nvar<workgroup> places: array<u32, threads>;`,
  );
};
