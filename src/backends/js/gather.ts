// Rows by index on the js backend: picking them from a table, and adding to them.
import type { GatherInstruction, ScatterAddInstruction } from "../../ir/instructions/gather.ts";
import type { Memory } from "./memory.ts";

/** output[i, :] = table[indices[i], :]. */
export function gather({ rows, width, count, table, indices, output }: GatherInstruction, memory: Memory): void {
  const source = memory.window(table);
  const index = memory.window(indices);
  const out = memory.window(output);
  for (let i = 0; i < count; i++) {
    const row = index[i] as number;
    const known = row >= 0 && row < rows;
    // NaN stored to an Int32Array is 0, which is what the instruction asks for.
    for (let j = 0; j < width; j++) out[i * width + j] = known ? (source[row * width + j] as number) : Number.NaN;
  }
}

/** output = 0; output[indices[i], :] += updates[i, :], in order of i. */
export function scatterAdd(
  { rows, width, count, indices, updates, output }: ScatterAddInstruction,
  memory: Memory,
): void {
  const index = memory.window(indices);
  const update = memory.window(updates);
  const out = memory.window(output).fill(0);
  for (let i = 0; i < count; i++) {
    const row = index[i] as number;
    if (row < 0 || row >= rows) continue;
    for (let j = 0; j < width; j++)
      out[row * width + j] = (out[row * width + j] as number) + (update[i * width + j] as number);
  }
}
