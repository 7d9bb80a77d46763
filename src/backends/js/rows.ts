// Updates of some rows of a table on the js backend: finding equal indices, and writing rows.
import type { GroupRowsInstruction, SetRowsInstruction } from "../../ir/instructions/rows.ts";
import { samePlace } from "../../ir/view.ts";
import type { Memory } from "./memory.ts";

/**
 * groups[0, i]: the first j of the same index. groups[1, i]: the index, where i is the first one; else −1. What a place
 * held before does no harm: at the first i of a row no smaller number in it can name an index of the same row.
 */
export function groupRows({ rows, count, indices, groups, places }: GroupRowsInstruction, memory: Memory): void {
  const index = memory.window(indices);
  const out = memory.window(groups);
  const place = memory.window(places);
  for (let i = 0; i < count; i++) {
    const row = index[i] as number;
    let first = -1;
    if (row >= 0 && row < rows) {
      first = place[row] as number;
      if (!(first >= 0 && first < i && index[first] === row)) {
        first = i;
        place[row] = i;
      }
    }
    out[i] = first;
    out[count + i] = first === i ? row : -1;
  }
}

/** output = table, with output[indices[i], :] = updates[i, :]. */
export function setRows(
  { rows, width, count, table, indices, updates, output }: SetRowsInstruction,
  memory: Memory,
): void {
  const index = memory.window(indices);
  const update = memory.window(updates);
  const out = memory.window(output);
  if (!samePlace(table, output)) out.set(memory.window(table));
  for (let i = 0; i < count; i++) {
    const row = index[i] as number;
    if (row >= 0 && row < rows) out.set(update.subarray(i * width, (i + 1) * width), row * width);
  }
}
