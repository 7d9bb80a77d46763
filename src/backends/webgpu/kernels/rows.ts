// Updates of some rows of a table on the GPU: finding equal indices, and writing rows.
import type { GroupRowsInstruction } from "../../../ir/instructions/rows.ts";
import { samePlace, type View } from "../../../ir/view.ts";
import { type Context, type Dispatch, type Kernel, perItem, Shader } from "../shader.ts";
import { sortByRow } from "./indexing.ts";

/** Most indices that each index is compared with; more are sorted. */
const mostCompared = 2 ** 11;

/** groups[0, i]: the first j of the same index. groups[1, i]: the index, where i is the first one. */
export const groupRows: Kernel<"groupRows"> = (instruction, ctx) =>
  instruction.count <= mostCompared ? bySearch(instruction, ctx) : bySorting(instruction, ctx);

/** A thread for each index looks through those before it. */
function bySearch({ rows, count, indices, groups, places }: GroupRowsInstruction, ctx: Context): Dispatch[] {
  const shader = new Shader(ctx);
  const [index, target, place] = [shader.operand(indices), shader.operand(groups), shader.operand(places)];
  return perItem(
    ctx,
    shader,
    count,
    `let row = ${index.int("i")};
var first = -1;
if (row >= 0 && row < ${rows}) {
  var j = 0u;
  while (j < i && ${index.int("j")} != row) { j++; }
  first = i32(j);
  if (j == i) { ${place.raw("u32(row)")} = j; }
}
${target.raw("i")} = bitcast<u32>(first);
${target.raw(`${count}u + i`)} = bitcast<u32>(select(-1, row, first == i32(i)));`,
    "",
    count,
  );
}

/** Sorts the indices; then the thread of the first of equal ones goes through these. */
function bySorting({ rows, count, indices, groups, places }: GroupRowsInstruction, ctx: Context): Dispatch[] {
  const order: View = { ...ctx.scratch(2 * count), dtype: "int32" };
  const { dispatch, isSecond } = sortByRow(ctx, rows, count, indices, order);
  const shader = new Shader(ctx);
  const [index, sorted] = [shader.operand(indices), shader.operand(order)];
  const [target, place] = [shader.operand(groups), shader.operand(places)];
  const at = (place: string) => sorted.raw(isSecond ? `${count}u + ${place}` : place);
  const set = perItem(
    ctx,
    shader,
    count,
    `let first = ${at("i")};
let row = ${index.int("first")};
if (row < 0 || row >= ${rows}) {
  ${target.raw("first")} = bitcast<u32>(-1);
  ${target.raw(`${count}u + first`)} = bitcast<u32>(-1);
  return;
}
if (i > 0u && ${index.int(at("i - 1u"))} == row) { return; }
${place.raw("u32(row)")} = first;
for (var p = i; p < ${count}u; p++) {
  let c = ${at("p")};
  if (${index.int("c")} != row) { break; }
  ${target.raw("c")} = first;
  ${target.raw(`${count}u + c`)} = bitcast<u32>(select(-1, row, c == first));
}`,
  );
  return [dispatch, ...set];
}

/** A thread for each element of the updates, after a copy of the table where the output is elsewhere. */
export const setRows: Kernel<"setRows"> = ({ rows, width, count, table, indices, updates, output }, ctx) => {
  if (rows * width === 0) return [];
  const whole = new Shader(ctx);
  const copy = samePlace(table, output)
    ? []
    : perItem(ctx, whole, rows * width, `${whole.operand(output).raw("i")} = ${whole.operand(table).raw("i")};`);
  if (count === 0) return copy;
  const shader = new Shader(ctx);
  const [index, update, target] = [shader.operand(indices), shader.operand(updates), shader.operand(output)];
  return [
    ...copy,
    ...perItem(
      ctx,
      shader,
      count * width,
      `let row = ${index.int(`i / ${width}u`)};
if (row >= 0 && row < ${rows}) { ${target.raw(`u32(row) * ${width}u + i % ${width}u`)} = ${update.raw("i")}; }`,
    ),
  ];
};
