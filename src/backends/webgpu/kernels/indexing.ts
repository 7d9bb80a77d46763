// Rows by index on the GPU: picking them from a table, and adding to them.
import { type Kernel, perGroup, perItem, Shader } from "../shader.ts";

/** A thread for each element of the result. */
export const gather: Kernel<"gather"> = ({ rows, width, count, table, indices, output }, ctx) => {
  if (width === 0) return [];
  const shader = new Shader(ctx);
  const [source, index, target] = [shader.operand(table), shader.operand(indices), shader.operand(output)];
  return perItem(
    ctx,
    shader,
    count * width,
    `let row = ${index.int(`i / ${width}u`)};
if (row >= 0 && row < ${rows}) { ${target.raw("i")} = ${source.raw(`u32(row) * ${width}u + i % ${width}u`)}; }
else { ${target.raw("i")} = ${output.dtype === "int32" ? "0u" : "prm[0].y"}; }`,
  );
};

/** A workgroup for each row of the table looks through all indices: no atomics, and always the same order. */
export const scatterAdd: Kernel<"scatterAdd"> = ({ rows, width, count, indices, updates, output }, ctx) => {
  if (width === 0) return [];
  const shader = new Shader(ctx);
  const [index, update, target] = [shader.operand(indices), shader.operand(updates), shader.operand(output)];
  return perGroup(
    ctx,
    shader,
    rows,
    `for (var j = l; j < ${width}u; j += 64u) {
  var sum = 0.0;
  for (var c = 0u; c < ${count}u; c++) {
    if (${index.int("c")} == i32(i)) { sum += ${update.get(`c * ${width}u + j`)}; }
  }
  ${target.set(`i * ${width}u + j`, "sum")}
}`,
  );
};
