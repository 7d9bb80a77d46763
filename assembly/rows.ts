/** Updates of some rows of a table: finding equal indices, and writing rows. */
import { copyWords } from "./gather";

@unmanaged
class GroupRows {
  rows: i32;
  count: i32;
  indices: usize;
  groups: usize;
  places: usize;
}

/**
 * groups[0, i]: the first j of the same index. groups[1, i]: the index, where i is the first one; else -1.
 *
 * The place of a row is the first i that names it. What a place held before does no harm: at the first i of a row no
 * smaller number in it can name an index of the same row.
 */
export function groupRows(record: usize, thread: i32, threads: i32): void {
  if (thread != 0) return;
  const r = changetype<GroupRows>(record);
  const count = r.count;
  for (let i = 0; i < count; ++i) {
    const row = load<i32>(r.indices + (i << 2));
    const target = r.groups + (i << 2);
    let first = -1;
    if (<u32>row < <u32>r.rows) {
      const place = r.places + (row << 2);
      first = load<i32>(place);
      if (<u32>first >= <u32>i || load<i32>(r.indices + (first << 2)) != row) {
        first = i;
        store<i32>(place, i);
      }
    }
    store<i32>(target, first);
    store<i32>(target + (count << 2), first == i ? row : -1);
  }
}

@unmanaged
class SetRows {
  rows: i32;
  width: i32;
  count: i32;
  table: usize;
  indices: usize;
  updates: usize;
  output: usize;
}

/** output = table, with output[indices[i]] = updates[i]. Each thread has rows of its own, copies included. */
export function setRows(record: usize, thread: i32, threads: i32): void {
  const r = changetype<SetRows>(record);
  const share = (r.rows + threads - 1) / threads;
  const from = min(thread * share, r.rows);
  const size = <u32>(min(from + share, r.rows) - from);
  const bytes = r.width << 2;
  if (r.table != r.output) copyWords(r.output + from * bytes, r.table + from * bytes, size * r.width);
  for (let i = 0; i < r.count; ++i) {
    const row = load<i32>(r.indices + (i << 2));
    if (<u32>(row - from) < size) copyWords(r.output + row * bytes, r.updates + i * bytes, r.width);
  }
}
