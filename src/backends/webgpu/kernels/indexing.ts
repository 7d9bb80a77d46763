// Rows by index on the GPU: picking them from a table, and adding to them.
import type { ScatterAddInstruction } from "../../../ir/instructions/gather.ts";
import type { View } from "../../../ir/view.ts";
import {
  type Context,
  type Dispatch,
  type Kernel,
  mainCode,
  mergedThreads,
  perItem,
  Shader,
  spaces,
} from "../shader.ts";

/** A thread for each element of the result, or for four where rows are made of vectors. */
export const gather: Kernel<"gather"> = ({ rows, width, count, table, indices, output }, ctx) => {
  if (width === 0) return [];
  const isWide = width % 4 === 0 && [table, output].every((view) => ctx.placeOf(view).base % 4 === 0);
  const shader = new Shader(ctx, isWide ? spaces : []);
  const [source, index, target] = [shader.operand(table), shader.operand(indices), shader.operand(output)];
  const words = isWide ? width / 4 : width;
  const missing = output.dtype === "int32" ? "0u" : "prm[0].y";
  const [read, write, nothing, scale] = isWide
    ? [source.quad, target.quad, `vec4<u32>(${missing})`, " * 4u"]
    : [source.raw, target.raw, missing, ""];
  return perItem(
    ctx,
    shader,
    count * words,
    `let row = ${index.int(`i / ${words}u`)};
var v = ${nothing};
if (row >= 0 && row < ${rows}) { v = ${read(`(u32(row) * ${words}u + i % ${words}u)${scale}`)}; }
${write(`i${scale}`)} = v;`,
    "",
    isWide ? undefined : 2,
  );
};

/** Most reads of indices for which looking through all of them for each element is faster than sorting. */
const mostReads = 2 ** 18;

/** Adds in the order of the indices, without atomics: the bits of the WASM kernel at each run. */
export const scatterAdd: Kernel<"scatterAdd"> = (instruction, ctx) => {
  const { rows, width, count } = instruction;
  if (rows * width === 0) return [];
  return rows * width * count <= mostReads ? bySearch(instruction, ctx) : bySorting(instruction, ctx);
};

/** A thread for each element of the table looks through all indices. */
function bySearch({ rows, width, count, indices, updates, output }: ScatterAddInstruction, ctx: Context): Dispatch[] {
  const shader = new Shader(ctx);
  const [index, update, target] = [shader.operand(indices), shader.operand(updates), shader.operand(output)];
  return perItem(
    ctx,
    shader,
    rows * width,
    `let row = i32(i / ${width}u);
var sum = 0.0;
for (var c = 0u; c < ${count}u; c++) {
  if (${index.int("c")} == row) { sum += ${update.get(`c * ${width}u + i % ${width}u`)}; }
}
${target.set("i", "sum")}`,
    "",
    count,
  );
}

/** Sorts the numbers of the updates by row; then a thread for each element of a row that occurs adds up its updates. */
function bySorting(instruction: ScatterAddInstruction, ctx: Context): Dispatch[] {
  const { rows, width, count, indices, updates, output } = instruction;
  const order: View = { ...ctx.scratch(2 * count), dtype: "int32" };
  const zeros = new Shader(ctx);
  const empty = perItem(ctx, zeros, rows * width, zeros.operand(output).set("i", "0.0"));
  const { dispatch, isSecond } = sortByRow(ctx, rows, count, indices, order);
  const shader = new Shader(ctx);
  const [index, update, target, sorted] = [indices, updates, output, order].map((view) => shader.operand(view)) as [
    ReturnType<Shader["operand"]>,
    ReturnType<Shader["operand"]>,
    ReturnType<Shader["operand"]>,
    ReturnType<Shader["operand"]>,
  ];
  const at = (place: string) => sorted.raw(isSecond ? `${count}u + ${place}` : place);
  const add = perItem(
    ctx,
    shader,
    count * width,
    `var p = i / ${width}u;
let j = i % ${width}u;
let row = ${index.int(at("p"))};
if (row < 0 || row >= ${rows}) { return; }
if (p > 0u && ${index.int(at("p - 1u"))} == row) { return; }
var sum = 0.0;
for (; p < ${count}u; p++) {
  let c = ${at("p")};
  if (${index.int("c")} != row) { break; }
  sum += ${update.get(`c * ${width}u + j`)};
}
${target.set(`u32(row) * ${width}u + j`, "sum")}`,
  );
  return [...empty, dispatch, ...add];
}

/** Bits of a digit of the sort. */
const digitBits = 4;
/** Bytes of workgroup memory for each thread of the sort: a count for each digit, and one for their sum. */
const sortBytes = 4 * (2 ** digitBits + 1);

/**
 * Sorts 0 … count − 1 by row, equal rows in order, by one workgroup: a radix sort whose threads own neighbouring pieces
 * of the list, so that it is stable and the same at each run. Rows out of range come last. `order` has two halves, of
 * which each pass reads one and writes the other; `isSecond` says which has the result.
 */
export function sortByRow(ctx: Context, rows: number, count: number, indices: View, order: View) {
  const shader = new Shader(ctx);
  const [index, list] = [shader.operand(indices), shader.operand(order)];
  const digits = 2 ** digitBits;
  const passes = Math.max(1, Math.ceil((32 - Math.clz32(rows)) / digitBits));
  // Devices that users made may have no more than the 16 KiB that all devices have.
  const threads = mergedThreads * sortBytes <= ctx.device.workgroupBytes ? mergedThreads : mergedThreads / 2;
  const share = Math.ceil(count / threads);
  const code = shader.text(
    `var<workgroup> counts: array<u32, ${digits * threads}>;
var<workgroup> totals: array<u32, threads>;
fn rowOf(c: u32) -> u32 { return min(bitcast<u32>(${index.int("c")}), ${rows}u); }
${mainCode(
  threads,
  `let low = min(l * ${share}u, ${count}u);
let high = min(low + ${share}u, ${count}u);
for (var c = low; c < high; c++) { ${list.raw("c")} = c; }
for (var turn = 0u; turn < ${passes}u; turn++) {
  let shift = turn * ${digitBits}u;
  let source = (turn & 1u) * ${count}u;
  let goal = ${count}u - source;
  for (var d = 0u; d < ${digits}u; d++) { counts[d * threads + l] = 0u; }
  for (var p = low; p < high; p++) { counts[((rowOf(${list.raw("source + p")}) >> shift) & ${digits - 1}u) * threads + l]++; }
  workgroupBarrier();
  // Running sums over all counts: ${digits} neighbours for each thread, then over the threads.
  var sum = 0u;
  for (var k = l * ${digits}u; k < (l + 1u) * ${digits}u; k++) { let here = counts[k]; counts[k] = sum; sum += here; }
  totals[l] = sum;
  workgroupBarrier();
  for (var step = 1u; step < threads; step <<= 1u) {
    var before = 0u;
    if (l >= step) { before = totals[l - step]; }
    workgroupBarrier();
    totals[l] += before;
    workgroupBarrier();
  }
  if (l > 0u) { for (var k = l * ${digits}u; k < (l + 1u) * ${digits}u; k++) { counts[k] += totals[l - 1u]; } }
  workgroupBarrier();
  for (var p = low; p < high; p++) {
    let c = ${list.raw("source + p")};
    let slot = ((rowOf(c) >> shift) & ${digits - 1}u) * threads + l;
    ${list.raw("goal + counts[slot]")} = c;
    counts[slot]++;
  }
  storageBarrier();
  workgroupBarrier();
}`,
)}`,
    threads,
  );
  const dispatch: Dispatch = { code, params: shader.params, groups: [1, 1] };
  return { dispatch, isSecond: passes % 2 === 1 };
}
